// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QElapsedTimer>
#include <QTimer>

#include <map>
#include <utility>
#include <vector>

// How long the event loop of this thread keeps a person waiting.
struct Pace {
    qsizetype moments = 0;
    double medianMs = 0;
    double percentile99Ms = 0;
    double longestMs = 0;
    double load = 0; // of one processor, by this thread; 1 = all of it
};

// Asks every four milliseconds how long an event of that moment would have waited. Of moments while the loop was away
// every one counts, and not only the first, or a long gap would be one late answer among many. GUI thread.
class PaceProbe : public QObject {
public:
    PaceProbe();

    void start();
    void stop() { m_timer.stop(); }
    double now() const { return static_cast<double>(m_clock.nsecsElapsed()) / 1e6; } // milliseconds since start()
    Pace between(double fromMs, double toMs) const;

private:
    struct Moment {
        double dueMs = 0;
        double lateMs = 0;
        double workedMs = 0; // by this thread, when it was answered
    };

    void look();

    QTimer m_timer;
    QElapsedTimer m_clock;
    double m_nextMs = 0;
    std::vector<Moment> m_moments;
};

// What the thread did of its time, by who was told what. Time of events within events counts for the inner ones alone.
class TimedApplication : public QApplication {
public:
    using QApplication::QApplication;

    struct Event {
        const char* receiver = nullptr; // class
        int type = 0;                   // QEvent::Type
        int count = 0;
        double totalMs = 0;
        double longestMs = 0;
        double mostWorkMs = 0; // of the processor: what others took of the machine does not count
    };

    bool notify(QObject* receiver, QEvent* event) override;

    void forget();
    void setWatched(const QObject* window, const QObject* painted);
    int frames() const { return m_frames; }  // of the watched window
    int paints() const { return m_paints; }  // of the watched widget in it
    std::vector<Event> costliest() const;    // first

private:
    struct Spent {
        double clockMs = 0;
        double workMs = 0;
    };

    std::map<std::pair<const char*, int>, Event> m_events;
    Spent m_inner; // of the event at work, so far
    const QObject* m_window = nullptr;
    const QObject* m_painted = nullptr;
    int m_frames = 0;
    int m_paints = 0;
};
