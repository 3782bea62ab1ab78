// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/pace_report.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMetaEnum>

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t kShownEvents = 8;

QString eventName(const TimedApplication::Event& event) {
    const char* type = QMetaEnum::fromType<QEvent::Type>().valueToKey(event.type);
    return QString::fromLatin1(event.receiver) + u' ' +
           (type != nullptr ? QString::fromLatin1(type) : QString::number(event.type));
}

QString number(double value, int width, int decimals) {
    return u"%1"_s.arg(value, width, 'f', decimals);
}

} // namespace

QString PaceReport::toTable() const {
    QString text = title + u"\n                  tokens    tok/s updates/s  frames/s  paints/s | ms late: median    99 %  "
                           u"longest | of a core\n"_s;
    for (const PaceRow& row : rows)
        text += u"%1 %2 "_s.arg(row.name, -16).arg(row.tokens, 7) + number(row.tokensPerSecond, 8, 1) +
                number(row.updates, 10, 1) + number(row.frames, 10, 1) + number(row.paints, 10, 1) + u" |"_s +
                number(row.pace.medianMs, 16, 2) + number(row.pace.percentile99Ms, 8, 2) +
                number(row.pace.longestMs, 9, 2) + u" |"_s + number(row.pace.load * 100, 8, 1) + u" %\n"_s;
    text += u"costliest events of the last reply shown:          count  total ms  longest ms  most work ms\n"_s;
    for (std::size_t i = 0; i < std::min(kShownEvents, events.size()); ++i)
        text += u"%1 %2"_s.arg(eventName(events[i]), -48).arg(events[i].count, 7) + number(events[i].totalMs, 10, 1) +
                number(events[i].longestMs, 12, 2) + number(events[i].mostWorkMs, 14, 2) + u'\n';
    return text;
}

QString PaceReport::toJson() const {
    QJsonArray stretches;
    for (const PaceRow& row : rows)
        stretches.append(QJsonObject{{u"name"_s, row.name.trimmed()}, {u"tokens"_s, static_cast<qint64>(row.tokens)},
            {u"tokens_per_s"_s, row.tokensPerSecond}, {u"updates_per_s"_s, row.updates},
            {u"frames_per_s"_s, row.frames}, {u"paints_per_s"_s, row.paints},
            {u"moments"_s, static_cast<qint64>(row.pace.moments)}, {u"late_median_ms"_s, row.pace.medianMs},
            {u"late_99_ms"_s, row.pace.percentile99Ms}, {u"late_longest_ms"_s, row.pace.longestMs},
            {u"load"_s, row.pace.load}});
    QJsonArray costs;
    for (const TimedApplication::Event& event : events)
        costs.append(QJsonObject{{u"event"_s, eventName(event)}, {u"count"_s, event.count},
            {u"total_ms"_s, event.totalMs}, {u"longest_ms"_s, event.longestMs},
            {u"most_work_ms"_s, event.mostWorkMs}});
    const QJsonObject all{{u"title"_s, title}, {u"stretches"_s, stretches}, {u"events"_s, costs}};
    return QString::fromUtf8(QJsonDocument(all).toJson());
}
