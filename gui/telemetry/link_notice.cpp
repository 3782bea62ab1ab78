// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/link_notice.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace {

constexpr double kAtWork = 0.3;          // load of the GPU
constexpr double kTrafficAtWork = 200e6; // bytes per second over the link

QString linkName(unsigned generation, unsigned width) {
    if (generation == 0)
        return QCoreApplication::translate("Telemetry", "%1 PCIe lanes").arg(width);
    return QStringLiteral("PCIe %1.0 x%2").arg(generation).arg(width);
}

} // namespace

void LinkJudge::add(const strata::BoardReading& reading) {
    m_link = reading.link;
    const double traffic = reading.bytesPerSecondIn.value_or(0) + reading.bytesPerSecondOut.value_or(0);
    if (reading.load.value_or(0) >= kAtWork || traffic >= kTrafficAtWork)
        m_generation = std::max(m_generation, reading.link.generation);
}

QString LinkJudge::sentence() const {
    const bool isNarrow = m_link.width > 0 && m_link.width < m_link.maxWidth;
    const bool isOld = m_generation > 0 && m_generation < m_link.maxGeneration;
    if (!isNarrow && !isOld)
        return {};
    // Of a card that was not seen at work, only the lanes are known to be too few.
    const unsigned generation = m_generation > 0 ? m_generation : m_link.maxGeneration;
    const double now = strata::linkBytesPerSecond(std::max(generation, 1U), m_link.width);
    const double could = strata::linkBytesPerSecond(std::max(m_link.maxGeneration, 1U), m_link.maxWidth);
    if (now <= 0 || could <= now)
        return {};
    const bool saysGeneration = m_generation > 0;
    return QCoreApplication::translate("Telemetry",
        "The GPU runs on a slower link than it could: %1, where the card can do %2. Weights reach it up to %3 times as "
        "slowly. Another slot, or the slot's setting in the firmware, may help.")
        .arg(linkName(saysGeneration ? generation : 0, m_link.width),
            saysGeneration ? linkName(m_link.maxGeneration, m_link.maxWidth) : QString::number(m_link.maxWidth),
            QString::number(could / now, 'g', 2));
}
