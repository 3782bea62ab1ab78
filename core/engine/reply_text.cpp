// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/reply_text.h"

#include <algorithm>

namespace strata {

ReplyText::ReplyText(std::span<const std::string> stopStrings, const Sink& sink)
    : m_stopStrings(stopStrings), m_sink(sink) {}

const std::string* ReplyText::push(std::string_view bytes) {
    return take(m_decoder.push(bytes));
}

const std::string* ReplyText::finish() {
    const std::string* stop = take(m_decoder.finish());
    passOn(m_held.size());
    return stop;
}

const std::string* ReplyText::take(std::string_view characters) {
    m_held += characters;
    const std::string* first = nullptr;
    std::size_t firstAt = std::string::npos;
    for (const std::string& stop : m_stopStrings) {
        const std::size_t at = stop.empty() ? std::string::npos : m_held.find(stop);
        if (at < firstAt) {
            first = &stop;
            firstAt = at;
        }
    }
    if (first == nullptr) {
        passOn(m_held.size() - heldBackBytes());
        return nullptr;
    }
    passOn(firstAt);
    m_held.clear();
    return first;
}

void ReplyText::passOn(std::size_t count) {
    if (count == 0)
        return;
    if (m_sink)
        m_sink(std::string_view(m_held).substr(0, count));
    m_held.erase(0, count);
}

// The longest end of the text that begins some stop string. It starts at a character, since stop strings do.
std::size_t ReplyText::heldBackBytes() const {
    std::size_t longest = 0;
    for (const std::string& stop : m_stopStrings) {
        const std::size_t limit = stop.empty() ? 0 : std::min(stop.size() - 1, m_held.size());
        for (std::size_t length = limit; length > longest; --length)
            if (m_held.ends_with(std::string_view(stop).substr(0, length)))
                longest = length;
    }
    return longest;
}

} // namespace strata
