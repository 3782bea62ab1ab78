// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/runtime/board_sensors.h"

#include "cuda/runtime/nvml_library.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <unistd.h>

namespace strata::cuda {
namespace {

using AskNumber = int(NvmlDevice, unsigned*);
using AskKind = int(NvmlDevice, int, unsigned*);

// Of nvmlPcieUtilCounter_t, seen from the GPU; and of nvmlTemperatureSensors_t.
constexpr int kSent = 0;
constexpr int kReceived = 1;
constexpr int kDie = 0;

constexpr unsigned kMostProcesses = 64;
constexpr unsigned long long kNotKnown = ~0ULL;
constexpr double kThroughputUnit = 1000.0; // bytes of a "KB"

// Lanes of the card's own connector; 0 if the system does not say. The library has what card and slot both have.
unsigned lanesOfCard(std::string pciBusId, const std::string& pciFolder) {
    std::transform(pciBusId.begin(), pciBusId.end(), pciBusId.begin(),
        [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    unsigned lanes = 0;
    std::ifstream(pciFolder + "/" + pciBusId + "/max_link_width") >> lanes;
    return lanes <= 32 ? lanes : 0; // 255: the kernel could not read it
}

class BoardSensors : public DeviceSensors {
public:
    BoardSensors(const std::string& pciBusId, const std::string& pciFolder)
        : m_device(m_nvml.device(pciBusId.c_str())), m_lanes(lanesOfCard(pciBusId, pciFolder)), m_pid(::getpid()) {
        m_askMemory = m_nvml.find<int(NvmlDevice, NvmlMemory*)>("nvmlDeviceGetMemoryInfo");
        m_askProcesses =
            m_nvml.find<int(NvmlDevice, unsigned*, NvmlProcess*)>("nvmlDeviceGetComputeRunningProcesses_v3");
        m_askUtilization = m_nvml.find<int(NvmlDevice, NvmlUtilization*)>("nvmlDeviceGetUtilizationRates");
        m_askThroughput = m_nvml.find<AskKind>("nvmlDeviceGetPcieThroughput");
        m_askTemperature = m_nvml.find<AskKind>("nvmlDeviceGetTemperature");
        m_askPower = m_nvml.find<AskNumber>("nvmlDeviceGetPowerUsage");
        m_askPowerLimit = m_nvml.find<AskNumber>("nvmlDeviceGetEnforcedPowerLimit");
        m_askGeneration = m_nvml.find<AskNumber>("nvmlDeviceGetCurrPcieLinkGeneration");
        m_askWidth = m_nvml.find<AskNumber>("nvmlDeviceGetCurrPcieLinkWidth");
        m_maxGeneration = number(m_nvml.find<AskNumber>("nvmlDeviceGetGpuMaxPcieLinkGeneration"));
        if (!m_maxGeneration) // an older driver: what card and slot both can do
            m_maxGeneration = number(m_nvml.find<AskNumber>("nvmlDeviceGetMaxPcieLinkGeneration"));
        m_maxWidth = number(m_nvml.find<AskNumber>("nvmlDeviceGetMaxPcieLinkWidth"));
    }

    bool isThere() const { return m_device != nullptr; }

    BoardReading read(Depth depth) override {
        BoardReading reading;
        readMemory(reading);
        NvmlUtilization utilization = {};
        if (m_askUtilization != nullptr && m_askUtilization(m_device, &utilization) == kNvmlSuccess)
            reading.load = utilization.gpu / 100.0;
        if (depth == Depth::Full) {
            reading.bytesPerSecondIn = scaled(number(m_askThroughput, kReceived), kThroughputUnit);
            reading.bytesPerSecondOut = scaled(number(m_askThroughput, kSent), kThroughputUnit);
        }
        reading.celsius = scaled(number(m_askTemperature, kDie), 1.0);
        reading.watts = scaled(number(m_askPower), 0.001);
        reading.wattLimit = scaled(number(m_askPowerLimit), 0.001);
        reading.link = {.generation = number(m_askGeneration).value_or(0),
            .maxGeneration = m_maxGeneration.value_or(0),
            .width = number(m_askWidth).value_or(0),
            .maxWidth = std::max(m_maxWidth.value_or(0), m_lanes)};
        return reading;
    }

private:
    std::optional<unsigned> number(AskNumber* ask) const {
        unsigned value = 0;
        return ask != nullptr && ask(m_device, &value) == kNvmlSuccess ? std::optional(value) : std::nullopt;
    }
    std::optional<unsigned> number(AskKind* ask, int kind) const {
        unsigned value = 0;
        return ask != nullptr && ask(m_device, kind, &value) == kNvmlSuccess ? std::optional(value) : std::nullopt;
    }
    static std::optional<double> scaled(std::optional<unsigned> value, double unit) {
        return value ? std::optional(*value * unit) : std::nullopt;
    }

    void readMemory(BoardReading& reading) {
        NvmlMemory memory = {};
        if (m_askMemory != nullptr && m_askMemory(m_device, &memory) == kNvmlSuccess) {
            reading.totalBytes = memory.total;
            reading.usedBytes = memory.used;
        }
        unsigned count = kMostProcesses;
        if (m_askProcesses == nullptr || m_askProcesses(m_device, &count, m_processes.data()) != kNvmlSuccess)
            return;
        // In a container the numbers of processes are not ours, so that not being found says nothing.
        for (unsigned i = 0; i < std::min(count, kMostProcesses); ++i)
            if (m_processes[i].pid == static_cast<unsigned>(m_pid) && m_processes[i].usedMemory != kNotKnown)
                reading.ownBytes = m_processes[i].usedMemory;
    }

    NvmlLibrary m_nvml; // goes last
    NvmlDevice m_device;
    unsigned m_lanes;
    pid_t m_pid;
    std::optional<unsigned> m_maxGeneration;
    std::optional<unsigned> m_maxWidth;
    int (*m_askMemory)(NvmlDevice, NvmlMemory*) = nullptr;
    int (*m_askProcesses)(NvmlDevice, unsigned*, NvmlProcess*) = nullptr;
    int (*m_askUtilization)(NvmlDevice, NvmlUtilization*) = nullptr;
    AskKind* m_askThroughput = nullptr;
    AskKind* m_askTemperature = nullptr;
    AskNumber* m_askPower = nullptr;
    AskNumber* m_askPowerLimit = nullptr;
    AskNumber* m_askGeneration = nullptr;
    AskNumber* m_askWidth = nullptr;
    std::array<NvmlProcess, kMostProcesses> m_processes = {};
};

} // namespace

std::unique_ptr<DeviceSensors> openBoardSensors(const std::string& pciBusId, const std::string& pciFolder) {
    auto sensors = std::make_unique<BoardSensors>(pciBusId, pciFolder);
    return sensors->isThere() ? std::move(sensors) : nullptr;
}

} // namespace strata::cuda
