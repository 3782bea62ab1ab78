// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/tier_palette.h"

#include "gui/theme.h"

#include <QCoreApplication>
#include <QImage>

#include <algorithm>
#include <cmath>

using strata::Executor;
using strata::Tier;
using strata::Wire;

namespace {

struct HueRow {
    QRgb light, dark; // for the two palettes
};

// By Hue. Blue, green and vermilion are brighter on dark ground, where they would sink.
constexpr HueRow kHues[] = {
    {0x0072b2, 0x2a8fd4},
    {0xe69f00, 0xe69f00},
    {0xcc79a7, 0xcc79a7},
    {0x56b4e9, 0x7fc8f0},
    {0x009e73, 0x1db38a},
    {0xd55e00, 0xe8762c},
    {0x8c959f, 0x7d8794},
};

struct TierRow {
    Hue hue;
    const char* label;
    const char* where;
};

// By Tier.
constexpr TierRow kTiers[] = {
    {Hue::Blue, QT_TRANSLATE_NOOP("Tiers", "graphics memory (VRAM)"), QT_TRANSLATE_NOOP("Tiers", "in VRAM")},
    {Hue::Orange, QT_TRANSLATE_NOOP("Tiers", "RAM"), QT_TRANSLATE_NOOP("Tiers", "in RAM")},
    {Hue::Purple, QT_TRANSLATE_NOOP("Tiers", "disk"), QT_TRANSLATE_NOOP("Tiers", "on disk")},
};
static_assert(std::size(kTiers) == strata::kTierCount);

struct ExecutorRow {
    const char* label;
    const char* use;
};

// By Executor.
constexpr ExecutorRow kExecutors[] = {
    {QT_TRANSLATE_NOOP("Tiers", "GPU, from graphics memory"), QT_TRANSLATE_NOOP("Tiers", "for the GPU")},
    {QT_TRANSLATE_NOOP("Tiers", "GPU, streamed over the link"), QT_TRANSLATE_NOOP("Tiers", "streamed to the GPU")},
    {QT_TRANSLATE_NOOP("Tiers", "CPU"), QT_TRANSLATE_NOOP("Tiers", "for the CPU")},
};

// By Wire.
constexpr const char* kWires[] = {
    QT_TRANSLATE_NOOP("Tiers", "graphics memory"),
    QT_TRANSLATE_NOOP("Tiers", "link to the GPU"),
    QT_TRANSLATE_NOOP("Tiers", "RAM to the CPU"),
    QT_TRANSLATE_NOOP("Tiers", "disk"),
};
static_assert(std::size(kWires) == strata::kWireCount);

QString translated(const char* text) {
    return QCoreApplication::translate("Tiers", text);
}

constexpr int kPeriod = 6; // points from one line or dot to the next
constexpr QColor kInk(0x1b, 0x1f, 0x24);

} // namespace

QColor hueColor(Hue hue, const QPalette& palette) {
    const HueRow& row = kHues[static_cast<std::size_t>(hue)];
    return QColor(palette.color(QPalette::Window).lightnessF() < 0.5F ? row.dark : row.light);
}

QColor tierColor(Tier tier, const QPalette& palette) {
    return hueColor(kTiers[static_cast<std::size_t>(tier)].hue, palette);
}

QColor wireColor(Wire wire, const QPalette& palette) {
    switch (wire) {
    case Wire::Vram:
        return tierColor(Tier::Vram, palette);
    case Wire::Host:
        return tierColor(Tier::Ram, palette);
    case Wire::Disk:
        return tierColor(Tier::Disk, palette);
    case Wire::Link:
        break;
    }
    return themeColors(palette).accent;
}

QColor cellOutline(const QPalette& palette) {
    return themeColors(palette).subtleText;
}

QString tierLabel(Tier tier) {
    return translated(kTiers[static_cast<std::size_t>(tier)].label);
}

QString restsWhere(Tier tier) {
    return translated(kTiers[static_cast<std::size_t>(tier)].where);
}

QString executorLabel(Executor executor) {
    return translated(kExecutors[static_cast<std::size_t>(executor)].label);
}

QString executorUse(Executor executor) {
    return translated(kExecutors[static_cast<std::size_t>(executor)].use);
}

QString wireLabel(Wire wire) {
    return translated(kWires[static_cast<std::size_t>(wire)]);
}

QBrush textureBrush(const QColor& color, Executor executor, double pixelRatio) {
    if (executor == Executor::Resident)
        return color;
    const int stroke = std::max(1, static_cast<int>(std::lround(pixelRatio)));
    const int period = kPeriod * stroke;
    QImage tile(period, period, QImage::Format_RGB32);
    tile.fill(color);
    for (int y = 0; y < period; ++y) {
        for (int x = 0; x < period; ++x) {
            const bool isLine = (x + y) % period < 2 * stroke; // darker than dots also where a column is narrow
            const int half = period / 2; // every other row of dots lies between those of the row above
            const bool isDot = y % half < stroke && (x + (y < half ? 0 : half)) % period < stroke;
            if (executor == Executor::Streamed ? isLine : isDot)
                tile.setPixelColor(x, y, kInk);
        }
    }
    return QBrush(tile);
}
