// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/downloads/hub_listing.h"

#include <QMetaType>
#include <QString>

#include <functional>
#include <optional>

// What a model that is not here yet would do on this machine. A value.
struct ModelOutlook {
    enum class Fit { Unknown, Vram, Ram, Disk, Nowhere, Refused }; // Refused: this program can't run it
    enum class Source { None, Size, Header };                      // what it was told from

    Fit fit = Fit::Unknown;
    Source source = Source::None;
    QString text;     // short, for a row: "fits in VRAM, ~6.3 tok/s"
    QString sentence; // whole, for a tool tip
};

// The memory that models may use. A value.
struct MemoryNow {
    quint64 vramBytes = 0; // 0: no GPU
    quint64 ramBytes = 0;
};

// Of a header that lies in a file as long as the model's, with a hole in place of the weights (of a split model, one
// such file for each part, named as the parts are). Called on any thread; never throws.
using OutlookOfHeader = std::function<ModelOutlook(const QString& headerPath)>;

// Gives such a function for the machine as it is now. GUI thread.
using OutlookNow = std::function<OutlookOfHeader()>;

ModelOutlook outlookOfSize(quint64 bytes, const MemoryNow& memory);

struct Recommendation {
    int row = 0; // of the items
    QString reason;
};

// The item that most people want: as many bits as the machine runs well, between 4 and 8. nullopt: none fits, or none
// states its bits.
std::optional<Recommendation> recommend(
    const QList<HubItem>& items, const QList<ModelOutlook>& outlooks, const MemoryNow& memory);
