// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/model_outlook.h"

#include "gui/format.h"

#include <QCoreApplication>

#include <cmath>

using namespace Qt::StringLiterals;
using Fit = ModelOutlook::Fit;

namespace {

// Of weights, what conversation and computing take beside them: a rule of thumb until a header says more.
constexpr double kBesides = 1.1;
constexpr quint64 kBesidesBytes = 700'000'000;

constexpr double kLeastBits = 4; // fewer cost quality that most people miss
constexpr double kMostBits = 8;  // more cost memory and speed for what nobody sees
constexpr double kUsualBits = 4.5;

QString text(const char* source) {
    return QCoreApplication::translate("ModelOutlook", source);
}

QString shortText(Fit fit) {
    switch (fit) {
    case Fit::Vram:
        return text("fits in VRAM");
    case Fit::Ram:
        return text("needs RAM");
    case Fit::Disk:
        return text("needs disk");
    case Fit::Nowhere:
        return text("does not fit");
    case Fit::Refused:
        return text("can't be run");
    case Fit::Unknown:
        break;
    }
    return {};
}

// "Q4_K_M" before "Q4_0" and "Q4_K_L": what makers of such files recommend themselves.
double distanceToUsual(const QString& format) {
    return std::abs(bitsOfFormat(format) + 0.5 - kUsualBits) + (format.endsWith(u"Q4_K_M"_s) ? 0 : 0.1);
}

bool isCandidate(const HubItem& item, const ModelOutlook& outlook, Fit fit) {
    const double bits = bitsOfFormat(item.format);
    return item.problem.isEmpty() && outlook.fit == fit && bits >= kLeastBits && bits <= kMostBits;
}

std::optional<int> largest(const QList<HubItem>& items, const QList<ModelOutlook>& outlooks, Fit fit) {
    std::optional<int> best;
    for (int row = 0; row < items.size(); ++row) { // smallest first
        if (isCandidate(items[row], outlooks[row], fit)) {
            best = row;
        }
    }
    return best;
}

std::optional<int> mostUsual(const QList<HubItem>& items, const QList<ModelOutlook>& outlooks, Fit fit) {
    std::optional<int> best;
    for (int row = 0; row < items.size(); ++row) {
        if (isCandidate(items[row], outlooks[row], fit) &&
            (!best || distanceToUsual(items[row].format) < distanceToUsual(items[*best].format))) {
            best = row;
        }
    }
    return best;
}

} // namespace

ModelOutlook outlookOfSize(quint64 bytes, const MemoryNow& memory) {
    const double needed = static_cast<double>(bytes) * kBesides + static_cast<double>(kBesidesBytes);
    ModelOutlook outlook;
    outlook.source = ModelOutlook::Source::Size;
    if (memory.vramBytes == 0 && memory.ramBytes == 0) {
        return outlook;
    }
    outlook.fit = needed <= static_cast<double>(memory.vramBytes)                     ? Fit::Vram
                  : needed <= static_cast<double>(memory.vramBytes + memory.ramBytes) ? Fit::Ram
                                                                                      : Fit::Disk;
    outlook.text = outlook.fit == Fit::Ram && memory.vramBytes == 0 ? text("fits in RAM") : shortText(outlook.fit);
    outlook.sentence = text("Judged by its size alone: %1 free in RAM%2.")
                           .arg(formatBytes(memory.ramBytes),
                               memory.vramBytes == 0 ? QString()
                                                     : text(" and %1 in graphics memory (VRAM)")
                                                           .arg(formatBytes(memory.vramBytes)));
    return outlook;
}

std::optional<Recommendation> recommend(
    const QList<HubItem>& items, const QList<ModelOutlook>& outlooks, const MemoryNow& memory) {
    if (const auto row = largest(items, outlooks, Fit::Vram)) {
        return Recommendation{*row, text("The most exact one that fits in graphics memory (VRAM) with room for a chat.")};
    }
    if (const auto row = mostUsual(items, outlooks, Fit::Ram)) {
        return Recommendation{*row,
            memory.vramBytes == 0
                ? text("About 4 bits a weight: it fits in RAM, and fewer bytes make each word faster at little loss.")
                : text("About 4 bits a weight: none of 4 bits fits in graphics memory (VRAM) alone, and of those that "
                       "also need RAM the small ones are faster at little loss.")};
    }
    if (const auto row = mostUsual(items, outlooks, Fit::Disk)) {
        return Recommendation{*row, text("The smallest at little loss, but larger than the memory that is free: "
                                         "parts are read from disk for each word, which is slow.")};
    }
    return std::nullopt;
}
