// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/link_rates.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <exception>
#include <thread>
#include <vector>

namespace strata {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kAlonePart = 0.02; // of the budget
constexpr double kBesidePart = 0.04;
constexpr double kOutPart = 0.02;
constexpr std::size_t kEnoughPieces = 4; // for a rate between their ends

// As many bytes as blocks that are streamed: while all cores read, it may take milliseconds until the thread that
// copies gets one, and the link must have something to do meanwhile.
constexpr std::size_t kInFlight = 4;
constexpr std::size_t kMostPieceBytes = std::size_t(64) << 20;

// Copies one piece after the other, with some in flight, and remembers when each was done. One thread at a time.
class CopyLoop {
public:
    explicit CopyLoop(const LinkEnds& ends)
        : m_ends(ends),
          m_pieceBytes(
              std::min({kMostPieceBytes, ends.target->byteCount() / kInFlight, ends.source.size() / kInFlight})) {}

    void copyOne() {
        m_inFlight.push_back(start());
        if (m_inFlight.size() == kInFlight)
            waitForOldest();
    }
    void finish() {
        while (!m_inFlight.empty())
            waitForOldest();
    }

    std::size_t doneCount() const { return m_doneCount; } // any thread

    // Bytes per second between the first and the last piece that was done within that time.
    double rate(Clock::time_point from, Clock::time_point to) const {
        const auto first = std::ranges::lower_bound(m_doneAt, from);
        const auto end = std::ranges::upper_bound(m_doneAt, to);
        if (end - first < 2)
            return 0.0;
        const double seconds = std::chrono::duration<double>(*(end - 1) - *first).count();
        return static_cast<double>(end - first - 1) * static_cast<double>(m_pieceBytes) / seconds;
    }

private:
    Fence start() {
        const CopyPiece piece = {.offset = place(m_ends.target->byteCount()),
            .source = m_ends.source.subspan(place(m_ends.source.size()), m_pieceBytes)};
        ++m_startCount;
        return m_ends.copies->copyIn(*m_ends.target, std::span(&piece, 1));
    }
    std::size_t place(std::size_t byteCount) const { return m_startCount % (byteCount / m_pieceBytes) * m_pieceBytes; }
    void waitForOldest() {
        m_ends.copies->wait(m_inFlight.front());
        m_inFlight.pop_front();
        m_doneAt.push_back(Clock::now());
        ++m_doneCount;
    }

    const LinkEnds& m_ends;
    std::size_t m_pieceBytes;
    std::size_t m_startCount = 0;
    std::deque<Fence> m_inFlight;
    std::vector<Clock::time_point> m_doneAt;
    std::atomic<std::size_t> m_doneCount = 0;
};

double measureIn(const LinkEnds& ends, const MeasureClock& clock) {
    CopyLoop loop(ends);
    const auto start = Clock::now();
    const auto end = start + clock.timeOf(kAlonePart);
    while (!clock.isStopped() && (loop.doneCount() < kEnoughPieces || Clock::now() < end))
        loop.copyOne();
    loop.finish();
    return loop.rate(start, Clock::now());
}

// A thread of its own that copies until it is destroyed. What went wrong there is thrown by finish().
class CopyingThread {
public:
    explicit CopyingThread(CopyLoop& loop)
        : m_thread([this, &loop](const std::stop_token& stop) {
              try {
                  while (!stop.stop_requested())
                      loop.copyOne();
                  loop.finish();
              } catch (...) {
                  m_error = std::current_exception(); // rethrown where it was started
                  m_hasFailed = true;
              }
          }) {}

    bool hasFailed() const { return m_hasFailed; }
    void finish() {
        m_thread.request_stop();
        m_thread.join();
        if (m_error)
            std::rethrow_exception(m_error);
    }

private:
    std::exception_ptr m_error;
    std::atomic<bool> m_hasFailed = false;
    std::jthread m_thread; // last: it uses the others
};

void measureBoth(const LinkEnds& ends, const ReadHost& readHost, const MeasureClock& clock, LinkRates& rates) {
    CopyLoop loop(ends);
    CopyingThread thread(loop);
    while (loop.doneCount() == 0 && !thread.hasFailed() && !clock.isStopped())
        std::this_thread::yield();
    const auto start = Clock::now();
    const std::size_t before = loop.doneCount();
    do
        rates.hostBesideLink = readHost(kBesidePart, clock);
    while (loop.doneCount() < before + kEnoughPieces && !thread.hasFailed() && !clock.isStopped());
    const auto end = Clock::now();
    thread.finish();
    rates.inBesideHost = loop.rate(start, end);
}

} // namespace

LinkRates measureLink(const LinkEnds& ends, const ReadHost& readHost, const MeasureClock& clock) {
    LinkRates rates;
    ends.copies->waitForDevice(ends.copies->deviceFence()); // the target may still be cleared
    rates.in = measureIn(ends, clock);
    if (!clock.isStopped())
        measureBoth(ends, readHost, clock, rates);
    const double seconds = clock.medianSeconds(kOutPart, [&] { ends.gpu->copyOut(ends.back, *ends.target, 0); });
    if (clock.isStopped())
        return {};
    rates.out = static_cast<double>(ends.back.size()) / seconds;
    return rates;
}

} // namespace strata
