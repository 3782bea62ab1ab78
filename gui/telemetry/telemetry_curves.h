// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/tiermap/tier_palette.h"

#include <QString>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

// The table behind the telemetry dock: which plots there are, and which curves each has. One row a curve.

enum class Plot : std::uint8_t { Vram, Link, Ram, Disk, Load, Speed, Temperature, Power };
inline constexpr std::size_t kPlotCount = 8;

enum class Unit : std::uint8_t { Bytes, ByteRate, Share, TokenRate, Celsius, Watts };

// Who says it.
enum class Source : std::uint8_t {
    Board,   // the GPU's own sensors, for all programs
    Machine, // the kernel, for all programs
    Process, // the kernel, for Strata alone
    Engine,  // Strata's own counters
    Profile, // measured once on this machine
};

enum class Drawn : std::uint8_t {
    Area, // on top of the areas before it
    Rest, // likewise, left empty: what is free
    Line,
    Dots,  // a line of dots
    Limit, // a line of dashes: what can't be passed
};

// In the order of the table. Areas are stacked in this order, from below.
enum class Curve : std::uint8_t {
    VramWeights,
    VramCache,
    VramScratch,
    VramOthers,
    VramFree,
    LinkIn,
    LinkOut,
    LinkWeights,
    LinkMeasuredIn,
    LinkMeasuredOut,
    LinkNegotiated,
    RamPinned,
    RamStrata,
    RamOthers,
    RamFree,
    DiskStrata,
    DiskMachine,
    DiskWeights,
    DiskMeasured,
    LoadGpu,
    LoadCpu,
    LoadStrata,
    SpeedReply,
    SpeedPrompt,
    Temperature,
    Power,
    PowerLimit,
};
inline constexpr std::size_t kCurveCount = 27;

// One value for every curve, in its unit; not a number where it is not known.
using Sample = std::array<float, kCurveCount>;
inline constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();

struct PlotRow {
    Plot plot;
    Unit unit;
    bool needsGpu;
    const char* title;
};

struct CurveRow {
    Curve curve;
    Plot plot;
    Source source;
    Drawn drawn;
    Hue hue;
    bool isShownAtFirst;
    const char* id; // in settings and files
    const char* name;
};

std::span<const PlotRow> plotRows(); // in the order of Plot
const PlotRow& plotRow(Plot plot);
std::span<const CurveRow> curveRows(); // in the order of Curve
std::span<const CurveRow> curveRows(Plot plot);
const CurveRow& curveRow(Curve curve);

inline std::size_t indexOf(Curve curve) {
    return static_cast<std::size_t>(curve);
}

QString plotTitle(Plot plot);               // "Graphics memory (VRAM)"
QString curveName(Curve curve);             // "KV cache"
QString sourceName(Source source);          // "board"
QString sourceSentence(Source source);      // "The GPU's own sensors, for all programs"
QString valueText(Unit unit, double value); // "12.1 GB", "62 %"; "-" where it is not known
QString unitName(Unit unit);                // "bytes per second": in files, where values are plain numbers
