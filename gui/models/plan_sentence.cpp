// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/plan_sentence.h"

#include "gui/format.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <array>

namespace {

QString text(const char* source) {
    return QCoreApplication::translate("planSentence", source);
}

// Half a layer is one of its two blocks.
QString formatLayers(std::uint32_t halves) {
    const QString whole = formatCount(halves / 2);
    if (halves % 2 == 0)
        return whole;
    return halves == 1 ? QStringLiteral("½") : whole + QStringLiteral("½");
}

QString placeOf(strata::Tier tier) {
    switch (tier) {
    case strata::Tier::Vram:
        return text("in graphics memory (VRAM)");
    case strata::Tier::Ram:
        return text("in RAM");
    case strata::Tier::Disk:
        return text("on disk");
    }
    return {};
}

} // namespace

QString planSentence(const LoadedModel& model) {
    if (model.plan == nullptr)
        return {};
    std::array<std::uint32_t, strata::kTierCount> halves = {};
    for (const strata::PlannedBlock& block : model.plan->blocks)
        if (block.kind == strata::BlockKind::Attention || block.kind == strata::BlockKind::FeedForward)
            ++halves[static_cast<std::size_t>(block.tier)];
    QStringList parts;
    for (std::size_t i = 0; i < halves.size(); ++i) {
        if (halves[i] == 0)
            continue;
        const QString layers = parts.isEmpty()
                                   ? text("%1 of %2 layers").arg(formatLayers(halves[i]), formatCount(model.plan->layerCount))
                                   : formatLayers(halves[i]);
        parts.append(layers + QLatin1Char(' ') + placeOf(static_cast<strata::Tier>(i)));
    }
    if (parts.size() < 2)
        return {};
    if (model.isMeasured)
        parts.append(text("about %1").arg(formatTokenRate(model.forecast.decodeTokensPerSecond)));
    return parts.join(QStringLiteral(", "));
}
