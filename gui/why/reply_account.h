// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include <QList>
#include <QString>

#include <memory>

// One stretch of a reply's time.
struct AccountPart {
    enum class Kind { Prompt, Gpu, Cpu, LinkWait, DiskWait, Sampling, Other };
    Kind kind = Kind::Other;
    double seconds = 0.0;
    QString toolTip = {}; // what of it is known
};

// Where one reply's time went, and why it was no faster. A value.
struct ReplyAccount {
    QString model;
    double wholeSeconds = 0.0;
    QList<AccountPart> parts; // in the order of the kinds, none without time; together they are wholeSeconds
    QString sentence;         // what set the speed, and what would help
    QString howMeasured;
};
using ReplyAccountPointer = std::shared_ptr<const ReplyAccount>;

// Of a reply of this model, as it was loaded then. Null: nothing was computed.
ReplyAccountPointer replyAccount(const strata::GenerationResult& result, const LoadedModel& model);

QString partLabel(AccountPart::Kind kind); // "waiting for the disk"
QString accountText(const ReplyAccount& account); // all of it as lines, for the clipboard and screen readers
