// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/wire_bars.h"

#include "gui/format.h"
#include "gui/text_labels.h"
#include "gui/theme.h"
#include "gui/tiermap/tier_palette.h"

#include <QGridLayout>
#include <QPainter>

#include <algorithm>

using strata::Wire;

namespace {

constexpr int kBarHeight = 8;
constexpr int kLeastBar = 48;

QString rateText(const QString& rate, double ceiling) {
    return ceiling > 0 ? WireBars::tr("%1 of %2").arg(rate, formatByteRate(ceiling)) : rate;
}

} // namespace

class WireBars::Bar : public QWidget {
public:
    explicit Bar(Wire wire) : m_wire(wire) {
        setFixedHeight(kBarHeight);
        setMinimumWidth(kLeastBar);
    }

    void setShare(double share) {
        m_share = std::clamp(share, 0.0, 1.0);
        update();
    }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        painter.fillRect(rect(), themeColors(palette()).hairline);
        painter.fillRect(QRectF(0, 0, width() * m_share, height()), wireColor(m_wire, palette()));
    }

private:
    Wire m_wire;
    double m_share = 0.0;
};

WireBars::WireBars(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this)) {
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(4);
    m_grid->setColumnStretch(1, 1);
}

void WireBars::setModel(const LoadedModel& model) {
    while (QLayoutItem* item = m_grid->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    m_rows.clear();
    for (std::size_t i = 0; i < strata::kWireCount; ++i)
        if (model.forecast.decode.bytes[i] > 0)
            addRow(static_cast<Wire>(i), wireCeiling(static_cast<Wire>(i), model));
    showIdle();
}

void WireBars::addRow(Wire wire, double ceiling) {
    auto* name = new LineLabel(wireLabel(wire));
    name->setText(wireLabel(wire));
    Row row{wire, ceiling, 0.0, new Bar(wire), new LineLabel(tr("Rate of: %1").arg(wireLabel(wire)))};
    row.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    const QString widest = rateText(QStringLiteral("888 GB/s"), ceiling);
    row.value->setMinimumWidth(fontMetrics().horizontalAdvance(widest)); // nothing jumps
    const QString tip = ceiling > 0 ? tr("Weights now, of what was measured on this machine")
                                    : tr("Weights now; the bar is full at the most that was seen");
    for (QWidget* part : {static_cast<QWidget*>(name), static_cast<QWidget*>(row.bar),
             static_cast<QWidget*>(row.value)})
        part->setToolTip(tip);
    const int at = m_grid->rowCount();
    m_grid->addWidget(name, at, 0);
    m_grid->addWidget(row.bar, at, 1, Qt::AlignVCenter);
    m_grid->addWidget(row.value, at, 2);
    m_rows.push_back(row);
}

void WireBars::showRates(const WireRates& rates) {
    for (Row& row : m_rows)
        show(row, rates.bytesPerSecond(row.wire));
}

void WireBars::showIdle() {
    for (Row& row : m_rows)
        show(row, 0.0);
}

void WireBars::show(Row& row, double bytesPerSecond) {
    row.most = std::max(row.most, bytesPerSecond);
    const double full = row.ceiling > 0 ? row.ceiling : row.most;
    row.bar->setShare(full > 0 ? bytesPerSecond / full : 0.0);
    row.value->setText(rateText(bytesPerSecond > 0 ? formatByteRate(bytesPerSecond) : QStringLiteral("-"), row.ceiling));
}

QString boundSentence(const LoadedModel& model) {
    if (!model.isMeasured)
        return {};
    const Wire bound = model.forecast.decode.bound;
    const QString bytes = formatBytes(model.forecast.decode.bytes[static_cast<std::size_t>(bound)]);
    switch (bound) {
    case Wire::Vram:
        return WireBars::tr("Graphics memory sets the speed: %1 of it are read for every token. A file with fewer bits "
                            "a weight would be faster.")
            .arg(bytes);
    case Wire::Link:
        return WireBars::tr("The link to the GPU sets the speed: %1 cross it for every token. More graphics memory or "
                            "a file with fewer bits a weight would help.")
            .arg(bytes);
    case Wire::Host:
        return WireBars::tr("RAM sets the speed: the CPU reads %1 of it for every token. %2 or a file with fewer bits "
                            "a weight would help.")
            .arg(bytes,
                model.plan && model.plan->usesGpu ? WireBars::tr("More graphics memory") : WireBars::tr("A GPU"));
    case Wire::Disk:
        return WireBars::tr("The disk sets the speed: %1 are read from it for every token. More RAM would help most.")
            .arg(bytes);
    }
    return {};
}
