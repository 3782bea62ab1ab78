// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"
#include "gui/tiermap/tier_map_geometry.h"

#include <QWidget>

// The map itself: every block of the model in the colour of its tier and the texture of whoever computes it while a
// reply is written. The mouse and the arrow keys choose a block, which lineChanged() and a tool tip describe.
class TierMapView : public QWidget {
    Q_OBJECT

public:
    explicit TierMapView(QWidget* parent = nullptr);

    void setModel(const LoadedModel* model); // null: none; copies what it keeps
    QRect placeOf(std::size_t block) const;  // in the widget, as near as points allow
    QString describe(std::size_t block) const; // several lines, with exact bytes and the time of the last pass

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    // "Layer 12, feed-forward: 213 MB in RAM, for the CPU"; with no block chosen how to read the map; without a model empty.
    void lineChanged(const QString& line);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    bool hasModel() const { return m_plan != nullptr; }
    void place(); // for the size and the screen of now
    std::optional<std::size_t> blockAt(const QPointF& point) const;
    void setHovered(std::optional<std::size_t> block);
    void setCurrent(std::size_t block);
    void tellChosen();
    QString line(std::size_t block) const;
    QString timeText(std::size_t block) const;
    void paintCells(QPainter& painter, double ratio) const;
    void paintMark(QPainter& painter, std::size_t block, int stroke) const;

    std::shared_ptr<const strata::Plan> m_plan;
    std::vector<strata::Executor> m_executors; // one a block
    std::shared_ptr<const strata::Metrics> m_metrics;
    TierMapGeometry m_geometry; // in pixels of the screen
    double m_ratio = 0.0;       // of them to a point
    std::optional<std::size_t> m_hovered;
    std::size_t m_current = 0; // that the keys are on
};
