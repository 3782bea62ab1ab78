// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/nvml/fake_nvml.h"

#include <cstring>
#include <unistd.h>

namespace {

constexpr int kSuccess = 0;
constexpr int kNotSupported = 3;
constexpr int kNotFound = 6;

struct Memory {
    unsigned long long total, free, used;
};
struct Utilization {
    unsigned gpu, memory;
};
struct Process {
    unsigned pid;
    unsigned long long used;
    unsigned instances[2];
};

int answer(const std::optional<unsigned>& figure, unsigned* value) {
    if (!figure)
        return kNotSupported;
    *value = *figure;
    return kSuccess;
}

} // namespace

extern "C" {

FakeBoard& fakeBoard() {
    static FakeBoard board;
    return board;
}

int nvmlInit_v2() {
    if (!fakeBoard().starts)
        return kNotSupported;
    ++fakeBoard().running;
    return kSuccess;
}
int nvmlShutdown() {
    --fakeBoard().running;
    return kSuccess;
}
int nvmlSystemGetDriverVersion(char* version, unsigned length) {
    std::strncpy(version, "580.1", length);
    return kSuccess;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** device) {
    if (std::strcmp(id, fakeBoard().pciBusId) != 0)
        return kNotFound;
    *device = &fakeBoard();
    return kSuccess;
}
int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
    const FakeBoard& board = fakeBoard();
    *memory = {board.totalBytes, board.totalBytes - board.usedBytes, board.usedBytes};
    return kSuccess;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void*, unsigned* count, Process* processes) {
    processes[0] = {1, 4'000'000'000, {0, 0}};
    *count = 1;
    if (fakeBoard().ownBytes)
        processes[(*count)++] = {static_cast<unsigned>(::getpid()), *fakeBoard().ownBytes, {0, 0}};
    return kSuccess;
}
int nvmlDeviceGetUtilizationRates(void*, Utilization* utilization) {
    utilization->memory = 1;
    return answer(fakeBoard().loadPercent, &utilization->gpu);
}
int nvmlDeviceGetPcieThroughput(void*, int counter, unsigned* kilobytes) {
    ++fakeBoard().throughputCalls;
    return answer(counter == 0 ? fakeBoard().sentKilobytes : fakeBoard().receivedKilobytes, kilobytes);
}
int nvmlDeviceGetTemperature(void*, int, unsigned* celsius) {
    return answer(fakeBoard().celsius, celsius);
}
int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) {
    return answer(fakeBoard().milliwatts, milliwatts);
}
int nvmlDeviceGetEnforcedPowerLimit(void*, unsigned* milliwatts) {
    return answer(fakeBoard().milliwattLimit, milliwatts);
}
int nvmlDeviceGetCurrPcieLinkGeneration(void*, unsigned* generation) {
    return answer(fakeBoard().generation, generation);
}
int nvmlDeviceGetCurrPcieLinkWidth(void*, unsigned* width) {
    return answer(fakeBoard().width, width);
}
int nvmlDeviceGetMaxPcieLinkGeneration(void*, unsigned* generation) {
    return answer(fakeBoard().systemGeneration, generation);
}
int nvmlDeviceGetGpuMaxPcieLinkGeneration(void*, unsigned* generation) {
    return answer(fakeBoard().cardGeneration, generation);
}
int nvmlDeviceGetMaxPcieLinkWidth(void*, unsigned* width) {
    return answer(fakeBoard().systemWidth, width);
}

} // extern "C"
