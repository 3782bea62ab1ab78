// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>
#include <vector>

namespace strata {

// A system call that the kernel is to refuse, as it does in containers: always, or where an argument has bits of a
// mask.
struct RefusedCall {
    long number = 0;
    int error = 0;
    std::uint32_t argument = 0; // which
    std::uint32_t mask = 0;     // of its low half; 0: always
};

inline bool refuseOnThisThread(const RefusedCall& call) {
    const bool isAlways = call.mask == 0;
    const auto number = static_cast<std::uint32_t>(call.number);
    const auto argument = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * call.argument);
    std::vector<sock_filter> program = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, static_cast<std::uint8_t>(isAlways ? 1 : 3))};
    if (!isAlways) {
        program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument));
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, call.mask, 0, 1));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(call.error)));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Runs `work` on a thread of its own for which the calls are refused; false: this machine cannot refuse them.
inline bool runWhereRefused(std::span<const RefusedCall> calls, const std::function<void()>& work) {
    bool isRefusing = true;
    std::thread([&] {
        for (const RefusedCall& call : calls)
            isRefusing = isRefusing && refuseOnThisThread(call);
        if (isRefusing)
            work();
    }).join();
    return isRefusing;
}

} // namespace strata
