// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/telemetry_curves.h"

#include "gui/format.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace {

constexpr PlotRow kPlots[] = {
    {Plot::Vram, Unit::Bytes, true, QT_TRANSLATE_NOOP("Telemetry", "Graphics memory (VRAM)")},
    {Plot::Link, Unit::ByteRate, true, QT_TRANSLATE_NOOP("Telemetry", "PCIe")},
    {Plot::Ram, Unit::Bytes, false, QT_TRANSLATE_NOOP("Telemetry", "RAM")},
    {Plot::Disk, Unit::ByteRate, false, QT_TRANSLATE_NOOP("Telemetry", "Disk reads")},
    {Plot::Load, Unit::Share, false, QT_TRANSLATE_NOOP("Telemetry", "Load")},
    {Plot::Speed, Unit::TokenRate, false, QT_TRANSLATE_NOOP("Telemetry", "Tokens per second")},
    {Plot::Temperature, Unit::Celsius, true, QT_TRANSLATE_NOOP("Telemetry", "GPU temperature")},
    {Plot::Power, Unit::Watts, true, QT_TRANSLATE_NOOP("Telemetry", "GPU power")},
};
static_assert(std::size(kPlots) == kPlotCount);

constexpr CurveRow kCurves[] = {
    {Curve::VramWeights, Plot::Vram, Source::Engine, Drawn::Area, Hue::Blue, true, "vram.weights",
        QT_TRANSLATE_NOOP("Telemetry", "Weights")},
    {Curve::VramCache, Plot::Vram, Source::Engine, Drawn::Area, Hue::SkyBlue, true, "vram.cache",
        QT_TRANSLATE_NOOP("Telemetry", "KV cache")},
    {Curve::VramScratch, Plot::Vram, Source::Engine, Drawn::Area, Hue::Green, true, "vram.scratch",
        QT_TRANSLATE_NOOP("Telemetry", "Scratch")},
    {Curve::VramOthers, Plot::Vram, Source::Board, Drawn::Area, Hue::Grey, true, "vram.others",
        QT_TRANSLATE_NOOP("Telemetry", "Other programs")},
    {Curve::VramFree, Plot::Vram, Source::Board, Drawn::Rest, Hue::Grey, true, "vram.free",
        QT_TRANSLATE_NOOP("Telemetry", "Free")},
    {Curve::LinkIn, Plot::Link, Source::Board, Drawn::Line, Hue::Blue, true, "link.in",
        QT_TRANSLATE_NOOP("Telemetry", "To the GPU")},
    {Curve::LinkOut, Plot::Link, Source::Board, Drawn::Line, Hue::Vermilion, true, "link.out",
        QT_TRANSLATE_NOOP("Telemetry", "From the GPU")},
    {Curve::LinkWeights, Plot::Link, Source::Engine, Drawn::Dots, Hue::Green, true, "link.weights",
        QT_TRANSLATE_NOOP("Telemetry", "Weights to the GPU")},
    {Curve::LinkMeasuredIn, Plot::Link, Source::Profile, Drawn::Limit, Hue::Blue, true, "link.measured_in",
        QT_TRANSLATE_NOOP("Telemetry", "Peak to the GPU")},
    {Curve::LinkMeasuredOut, Plot::Link, Source::Profile, Drawn::Limit, Hue::Vermilion, false, "link.measured_out",
        QT_TRANSLATE_NOOP("Telemetry", "Peak from the GPU")},
    {Curve::LinkNegotiated, Plot::Link, Source::Board, Drawn::Limit, Hue::Grey, true, "link.negotiated",
        QT_TRANSLATE_NOOP("Telemetry", "Negotiated link")},
    {Curve::RamPinned, Plot::Ram, Source::Engine, Drawn::Area, Hue::Vermilion, true, "ram.pinned",
        QT_TRANSLATE_NOOP("Telemetry", "Strata, pinned")},
    {Curve::RamStrata, Plot::Ram, Source::Process, Drawn::Area, Hue::Orange, true, "ram.strata",
        QT_TRANSLATE_NOOP("Telemetry", "Strata, not pinned")},
    {Curve::RamOthers, Plot::Ram, Source::Machine, Drawn::Area, Hue::Grey, true, "ram.others",
        QT_TRANSLATE_NOOP("Telemetry", "Other programs")},
    {Curve::RamFree, Plot::Ram, Source::Machine, Drawn::Rest, Hue::Grey, true, "ram.free",
        QT_TRANSLATE_NOOP("Telemetry", "Free")},
    {Curve::DiskStrata, Plot::Disk, Source::Process, Drawn::Line, Hue::Purple, true, "disk.strata",
        QT_TRANSLATE_NOOP("Telemetry", "By Strata")},
    {Curve::DiskMachine, Plot::Disk, Source::Machine, Drawn::Dots, Hue::Grey, true, "disk.machine",
        QT_TRANSLATE_NOOP("Telemetry", "By all programs")},
    {Curve::DiskWeights, Plot::Disk, Source::Engine, Drawn::Dots, Hue::Green, false, "disk.weights",
        QT_TRANSLATE_NOOP("Telemetry", "Weights during replies")},
    {Curve::DiskMeasured, Plot::Disk, Source::Profile, Drawn::Limit, Hue::Purple, true, "disk.measured",
        QT_TRANSLATE_NOOP("Telemetry", "Peak of the drive")},
    {Curve::LoadGpu, Plot::Load, Source::Board, Drawn::Line, Hue::Blue, true, "load.gpu",
        QT_TRANSLATE_NOOP("Telemetry", "GPU")},
    {Curve::LoadCpu, Plot::Load, Source::Machine, Drawn::Line, Hue::Vermilion, true, "load.cpu",
        QT_TRANSLATE_NOOP("Telemetry", "CPU")},
    {Curve::LoadStrata, Plot::Load, Source::Process, Drawn::Dots, Hue::Green, true, "load.strata",
        QT_TRANSLATE_NOOP("Telemetry", "CPU, by Strata")},
    {Curve::SpeedReply, Plot::Speed, Source::Engine, Drawn::Line, Hue::Green, true, "speed.reply",
        QT_TRANSLATE_NOOP("Telemetry", "Reply")},
    {Curve::SpeedPrompt, Plot::Speed, Source::Engine, Drawn::Dots, Hue::Purple, false, "speed.prompt",
        QT_TRANSLATE_NOOP("Telemetry", "Prompt")},
    {Curve::Temperature, Plot::Temperature, Source::Board, Drawn::Line, Hue::Vermilion, true, "gpu.temperature",
        QT_TRANSLATE_NOOP("Telemetry", "Temperature")},
    {Curve::Power, Plot::Power, Source::Board, Drawn::Line, Hue::Blue, true, "gpu.power",
        QT_TRANSLATE_NOOP("Telemetry", "Power")},
    {Curve::PowerLimit, Plot::Power, Source::Board, Drawn::Limit, Hue::Blue, true, "gpu.power_limit",
        QT_TRANSLATE_NOOP("Telemetry", "Power limit")},
};
static_assert(std::size(kCurves) == kCurveCount);

// The rows are looked up by their place.
constexpr bool isInOrder() {
    for (std::size_t i = 0; i < std::size(kCurves); ++i)
        if (static_cast<std::size_t>(kCurves[i].curve) != i || (i > 0 && kCurves[i].plot < kCurves[i - 1].plot))
            return false;
    for (std::size_t i = 0; i < std::size(kPlots); ++i)
        if (static_cast<std::size_t>(kPlots[i].plot) != i)
            return false;
    return true;
}
static_assert(isInOrder());

// By Source.
constexpr struct {
    const char* name;
    const char* sentence;
} kSources[] = {
    {QT_TRANSLATE_NOOP("Telemetry", "board"),
        QT_TRANSLATE_NOOP("Telemetry", "From the GPU's own sensors, for all programs")},
    {QT_TRANSLATE_NOOP("Telemetry", "machine"), QT_TRANSLATE_NOOP("Telemetry", "From the kernel, for all programs")},
    {QT_TRANSLATE_NOOP("Telemetry", "process"), QT_TRANSLATE_NOOP("Telemetry", "From the kernel, for Strata alone")},
    {QT_TRANSLATE_NOOP("Telemetry", "engine"), QT_TRANSLATE_NOOP("Telemetry", "From Strata's own counters")},
    {QT_TRANSLATE_NOOP("Telemetry", "measured"), QT_TRANSLATE_NOOP("Telemetry", "Measured once on this machine")},
};

QString translated(const char* text) {
    return QCoreApplication::translate("Telemetry", text);
}

} // namespace

std::span<const PlotRow> plotRows() {
    return kPlots;
}

const PlotRow& plotRow(Plot plot) {
    return kPlots[static_cast<std::size_t>(plot)];
}

std::span<const CurveRow> curveRows() {
    return kCurves;
}

std::span<const CurveRow> curveRows(Plot plot) {
    const auto isOf = [plot](const CurveRow& row) { return row.plot == plot; };
    const auto* first = std::find_if(std::begin(kCurves), std::end(kCurves), isOf);
    return {first, std::find_if_not(first, std::end(kCurves), isOf)};
}

const CurveRow& curveRow(Curve curve) {
    return kCurves[indexOf(curve)];
}

QString plotTitle(Plot plot) {
    return translated(plotRow(plot).title);
}

QString curveName(Curve curve) {
    return translated(curveRow(curve).name);
}

QString sourceName(Source source) {
    return translated(kSources[static_cast<std::size_t>(source)].name);
}

QString sourceSentence(Source source) {
    return translated(kSources[static_cast<std::size_t>(source)].sentence);
}

QString valueText(Unit unit, double value) {
    if (!std::isfinite(value))
        return QStringLiteral("-");
    switch (unit) {
    case Unit::Bytes:
        return formatBytes(static_cast<quint64>(std::max(0.0, value)));
    case Unit::ByteRate:
        return formatByteRate(value);
    case Unit::Share:
        return QStringLiteral("%1 %").arg(std::lround(value * 100));
    case Unit::TokenRate:
        return value > 0 ? formatTokenRate(value) : QStringLiteral("0 tok/s");
    case Unit::Celsius:
        return QStringLiteral("%1 °C").arg(std::lround(value));
    case Unit::Watts:
        return QStringLiteral("%1 W").arg(std::lround(value));
    }
    return {};
}

QString unitName(Unit unit) {
    switch (unit) {
    case Unit::Bytes:
        return QStringLiteral("bytes");
    case Unit::ByteRate:
        return QStringLiteral("bytes per second");
    case Unit::Share:
        return QStringLiteral("share of 1");
    case Unit::TokenRate:
        return QStringLiteral("tokens per second");
    case Unit::Celsius:
        return QStringLiteral("degrees Celsius");
    case Unit::Watts:
        return QStringLiteral("watts");
    }
    return {};
}
