// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <optional>

class QObject;

// How patient a download is with the network. A value.
struct RetryRules {
    using Milliseconds = std::chrono::milliseconds;
    // Calls `then` after that time, unless `context` is gone by then. Tests put their own here.
    using Wait = std::function<void(Milliseconds, QObject* context, std::function<void()> then)>;

    int mostFailures = 8; // in a row, without a byte between them
    Milliseconds first{1000};
    Milliseconds longest{60'000};
    Milliseconds longestAsked{3'600'000}; // a server may ask for so much
    Milliseconds stall{30'000};           // without a byte: the connection counts as dead
    Wait wait = waitByTimer;

    // Before the next try, after so many failures in a row; nullopt: there is none. `asked`: by the server.
    std::optional<Milliseconds> delayAfter(int failures, std::optional<Milliseconds> asked) const;

    static void waitByTimer(Milliseconds delay, QObject* context, std::function<void()> then);
};
