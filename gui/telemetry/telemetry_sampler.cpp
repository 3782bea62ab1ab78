// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/telemetry_sampler.h"

#include <pthread.h>
#include <utility>

using strata::BoardReading;
using strata::DeviceSensors;

namespace {

constexpr auto kWatchedPeriod = std::chrono::milliseconds(100);
constexpr auto kHiddenPeriod = std::chrono::seconds(1);

} // namespace

// What the thread reads with; nobody else touches it.
struct TelemetrySampler::Instruments {
    strata::HostCounters host;
    std::unique_ptr<DeviceSensors> board;
    bool wasOpened = false; // or tried to be
    unsigned boards = 0;    // as in the orders it was opened by
    TelemetryReader reader;
};

TelemetrySampler::TelemetrySampler() : m_thread([this](const std::stop_token& stop) { run(stop); }) {}

TelemetrySampler::~TelemetrySampler() = default;

void TelemetrySampler::setBoard(OpenSensors open) {
    {
        const std::lock_guard lock(m_mutex);
        m_board = open ? Board::Waiting : Board::None;
        m_open = std::move(open);
        m_link = LinkJudge();
        ++m_orders.boards;
    }
    m_changed.notify_all();
}

void TelemetrySampler::setEngine(const EngineFigures& engine) {
    const std::lock_guard lock(m_mutex);
    m_orders.engine = engine;
}

void TelemetrySampler::setPace(Pace pace) {
    {
        const std::lock_guard lock(m_mutex);
        m_orders.pace = pace;
    }
    m_changed.notify_all();
}

void TelemetrySampler::copyNewer(TelemetryHistory& into) const {
    const std::lock_guard lock(m_mutex);
    into.addNewer(m_history);
}

TelemetrySampler::Board TelemetrySampler::board() const {
    const std::lock_guard lock(m_mutex);
    return m_board;
}

LinkJudge TelemetrySampler::link() const {
    const std::lock_guard lock(m_mutex);
    return m_link;
}

void TelemetrySampler::run(const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "telemetry");
    Instruments instruments;
    while (!stop.stop_requested()) {
        const Clock::time_point begin = Clock::now();
        const Orders orders = takeOrders(instruments);
        sample(instruments, orders);
        const auto isOther = [&] { return m_orders.pace != orders.pace || m_orders.boards != orders.boards; };
        const auto period = orders.pace == Pace::Watched ? Clock::duration(kWatchedPeriod) : kHiddenPeriod;
        std::unique_lock lock(m_mutex);
        m_changed.wait_until(lock, stop, begin + period, isOther);
    }
}

TelemetrySampler::Orders TelemetrySampler::takeOrders(Instruments& instruments) {
    OpenSensors open;
    Orders orders;
    {
        const std::lock_guard lock(m_mutex);
        orders = m_orders;
        const bool isOther = instruments.boards != orders.boards;
        if (orders.asksBoard() && (isOther || !instruments.wasOpened))
            open = m_open;
    }
    if (instruments.boards != orders.boards || !orders.asksBoard()) {
        instruments.board.reset();
        instruments.wasOpened = false;
    }
    instruments.boards = orders.boards;
    if (!open)
        return orders;
    instruments.board = open();
    instruments.wasOpened = true;
    const std::lock_guard lock(m_mutex);
    if (m_orders.boards == orders.boards)
        m_board = instruments.board ? Board::Answers : Board::Silent;
    return orders;
}

void TelemetrySampler::sample(Instruments& instruments, const Orders& orders) {
    const bool isWatched = orders.pace == Pace::Watched;
    BoardReading board;
    if (instruments.board)
        board = instruments.board->read(isWatched ? DeviceSensors::Depth::Full : DeviceSensors::Depth::Quick);
    const double seconds = std::chrono::duration<double>(Clock::now() - m_start).count();
    const Sample values =
        instruments.reader.read(seconds, instruments.host.read(), instruments.board ? &board : nullptr, orders.engine);
    const std::lock_guard lock(m_mutex);
    m_history.add(seconds, values);
    if (instruments.board && m_orders.boards == orders.boards)
        m_link.add(board);
}
