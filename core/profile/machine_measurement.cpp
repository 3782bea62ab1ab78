// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/machine_measurement.h"

#include "core/base/error.h"
#include "core/base/system_memory.h"
#include "core/base/text.h"
#include "core/cpu/memory_bandwidth.h"
#include "core/profile/device_rates.h"
#include "core/profile/drive_rates.h"
#include "core/profile/exchange_time.h"
#include "core/profile/link_rates.h"
#include "core/tier/block_source.h"
#include "core/tier/host_arena.h"

#include <algorithm>
#include <cmath>

namespace strata {
namespace {

constexpr double kReadPart = 0.02;    // of the budget, for each number of threads
constexpr double kProductPart = 0.03; // for reading by products
constexpr double kExchangePart = 0.01;
constexpr std::uint64_t kShareOfFree = 4;    // a quarter of the memory that is free is taken at most
constexpr double kUnknownDrive = 0.5e9;      // bytes per second, where no drive could be measured: a SATA drive
constexpr std::uint32_t kCpuPromptShare = 4; // of the rows of a block: all of them take too long to be stopped

std::string today() {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
        static_cast<unsigned>(day.day()));
}

struct NamedFigure {
    std::string name; // "a rate of ..."
    double* value;
};

void addRates(std::vector<NamedFigure>& figures, std::string_view device, MultiplyRates& rates) {
    for (std::size_t i = 0; i < rates.weightBytesPerSecond.size(); ++i)
        figures.push_back(
            {fmt::format("a rate of multiplying for {} tokens on the {}", MultiplyRates::kTokenCounts[i], device),
                &rates.weightBytesPerSecond[i]});
    figures.push_back({fmt::format("a rate of reading prompts on the {}", device), &rates.multipliesPerSecond});
    figures.push_back({fmt::format("a rate of attending to prompts on the {}", device), &rates.attendsPerSecond});
}

// That may be nothing: they are what is left of a time besides multiplying.
std::vector<NamedFigure> restsOf(MachineProfile& profile) {
    std::vector<NamedFigure> figures;
    const auto add = [&](std::string_view device, MultiplyRates& rates) {
        for (double* value : {&rates.inputSeconds, &rates.activationSeconds, &rates.attendedSeconds})
            figures.push_back({fmt::format("a time of prompts on the {}", device), value});
    };
    add("CPU", profile.cpuMultiply);
    add("GPU", profile.gpuMultiply);
    return figures;
}

std::vector<NamedFigure> figuresOf(MachineProfile& profile) {
    std::vector<NamedFigure> figures = {
        {"a rate of reading RAM", &profile.hostRead}, {"a time for a block of the CPU", &profile.cpuBlockSeconds}};
    addRates(figures, "CPU", profile.cpuMultiply);
    for (DriveRate& drive : profile.drives)
        figures.push_back({"a rate of reading " + quoteForMessage(drive.mountPoint, 256), &drive.bytesPerSecond});
    if (!profile.hasGpu())
        return figures;
    addRates(figures, "GPU", profile.gpuMultiply);
    figures.insert(figures.end(),
        {{"a rate of reading the GPU's memory", &profile.vramRead},
            {"a time for a block of the GPU", &profile.gpuBlockSeconds},
            {"a time for an exchange", &profile.exchangeSeconds}, {"a rate of copying to the GPU", &profile.linkIn},
            {"a rate of copying to the GPU while the CPU reads", &profile.linkInBesideHost},
            {"a rate of copying from the GPU", &profile.linkOut},
            {"a rate of reading RAM while the link is busy", &profile.hostReadBesideLink}});
    return figures;
}

// Of four digits the last one is noise already.
double rounded(double value) {
    if (value == 0.0)
        return 0.0;
    const double unit = std::pow(10.0, std::floor(std::log10(value)) - 3.0);
    return std::round(value / unit) * unit;
}

// One measurement from beginning to end; its members are what the steps share. A step that is stopped leaves figures of
// no use.
class Measuring {
public:
    Measuring(const MeasureRequest& request, const MeasureProgressSink& progress, std::stop_token stop)
        : m_request(request), m_progress(progress), m_clock(request.timeBudget, std::move(stop)),
          m_stepCount(request.gpu ? 6 : 4) {}

    std::optional<MachineMeasurement> run() {
        for (const auto step : {&Measuring::takeMemory, &Measuring::readHost, &Measuring::multiplyOnCpu,
                 &Measuring::multiplyOnGpu, &Measuring::useLink, &Measuring::readDrives}) {
            if (m_clock.isStopped())
                return std::nullopt;
            (this->*step)();
        }
        if (m_clock.isStopped())
            return std::nullopt;
        profile().date = today();
        checkFigures(profile());
        for (const auto& figures : {figuresOf(profile()), restsOf(profile())})
            for (const NamedFigure& figure : figures)
                *figure.value = rounded(*figure.value);
        return std::move(m_measured);
    }

private:
    MachineProfile& profile() { return m_measured.profile; }

    void begin(std::string_view what) {
        if (m_progress)
            m_progress({.what = what, .done = static_cast<double>(m_step) / m_stepCount});
        ++m_step;
    }

    // Blocks for the CPU to compute with and for the link to bring over, and behind them room for what comes back.
    void takeMemory() {
        begin("taking memory");
        m_host = m_request.cpu.open();
        profile().cpu = m_host->info().name;
        profile().ramSize = m_host->memory().totalBytes;
        if (m_request.gpu)
            openGpu();
        const BlockShape& shape = m_request.sizes.block;
        const std::uint64_t blockBytes = syntheticBytes(shape);
        const std::uint64_t room = std::min(m_request.sizes.hostBytes, m_host->memory().freeBytes / kShareOfFree);
        const std::uint64_t bytes = std::max<std::uint64_t>(1, room / blockBytes) * blockBytes;
        const std::uint64_t backBytes = m_gpu == nullptr ? 0 : m_request.sizes.linkBytes / 4;
        m_arena = std::make_unique<HostArena>(*m_host, bytes + backBytes);
        m_blocks = {m_arena->take(bytes), bytes};
        m_back = {m_arena->take(backBytes), backBytes};
        for (std::uint64_t at = 0; at < bytes; at += blockBytes)
            m_hostBlocks.push_back(m_blocks.data() + at);
        {
            ThreadPool pool(0);
            fillSyntheticBlocks(m_blocks, shape, pool, m_clock.stop()); // makes the system find the pages, too
        }
        if (m_gpu == nullptr || m_clock.isStopped())
            return;
        if (m_arena->pin(*m_copies, m_clock.stop()) == HostArena::Pinning::Refused)
            m_measured.notices.push_back("The system does not let memory stay in place for the GPU, so the link was "
                                         "measured without that, as it will be used.");
    }

    void openGpu() {
        m_gpu = m_request.gpu->open();
        profile().gpu = m_gpu->info().name;
        profile().driver = m_gpu->info().driver;
        profile().vramSize = m_gpu->memory().totalBytes;
        m_copies = m_gpu->makeCopyQueue();
    }

    void readHost() {
        begin("reading RAM");
        const unsigned all = ThreadPool(0).threadCount();
        std::vector<ReadRate>& rates = m_measured.hostReads;
        for (unsigned threads = 1; threads < all; threads *= 2)
            rates.push_back({threads, 0.0});
        rates.push_back({all, 0.0});
        for (ReadRate& rate : rates)
            rate.bytesPerSecond = readPlainly(rate.threads, kReadPart, m_clock);
    }

    double readPlainly(unsigned threads, double part, const MeasureClock& clock) const {
        ThreadPool pool(threads);
        return measureReadBandwidth(pool, m_blocks, clock.timeOf(part), clock.stop());
    }

    double readByProducts(double part, const MeasureClock& clock) const {
        return measureProductReads(hostBlocks(), m_measured.profile.cpuBlockSeconds, part, clock);
    }

    DeviceBlocks hostBlocks() const { return {m_host.get(), m_hostBlocks, m_request.sizes.block}; }

    // The first block again and again: it may stay in the cache, so that it is the CPU that sets the pace.
    void multiplyOnCpu() {
        begin("multiplying on the CPU");
        const MeasureSizes& sizes = m_request.sizes;
        BlockShape prompt = sizes.block;
        prompt.feedForwardLength = std::max(256U, prompt.feedForwardLength / kCpuPromptShare / 256 * 256);
        const MultiplyWork work = {.blockCount = 1, .promptShape = prompt, .promptTokens = sizes.cpuPromptTokens};
        profile().cpuBlockSeconds = measureBlockSeconds(hostBlocks(), m_clock);
        profile().cpuMultiply = measureMultiply(hostBlocks(), work, profile().cpuBlockSeconds, m_clock);
        m_productRead = readByProducts(kProductPart, m_clock);
        profile().hostRead = m_productRead;
        for (const ReadRate& rate : m_measured.hostReads)
            profile().hostRead = std::max(profile().hostRead, rate.bytesPerSecond);
    }

    // All of its blocks, one after the other, as a pass has them.
    void multiplyOnGpu() {
        if (m_gpu == nullptr)
            return;
        begin("multiplying on the GPU");
        const MeasureSizes& sizes = m_request.sizes;
        const std::uint64_t blockBytes = syntheticBytes(sizes.block);
        const std::uint64_t fitting = m_gpu->memory().freeBytes / kShareOfFree / blockBytes;
        const auto count = std::clamp<std::uint64_t>(fitting, 1, sizes.gpuBlockCount);
        std::vector<const std::byte*> places;
        for (std::uint64_t i = 0; i < count && !m_clock.isStopped(); ++i) {
            const Buffer& block = m_gpuBlocks.emplace_back(m_gpu->allocate(blockBytes));
            m_gpu->copyIn(block, 0, m_blocks.first(blockBytes));
            places.push_back(block.data());
        }
        if (m_clock.isStopped())
            return;
        const DeviceBlocks blocks = {m_gpu.get(), places, sizes.block};
        const MultiplyWork work = {
            .blockCount = count, .promptShape = sizes.block, .promptTokens = sizes.gpuPromptTokens};
        profile().gpuBlockSeconds = measureBlockSeconds(blocks, m_clock);
        profile().gpuMultiply = measureMultiply(blocks, work, profile().gpuBlockSeconds, m_clock);
        profile().vramRead = std::ranges::max(profile().gpuMultiply.weightBytesPerSecond);
        profile().exchangeSeconds = measureExchange(blocks, *m_host, profile().gpuBlockSeconds, kExchangePart, m_clock);
        m_gpuBlocks.clear();
    }

    // Beside the link the CPU reads in whichever way it reads faster alone. A wire that seems faster with the other one
    // busy is noise.
    void useLink() {
        if (m_gpu == nullptr)
            return;
        begin("copying to the GPU");
        const std::uint64_t share = m_gpu->memory().freeBytes / kShareOfFree / kSectorBytes * kSectorBytes;
        const Buffer target =
            m_gpu->allocate(std::clamp<std::uint64_t>(share, m_back.size(), m_request.sizes.linkBytes));
        const LinkEnds ends = {m_gpu.get(), m_copies.get(), &target, m_blocks, m_back};
        const bool byProducts = m_productRead >= profile().hostRead;
        const auto readHost = [&](double part, const MeasureClock& clock) {
            return byProducts ? readByProducts(part, clock)
                              : readPlainly(m_measured.hostReads.back().threads, part, clock);
        };
        const LinkRates rates = measureLink(ends, readHost, m_clock);
        profile().linkIn = rates.in;
        profile().linkInBesideHost = std::min(rates.in, rates.inBesideHost);
        profile().hostReadBesideLink = std::min(profile().hostRead, rates.hostBesideLink);
        profile().linkOut = rates.out;
    }

    void readDrives() {
        begin("reading drives");
        DriveRates rates = measureDrives(m_request.modelPaths, m_request.sizes.scratchBytes, m_clock);
        profile().drives = std::move(rates.drives);
        std::ranges::move(rates.notices, std::back_inserter(m_measured.notices));
        if (!profile().drives.empty() || m_clock.isStopped())
            return;
        profile().drives = {{.mountPoint = "/", .bytesPerSecond = kUnknownDrive}};
        m_measured.notices.push_back(fmt::format("No drive was measured; {}/s is assumed for all of them.",
            formatBytes(static_cast<std::uint64_t>(kUnknownDrive))));
    }

    const MeasureRequest& m_request;
    const MeasureProgressSink& m_progress;
    MeasureClock m_clock;
    int m_stepCount;
    int m_step = 0;
    MachineMeasurement m_measured;
    double m_productRead = 0.0;

    // Each goes before what it lies in.
    std::unique_ptr<Backend> m_host;
    std::unique_ptr<Backend> m_gpu;
    std::unique_ptr<HostArena> m_arena;
    std::span<std::byte> m_blocks;
    std::span<std::byte> m_back;
    std::vector<const std::byte*> m_hostBlocks;
    std::vector<Buffer> m_gpuBlocks;
    std::unique_ptr<CopyQueue> m_copies;
};

} // namespace

void checkFigures(MachineProfile profile) {
    for (const NamedFigure& figure : figuresOf(profile))
        if (!std::isfinite(*figure.value) || *figure.value <= 0.0)
            fail(ErrorCode::Device, "Measuring this machine: expected {} above zero, found {}", figure.name,
                *figure.value);
    for (const NamedFigure& figure : restsOf(profile))
        if (!std::isfinite(*figure.value) || *figure.value < 0.0)
            fail(ErrorCode::Device, "Measuring this machine: expected {} of zero or more, found {}", figure.name,
                *figure.value);
}

std::optional<MachineMeasurement> measureMachine(
    const MeasureRequest& request, const MeasureProgressSink& progress, std::stop_token stop) {
    return Measuring(request, progress, std::move(stop)).run();
}

} // namespace strata
