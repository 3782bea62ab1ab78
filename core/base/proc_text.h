// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// Numbers in the texts of /proc. Nothing here allocates.
namespace strata {

// The number that begins `text`, spaces before it aside; moves behind it.
inline std::optional<std::uint64_t> takeNumber(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

// The number behind a key that begins a line, times the unit it is in.
inline std::optional<std::uint64_t> numberOf(std::string_view text, std::string_view key, std::uint64_t unit = 1) {
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
        if (at > 0 && text[at - 1] != '\n')
            continue;
        std::string_view rest = text.substr(at + key.size());
        const auto number = takeNumber(rest);
        return number ? std::optional(*number * unit) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace strata
