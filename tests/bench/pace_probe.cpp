// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/pace_probe.h"

#include <QEvent>
#include <QThread>

#include <algorithm>
#include <ctime>

namespace {

constexpr int kIntervalMs = 4;

double threadMs() {
    timespec time = {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// Of sorted values.
double valueAt(const std::vector<double>& sorted, double share) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

} // namespace

PaceProbe::PaceProbe() {
    m_timer.setInterval(kIntervalMs);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &PaceProbe::look);
}

void PaceProbe::start() {
    m_moments.clear();
    m_nextMs = kIntervalMs;
    m_clock.start();
    m_timer.start();
}

void PaceProbe::look() {
    const double moment = now();
    const double worked = threadMs();
    for (; m_nextMs <= moment; m_nextMs += kIntervalMs)
        m_moments.push_back({.dueMs = m_nextMs, .lateMs = moment - m_nextMs, .workedMs = worked});
}

Pace PaceProbe::between(double fromMs, double toMs) const {
    std::vector<double> late;
    const Moment* first = nullptr;
    const Moment* last = nullptr;
    for (const Moment& moment : m_moments) {
        if (moment.dueMs < fromMs || moment.dueMs > toMs)
            continue;
        late.push_back(moment.lateMs);
        first = first == nullptr ? &moment : first;
        last = &moment;
    }
    std::sort(late.begin(), late.end());
    Pace pace;
    pace.moments = static_cast<qsizetype>(late.size());
    pace.medianMs = valueAt(late, 0.5);
    pace.percentile99Ms = valueAt(late, 0.99);
    pace.longestMs = late.empty() ? 0 : late.back();
    if (first != last)
        pace.load = (last->workedMs - first->workedMs) / (last->dueMs + last->lateMs - first->dueMs - first->lateMs);
    return pace;
}

bool TimedApplication::notify(QObject* receiver, QEvent* event) {
    if (QThread::currentThread() != thread()) // the engine's and others' come here, too
        return QApplication::notify(receiver, event);
    const char* const name = receiver->metaObject()->className(); // the receiver may be gone afterwards
    const int type = event->type();
    m_frames += receiver == m_window && type == QEvent::UpdateRequest ? 1 : 0;
    m_paints += receiver == m_painted && type == QEvent::Paint ? 1 : 0;
    const Spent before = std::exchange(m_inner, {});
    const double workBefore = threadMs();
    QElapsedTimer clock;
    clock.start();
    const bool isTaken = QApplication::notify(receiver, event);
    const Spent spent{.clockMs = static_cast<double>(clock.nsecsElapsed()) / 1e6, .workMs = threadMs() - workBefore};
    Event& sum = m_events[{name, type}];
    sum.receiver = name;
    sum.type = type;
    ++sum.count;
    sum.totalMs += spent.clockMs - m_inner.clockMs;
    sum.longestMs = std::max(sum.longestMs, spent.clockMs - m_inner.clockMs);
    sum.mostWorkMs = std::max(sum.mostWorkMs, spent.workMs - m_inner.workMs);
    m_inner = {.clockMs = before.clockMs + spent.clockMs, .workMs = before.workMs + spent.workMs};
    return isTaken;
}

void TimedApplication::forget() {
    m_events.clear();
    m_frames = 0;
    m_paints = 0;
}

void TimedApplication::setWatched(const QObject* window, const QObject* painted) {
    m_window = window;
    m_painted = painted;
}

std::vector<TimedApplication::Event> TimedApplication::costliest() const {
    std::vector<Event> all;
    for (const auto& [key, event] : m_events)
        all.push_back(event);
    std::sort(all.begin(), all.end(), [](const Event& one, const Event& other) { return one.totalMs > other.totalMs; });
    return all;
}
