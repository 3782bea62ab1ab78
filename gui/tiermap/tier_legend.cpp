// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/tier_legend.h"

#include "gui/format.h"
#include "gui/text_labels.h"
#include "gui/theme.h"
#include "gui/tiermap/tier_palette.h"

#include <QGridLayout>
#include <QPainter>

#include <algorithm>
#include <optional>

using strata::Executor;
using strata::Tier;

namespace {

constexpr QSize kSwatch(18, 12);
constexpr int kGroupGap = 4;
constexpr Tier kTiers[] = {Tier::Vram, Tier::Ram, Tier::Disk};
constexpr Executor kExecutors[] = {Executor::Resident, Executor::Streamed, Executor::Host};

// A sample of a tier's colour, or of an executor's texture in no tier's colour.
class Swatch : public QWidget {
public:
    Swatch(std::optional<Tier> tier, Executor executor) : m_tier(tier), m_executor(executor) { setFixedSize(kSwatch); }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        const double ratio = devicePixelRatioF();
        const bool isDark = palette().color(QPalette::Window).lightnessF() < 0.5F;
        const QColor neutral(isDark ? 0x9da7b3 : 0xb4bcc5);
        QPainter painter(this);
        painter.scale(1 / ratio, 1 / ratio);
        const QRect whole(0, 0, qRound(width() * ratio), qRound(height() * ratio));
        const int line = std::max(1, qRound(ratio));
        painter.fillRect(whole, cellOutline(palette()));
        painter.fillRect(whole.adjusted(line, line, -line, -line),
            textureBrush(m_tier ? tierColor(*m_tier, palette()) : neutral, m_executor, ratio));
    }

private:
    std::optional<Tier> m_tier;
    Executor m_executor;
};

QString blockCount(std::size_t count) {
    return count == 1 ? TierLegend::tr("1 block") : TierLegend::tr("%1 blocks").arg(formatCount(count));
}

QString tierValue(const strata::Plan& plan, Tier tier) {
    return TierLegend::tr("%1, %2").arg(formatBytes(plan.bytesIn(tier)), blockCount(plan.blocksIn(tier)));
}

} // namespace

QStringList tierTotals(const strata::Plan& plan) {
    QStringList totals;
    for (const Tier tier : kTiers)
        if (plan.blocksIn(tier) > 0)
            totals.append(tierLabel(tier) + QLatin1Char(' ') + tierValue(plan, tier));
    return totals;
}

TierLegend::TierLegend(QWidget* parent) : QWidget(parent), m_rows(new QGridLayout(this)) {
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setHorizontalSpacing(8);
    m_rows->setVerticalSpacing(4);
    m_rows->setColumnStretch(1, 1);
}

void TierLegend::setModel(const strata::Plan& plan, const strata::Schedule& decode) {
    while (QLayoutItem* item = m_rows->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const Tier tier : kTiers)
        if (plan.blocksIn(tier) > 0)
            addRow(new Swatch(tier, Executor::Resident), tierLabel(tier), tierValue(plan, tier),
                formatExactBytes(plan.bytesIn(tier)));
    auto* gap = new QWidget;
    gap->setFixedHeight(kGroupGap);
    m_rows->addWidget(gap, m_rows->rowCount(), 0);
    for (const Executor executor : kExecutors) {
        const auto count = std::count(decode.executors.begin(), decode.executors.end(), executor);
        if (count > 0)
            addRow(new Swatch(std::nullopt, executor), executorLabel(executor),
                blockCount(static_cast<std::size_t>(count)), tr("Who computes while a reply is written"));
    }
}

void TierLegend::addRow(QWidget* swatch, const QString& label, const QString& value, const QString& toolTip) {
    const int row = m_rows->rowCount();
    auto* name = new LineLabel(label);
    name->setText(label);
    name->setToolTip(toolTip);
    auto* amount = new LineLabel(tr("%1: %2").arg(label, value));
    amount->setText(value);
    amount->setToolTip(toolTip);
    amount->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_rows->addWidget(swatch, row, 0, Qt::AlignVCenter);
    m_rows->addWidget(name, row, 1);
    m_rows->addWidget(amount, row, 2);
    for (QWidget* part : {swatch, static_cast<QWidget*>(name), static_cast<QWidget*>(amount)})
        part->show(); // at once, and not a frame later: plans come as fast as a slider is dragged
}
