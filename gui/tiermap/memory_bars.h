// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/pass_schedule.h"

#include <QList>
#include <QString>
#include <QWidget>

// What a plan puts into one memory, in the order it is drawn.
struct MemoryPart {
    enum class Kind { Weights, Slots, Context, Scratch };
    Kind kind = Kind::Weights;
    quint64 bytes = 0;
};
QList<MemoryPart> memoryParts(const strata::Plan& plan, strata::Tier memory); // Vram or Ram; none of no bytes

// One bar for graphics memory, if a GPU takes part, and one for RAM: what weights, slots, context and scratch take of
// what is free, with a line where the plan may go to.
class MemoryBars : public QWidget {
    Q_OBJECT

public:
    explicit MemoryBars(QWidget* parent = nullptr);

    void setPlan(const strata::Plan& plan);

private:
    class Bar;
    struct Row {
        QWidget* name = nullptr;
        Bar* bar = nullptr;
        class QLabel* value = nullptr;
    };

    Row addRow(strata::Tier memory, int row);
    static void show(const Row& row, strata::Tier memory, const strata::Plan& plan, const strata::TierBudget& budget);

    Row m_vram;
    Row m_ram;
};
