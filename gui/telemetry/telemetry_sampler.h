// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/link_notice.h"
#include "gui/telemetry/telemetry_history.h"
#include "gui/telemetry/telemetry_reader.h"

#include <QDateTime>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

// Reads board, machine, process and engine on a thread of its own, since a board makes whoever asks it wait, and keeps
// ten minutes of samples. While nobody watches it reads once a second what costs next to nothing, and leaves the board
// to sleep unless a model is on it. Every function may be called from any thread and waits for a copy at most.
class TelemetrySampler {
public:
    using OpenSensors = std::function<std::unique_ptr<strata::DeviceSensors>()>;
    enum class Pace { Watched, Hidden };
    enum class Board {
        None,    // there is none
        Waiting, // it was not asked yet
        Answers,
        Silent, // it can't be asked
    };

    TelemetrySampler(); // Hidden at first
    ~TelemetrySampler();

    void setBoard(OpenSensors open); // empty: none
    void setEngine(const EngineFigures& engine);
    void setPace(Pace pace);

    void copyNewer(TelemetryHistory& into) const; // what came after its last sample
    Board board() const;
    LinkJudge link() const;
    const QDateTime& zero() const { return m_zero; } // when the history's clock began

private:
    using Clock = std::chrono::steady_clock;
    struct Orders {
        EngineFigures engine;
        Pace pace = Pace::Hidden;
        unsigned boards = 0; // how often it was changed
        bool asksBoard() const { return pace == Pace::Watched || engine.usesGpu; }
    };
    struct Instruments;

    void run(const std::stop_token& stop);
    Orders takeOrders(Instruments& instruments);
    void sample(Instruments& instruments, const Orders& orders);

    const Clock::time_point m_start = Clock::now();
    const QDateTime m_zero = QDateTime::currentDateTimeUtc();
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    Orders m_orders;
    OpenSensors m_open;
    TelemetryHistory m_history;
    Board m_board = Board::None;
    LinkJudge m_link;
    std::jthread m_thread; // goes first
};
