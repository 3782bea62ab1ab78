// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <exception>
#include <stop_token>

namespace strata::cli {

// Thrown where Ctrl+C, or a signal that asks the program to end, leaves nothing to report.
class Interrupted : public std::exception {};

// Turns Ctrl+C and the signals that ask a program to end (TERM, HUP) into a stop request while it lives: the first asks
// the running work to stop, so that what it wrote is whole and nothing half-made is left; the second, or one while
// nothing listens, ends the program. At most one at a time; main thread.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    std::stop_token token() const { return m_source.get_token(); }
    static bool isToEnd(); // not Ctrl+C: the program itself is to end, and not only what it is doing
    static int exitCode(); // after an interrupt, as shells expect: 130 for Ctrl+C, 143 for TERM

private:
    std::stop_source m_source;
};

} // namespace strata::cli
