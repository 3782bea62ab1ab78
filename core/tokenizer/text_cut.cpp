// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer/text_cut.h"

#include <algorithm>

namespace strata {
namespace {

bool isAsciiLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isAscii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}

} // namespace

std::size_t findCut(std::string_view text, std::size_t from) {
    for (std::size_t at = std::max<std::size_t>(from, 3); at + 1 < text.size(); ++at)
        if (text[at] == ' ' && isAsciiLetter(text[at - 1]) && isAsciiLetter(text[at + 1]) && isAscii(text[at - 2]) &&
            isAscii(text[at - 3]))
            return at;
    return text.size();
}

} // namespace strata
