// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tier/tier_plan.h"

#include <QRect>

#include <cstddef>
#include <optional>
#include <vector>

// Where the blocks of a plan lie in a rectangle. Layers run from left to right in the order of work, one column each,
// the attention above and the feed-forward below, heights in proportion to their bytes; the embedding stands at the
// left end and the head at the right, wider if they are larger than a layer. Cells fill the rectangle and do not
// overlap; where there are fewer pixels than columns, some have no pixels. A value.
class TierMapGeometry {
public:
    enum class Step { Left, Right, Up, Down, First, Last };

    TierMapGeometry() = default;
    TierMapGeometry(const strata::Plan& plan, const QRect& area);

    const std::vector<QRect>& cells() const { return m_cells; } // one a block
    std::optional<std::size_t> blockAt(const QPoint& point) const;
    // Itself at the end of the way; `block` is one of cells().
    std::size_t neighbour(std::size_t block, Step step) const;

private:
    // Blocks that stand above one another, from the top.
    struct Column {
        std::vector<std::size_t> blocks;
        double bytes = 0.0;
        int left = 0;
        int right = 0; // not included
    };

    void collectColumns(const strata::Plan& plan);
    void placeColumns(const QRect& area, double layerBytes);
    void placeCells(const strata::Plan& plan, const QRect& area);

    std::vector<Column> m_columns;
    std::vector<std::size_t> m_columnOf; // one a block
    std::vector<QRect> m_cells;
};
