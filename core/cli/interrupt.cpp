// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/interrupt.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>
#include <unistd.h>

namespace strata::cli {
namespace {

// A stop_source may not be touched in a signal handler, so the handler writes a byte that a thread waits for.
int g_pipe[2] = {-1, -1};
std::jthread g_listener;
volatile std::sig_atomic_t g_signal = SIGINT; // the last one
constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

void onInterrupt(int signal) {
    g_signal = signal;
    const int saved = errno;
    const char byte = 'i';
    [[maybe_unused]] const ssize_t written = ::write(g_pipe[1], &byte, 1);
    std::signal(signal, SIG_DFL);
    errno = saved;
}

} // namespace

InterruptGuard::InterruptGuard() {
    if (::pipe(g_pipe) != 0)
        return; // no pipe: Ctrl+C keeps its ordinary meaning
    g_listener = std::jthread([source = m_source]() mutable {
        char byte = 0;
        while (::read(g_pipe[0], &byte, 1) < 0 && errno == EINTR) {
        }
        if (byte == 'i')
            source.request_stop();
    });
    for (const int signal : kSignals)
        if (std::signal(signal, onInterrupt) == SIG_IGN)
            std::signal(signal, SIG_IGN); // as nohup wants it
}

InterruptGuard::~InterruptGuard() {
    if (g_pipe[1] < 0)
        return;
    for (const int signal : kSignals)
        if (std::signal(signal, SIG_DFL) == SIG_IGN)
            std::signal(signal, SIG_IGN);
    const char byte = 'q';
    [[maybe_unused]] const ssize_t written = ::write(g_pipe[1], &byte, 1);
    g_listener.join();
    ::close(g_pipe[0]);
    ::close(g_pipe[1]);
    g_pipe[0] = g_pipe[1] = -1;
}

bool InterruptGuard::isToEnd() {
    return g_signal != SIGINT;
}

int InterruptGuard::exitCode() {
    return 128 + g_signal;
}

} // namespace strata::cli
