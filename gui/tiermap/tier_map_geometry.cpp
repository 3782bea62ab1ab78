// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/tier_map_geometry.h"

#include <algorithm>
#include <cmath>

using strata::BlockKind;

namespace {

constexpr double kWidestEnd = 3.0; // columns of a layer: small models are mostly embedding

bool isOfLayer(BlockKind kind) {
    return kind == BlockKind::Attention || kind == BlockKind::FeedForward;
}

int rounded(double value) {
    return static_cast<int>(std::lround(value));
}

} // namespace

TierMapGeometry::TierMapGeometry(const strata::Plan& plan, const QRect& area) {
    collectColumns(plan);
    double layerBytes = 0.0;
    for (const strata::PlannedBlock& block : plan.blocks)
        if (isOfLayer(block.kind))
            layerBytes += static_cast<double>(block.restingBytes());
    placeColumns(area, layerBytes / std::max(1U, plan.layerCount));
    placeCells(plan, area);
}

void TierMapGeometry::collectColumns(const strata::Plan& plan) {
    for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
        const strata::PlannedBlock& block = plan.blocks[i];
        const bool isBelow = i > 0 && isOfLayer(block.kind) && isOfLayer(plan.blocks[i - 1].kind) &&
                             plan.blocks[i - 1].layer == block.layer;
        if (!isBelow)
            m_columns.emplace_back();
        m_columns.back().blocks.push_back(i);
        m_columns.back().bytes += static_cast<double>(block.restingBytes());
        m_columnOf.push_back(m_columns.size() - 1);
    }
}

void TierMapGeometry::placeColumns(const QRect& area, double layerBytes) {
    const auto weight = [&](const Column& column) {
        return column.blocks.size() > 1 || layerBytes == 0.0 ? 1.0
                                                             : std::clamp(column.bytes / layerBytes, 1.0, kWidestEnd);
    };
    double total = 0.0;
    for (const Column& column : m_columns)
        total += weight(column);
    double before = 0.0;
    int left = 0;
    for (Column& column : m_columns) {
        before += weight(column);
        column.left = area.left() + left;
        left = rounded(area.width() * before / total);
        column.right = area.left() + left;
    }
}

void TierMapGeometry::placeCells(const strata::Plan& plan, const QRect& area) {
    m_cells.resize(plan.blocks.size());
    for (const Column& column : m_columns) {
        double before = 0.0;
        int top = 0;
        for (std::size_t i = 0; i < column.blocks.size(); ++i) {
            const bool isLast = i + 1 == column.blocks.size();
            before += static_cast<double>(plan.blocks[column.blocks[i]].restingBytes());
            const int bottom =
                isLast || column.bytes == 0.0 ? area.height() : rounded(area.height() * before / column.bytes);
            m_cells[column.blocks[i]] =
                QRect(column.left, area.top() + top, column.right - column.left, bottom - top);
            top = bottom;
        }
    }
}

std::optional<std::size_t> TierMapGeometry::blockAt(const QPoint& point) const {
    const auto found =
        std::find_if(m_cells.begin(), m_cells.end(), [&](const QRect& cell) { return cell.contains(point); });
    return found == m_cells.end() ? std::nullopt : std::optional<std::size_t>(found - m_cells.begin());
}

std::size_t TierMapGeometry::neighbour(std::size_t block, Step step) const {
    const std::size_t at = m_columnOf[block];
    const std::vector<std::size_t>& column = m_columns[at].blocks;
    const auto row = static_cast<std::size_t>(std::find(column.begin(), column.end(), block) - column.begin());
    const auto inColumn = [&](std::size_t other) {
        const std::vector<std::size_t>& blocks = m_columns[other].blocks;
        return blocks[std::min(row, blocks.size() - 1)];
    };
    switch (step) {
    case Step::Left:
        return at == 0 ? block : inColumn(at - 1);
    case Step::Right:
        return at + 1 == m_columns.size() ? block : inColumn(at + 1);
    case Step::Up:
        return column[row == 0 ? 0 : row - 1];
    case Step::Down:
        return column[std::min(row + 1, column.size() - 1)];
    case Step::First:
        return 0;
    case Step::Last:
        return m_cells.size() - 1;
    }
    return block;
}
