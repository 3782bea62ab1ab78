// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/wire_rates.h"

using strata::Wire;

namespace {

constexpr double kWindowSeconds = 1.0;

} // namespace

double wireCeiling(Wire wire, const LoadedModel& model) {
    const auto& profile = model.command.profile;
    if (!profile || !model.isMeasured)
        return 0.0;
    switch (wire) {
    case Wire::Vram:
        return profile->vramRead;
    case Wire::Link:
        return profile->linkIn;
    case Wire::Host:
        return profile->hostRead;
    case Wire::Disk:
        return model.plan ? profile->diskBytesPerSecond(model.plan->modelPath) : 0.0;
    }
    return 0.0;
}

void WireRates::clear() {
    m_readings.clear();
}

void WireRates::add(const strata::MetricsSnapshot& totals, double seconds) {
    Reading reading{seconds, {}};
    for (std::size_t i = 0; i < strata::kWireCount; ++i)
        reading.bytes[i] = totals.wires[i].bytes;
    m_readings.push_back(reading);
    while (m_readings.size() > 2 && m_readings[1].seconds <= seconds - kWindowSeconds)
        m_readings.pop_front();
}

double WireRates::bytesPerSecond(strata::Wire wire) const {
    if (m_readings.size() < 2)
        return 0.0;
    const auto index = static_cast<std::size_t>(wire);
    const double seconds = m_readings.back().seconds - m_readings.front().seconds;
    const auto bytes = static_cast<double>(m_readings.back().bytes[index] - m_readings.front().bytes[index]);
    return seconds <= 0.0 ? 0.0 : bytes / seconds;
}
