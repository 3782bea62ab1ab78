// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/memory_bars.h"

#include "gui/format.h"
#include "gui/text_labels.h"
#include "gui/tiermap/tier_palette.h"

#include <QGridLayout>
#include <QPainter>

#include <algorithm>
#include <array>

using Kind = MemoryPart::Kind;
using strata::Tier;

namespace {

constexpr int kBarHeight = 12;
constexpr int kLeastBar = 60;

QString partName(Kind kind) {
    switch (kind) {
    case Kind::Weights:
        return MemoryBars::tr("weights");
    case Kind::Slots:
        return MemoryBars::tr("slots for weights on their way");
    case Kind::Context:
        return MemoryBars::tr("context (keys and values)");
    case Kind::Scratch:
        return MemoryBars::tr("scratch");
    }
    return {};
}

// Weights in the colour of their tier, slots in it too but hatched; the rest in greys that a line parts.
QBrush partBrush(Kind kind, Tier memory, const QPalette& palette, double ratio) {
    const bool isDark = palette.color(QPalette::Window).lightnessF() < 0.5F;
    switch (kind) {
    case Kind::Weights:
        return tierColor(memory, palette);
    case Kind::Slots:
        return textureBrush(tierColor(memory, palette), strata::Executor::Streamed, ratio);
    case Kind::Context:
        return QColor(isDark ? 0x9da7b3 : 0x6e7781);
    case Kind::Scratch:
        return QColor(isDark ? 0x5c6570 : 0xb4bcc5);
    }
    return {};
}

} // namespace

QList<MemoryPart> memoryParts(const strata::Plan& plan, Tier memory) {
    const bool isVram = memory == Tier::Vram;
    if (isVram && !plan.budgets.vram)
        return {};
    const strata::TierBudget& budget = isVram ? *plan.budgets.vram : plan.budgets.ram;
    const std::uint64_t whole = isVram ? plan.vramBytes() : plan.ramBytes();
    QList<MemoryPart> parts = {{Kind::Weights, plan.bytesIn(memory)}, {Kind::Slots, whole - plan.bytesIn(memory)},
        {Kind::Context, budget.cacheBytes}, {Kind::Scratch, budget.scratchBytes}};
    parts.removeIf([](const MemoryPart& part) { return part.bytes == 0; });
    return parts;
}

class MemoryBars::Bar : public QWidget {
public:
    explicit Bar(Tier memory) : m_memory(memory) {
        setFixedHeight(kBarHeight);
        setMinimumWidth(kLeastBar);
    }

    void setParts(const QList<MemoryPart>& parts, quint64 usable, quint64 full) {
        m_parts = parts;
        m_usable = usable;
        m_full = std::max<quint64>(full, 1);
        update();
    }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        const double ratio = devicePixelRatioF();
        const int line = std::max(1, qRound(ratio));
        QPainter painter(this);
        painter.scale(1 / ratio, 1 / ratio);
        const QRect whole(0, 0, qRound(width() * ratio), qRound(height() * ratio));
        const auto place = [&](quint64 bytes) {
            return qRound(whole.width() * std::min(1.0, static_cast<double>(bytes) / static_cast<double>(m_full)));
        };
        painter.fillRect(whole, palette().color(QPalette::Base));
        quint64 before = 0;
        for (const MemoryPart& part : m_parts) {
            const int left = place(before);
            before += part.bytes;
            const int width = std::max(place(before) - left, line);
            painter.fillRect(left, 0, width, whole.height(), partBrush(part.kind, m_memory, palette(), ratio));
            painter.fillRect(left + width - line, 0, line, whole.height(), cellOutline(palette()));
        }
        painter.fillRect(std::max(0, place(m_usable) - 2 * line), 0, 2 * line, whole.height(),
            palette().color(QPalette::Text));
        painter.setPen(QPen(cellOutline(palette()), line, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(QRectF(whole).adjusted(line / 2.0, line / 2.0, -line / 2.0, -line / 2.0));
    }

private:
    Tier m_memory;
    QList<MemoryPart> m_parts;
    quint64 m_usable = 0;
    quint64 m_full = 1;
};

MemoryBars::MemoryBars(QWidget* parent) : QWidget(parent) {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    m_vram = addRow(Tier::Vram, 0);
    m_ram = addRow(Tier::Ram, 1);
}

MemoryBars::Row MemoryBars::addRow(Tier memory, int row) {
    auto* grid = static_cast<QGridLayout*>(layout());
    const QString shortName = memory == Tier::Vram ? tr("VRAM") : tr("RAM");
    auto* name = new LineLabel(shortName);
    name->setText(shortName);
    name->setMinimumWidth(fontMetrics().horizontalAdvance(tr("VRAM")) + 2);
    Row made{name, new Bar(memory), new LineLabel(tr("%1 that the plan takes").arg(shortName))};
    made.value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    made.value->setMinimumWidth(fontMetrics().horizontalAdvance(tr("88.8 of 88.8 GB"))); // nothing jumps
    grid->addWidget(name, row, 0);
    grid->addWidget(made.bar, row, 1, Qt::AlignVCenter);
    grid->addWidget(made.value, row, 2);
    return made;
}

void MemoryBars::setPlan(const strata::Plan& plan) {
    for (QWidget* part : {m_vram.name, static_cast<QWidget*>(m_vram.bar), static_cast<QWidget*>(m_vram.value)})
        part->setVisible(plan.budgets.vram.has_value());
    if (plan.budgets.vram)
        show(m_vram, Tier::Vram, plan, *plan.budgets.vram);
    show(m_ram, Tier::Ram, plan, plan.budgets.ram);
}

void MemoryBars::show(const Row& row, Tier memory, const strata::Plan& plan, const strata::TierBudget& budget) {
    const QList<MemoryPart> parts = memoryParts(plan, memory);
    quint64 taken = 0;
    QStringList lines;
    for (const MemoryPart& part : parts) {
        taken += part.bytes;
        lines.append(tr("%1: %2").arg(partName(part.kind), formatExactBytes(part.bytes)));
    }
    lines.append(tr("may take %1 of %2 free").arg(formatBytes(budget.usableBytes()), formatBytes(budget.freeBytes)));
    row.bar->setParts(parts, budget.usableBytes(), budget.freeBytes);
    row.value->setText(tr("%1 of %2").arg(formatBytes(taken), formatBytes(budget.usableBytes())));
    for (QWidget* part : {row.name, static_cast<QWidget*>(row.bar), static_cast<QWidget*>(row.value)})
        part->setToolTip(lines.join(QLatin1Char('\n')));
}
