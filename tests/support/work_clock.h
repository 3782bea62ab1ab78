// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <ctime>

namespace strata {

// How long the calling thread has computed: what other programs take of the machine while a test runs does not count.
class WorkClock {
public:
    std::int64_t microseconds() const { return now() - m_start; }
    std::int64_t restart() { // returns what it was
        const std::int64_t end = now();
        const std::int64_t worked = end - m_start;
        m_start = end;
        return worked;
    }

private:
    static std::int64_t now() {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return time.tv_sec * 1'000'000LL + time.tv_nsec / 1000;
    }

    std::int64_t m_start = now();
};

// By how much a bound on work is looser where a sanitizer waits, and not a person.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t kSanitizerFactor = 30;
#else
constexpr std::int64_t kSanitizerFactor = 1;
#endif

} // namespace strata
