// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace strata {

// Work done one after another by a thread of its own, as a queue of a GPU does it. Points in it count what was added.
// After work that throws, the rest is passed over. Any thread.
class TaskQueue {
public:
    TaskQueue() : m_thread([this](const std::stop_token& stop) { work(stop); }) {}

    std::uint64_t add(std::function<void()> task) {
        const std::lock_guard lock(m_mutex);
        m_tasks.push_back(std::move(task));
        m_changed.notify_all();
        return ++m_added;
    }
    std::uint64_t added() const {
        const std::lock_guard lock(m_mutex);
        return m_added;
    }
    // Throws what went wrong so far.
    void wait(std::uint64_t point) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_done >= point; });
        if (m_error)
            std::rethrow_exception(m_error);
    }
    void finish() { // without a word
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_done == m_added; });
    }
    void waitForAll() { wait(added()); }

private:
    void work(const std::stop_token& stop) {
        std::unique_lock lock(m_mutex);
        while (m_changed.wait(lock, stop, [&] { return !m_tasks.empty(); }) || !m_tasks.empty()) {
            const std::function<void()> task = std::move(m_tasks.front());
            m_tasks.pop_front();
            if (!m_error) {
                lock.unlock();
                std::exception_ptr error;
                try {
                    task();
                } catch (...) {
                    error = std::current_exception();
                }
                lock.lock();
                m_error = m_error ? m_error : error;
            }
            ++m_done;
            m_changed.notify_all();
        }
    }

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<std::function<void()>> m_tasks;
    std::uint64_t m_added = 0;
    std::uint64_t m_done = 0;
    std::exception_ptr m_error;
    std::jthread m_thread; // last: it works until all is done
};

} // namespace strata
