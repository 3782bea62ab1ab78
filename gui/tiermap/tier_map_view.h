// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"
#include "gui/tiermap/tier_map_geometry.h"

#include <QWidget>

#include <optional>
#include <utility>

class QMenu;

// The map itself: every block of the model in the colour of its tier and the texture of whoever computes it while a
// reply is written. The mouse and the arrow keys choose a block, or with Shift those up to it, which lineChanged() and
// a tool tip describe; keys and a menu ask for a tier for them.
class TierMapView : public QWidget {
    Q_OBJECT

public:
    explicit TierMapView(QWidget* parent = nullptr);

    // Null: none. Copies what it keeps; what is chosen stays where the model has as many blocks as the one before.
    void setModel(const LoadedModel* model);
    void setPins(const std::vector<std::optional<strata::Tier>>& pins); // one a block; none: nothing is pinned
    // The block at work and how bright the way behind it is, one a block; nullopt: nothing moves.
    void showTrail(std::optional<std::size_t> atWork, const std::vector<float>& trail);

    QRect placeOf(std::size_t block) const;    // in the widget, as near as points allow
    QString describe(std::size_t block) const; // several lines, with exact bytes and the time of the last pass
    std::size_t blockCount() const { return hasModel() ? m_plan->blocks.size() : 0; }
    std::pair<std::size_t, std::size_t> chosen() const; // first and last, included
    std::optional<std::size_t> blockAtWork() const { return m_atWork; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    // "Layer 12, feed-forward: 213 MB in RAM, for the CPU"; with no block chosen how to read the map; without a model
    // empty.
    void lineChanged(const QString& line);
    void pinRequested(std::size_t first, std::size_t last, std::optional<strata::Tier> tier); // nullopt: no tier

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    bool hasModel() const { return m_plan != nullptr; }
    void place(); // for the size and the screen of now
    std::optional<std::size_t> blockAt(const QPointF& point) const;
    void setHovered(std::optional<std::size_t> block);
    void choose(std::size_t block, bool isExtended);
    void requestPin(std::optional<strata::Tier> tier);
    void fillMenu(QMenu& menu);
    void tellChosen();
    QString line(std::size_t block) const;
    QString rangeLine() const;
    QString timeText(std::size_t block) const;
    void paintCells(QPainter& painter) const;
    void paintOutlines(QPainter& painter) const;
    void paintTrail(QPainter& painter) const;
    void paintPins(QPainter& painter) const;
    void paintMark(QPainter& painter, const QRect& cell, const QColor& color, int stroke) const;
    QRect cellOf(std::size_t block) const; // without the gap behind it; pixels of the screen
    int stroke() const;

    std::shared_ptr<const strata::Plan> m_plan;
    std::vector<strata::Executor> m_executors; // one a block
    std::shared_ptr<const strata::Metrics> m_metrics;
    std::vector<std::optional<strata::Tier>> m_pins; // one a block, or none
    std::vector<float> m_trail;                      // likewise
    std::optional<std::size_t> m_atWork;
    TierMapGeometry m_geometry; // in pixels of the screen
    double m_ratio = 0.0;       // of them to a point
    std::optional<std::size_t> m_hovered;
    std::size_t m_current = 0; // that the keys are on
    std::size_t m_anchor = 0;  // where the choice began
};
