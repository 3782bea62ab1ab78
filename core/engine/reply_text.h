// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tokenizer/stream_decoder.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace strata {

// The text of one reply on its way out: whole characters only, and nothing that may yet turn out to be the start of a
// stop string. One reply, engine thread.
class ReplyText {
public:
    using Sink = std::function<void(std::string_view piece)>;

    // Both must outlive this object. Empty stop strings are ignored; the sink may be empty.
    ReplyText(std::span<const std::string> stopStrings, const Sink& sink);

    // Takes the bytes of one token. Non-null: the stop string that is now complete; it and what follows are dropped.
    const std::string* push(std::string_view bytes);

    // The reply ends here: hands out what was held back. Non-null as for push.
    const std::string* finish();

private:
    const std::string* take(std::string_view characters);
    void passOn(std::size_t count); // the first bytes of m_held
    std::size_t heldBackBytes() const;

    std::span<const std::string> m_stopStrings;
    const Sink& m_sink;
    StreamDecoder m_decoder;
    std::string m_held; // characters not handed out yet
};

} // namespace strata
