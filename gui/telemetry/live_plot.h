// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/telemetry_history.h"
#include "gui/telemetry/value_axis.h"

#include <QWidget>

#include <optional>
#include <vector>

class QCPGraph;
class QCPItemStraightLine;
class QCustomPlot;

// One plot over time, drawn by QCustomPlot, which nothing else includes. Its time axis counts back from the end of what
// is shown, so that only the curves move; they are drawn anew no sooner than they have moved by a pixel.
class LivePlot : public QWidget {
    Q_OBJECT

public:
    explicit LivePlot(Plot plot, QWidget* parent = nullptr);

    void setCurves(const std::vector<Curve>& curves);
    // The stretch of `span` seconds that ends at `end`, by the clock of the history: if it is in view and has moved, or
    // in any case.
    void draw(const TelemetryHistory& history, double end, double span);
    void drawAnyway(const TelemetryHistory& history, double end, double span);
    void setCursorAt(std::optional<double> fraction); // a line at that share of the width; empty: none

    QSize sizeHint() const override;

signals:
    void pointed(double fraction); // by the mouse
    void pointedAway();
    void zoomed(double factor, double fraction); // 2: half as long, around that share of the width
    void panned(double fraction);                // to later moments, by that share of the width
    void resetRequested();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    struct DrawnCurve {
        Curve curve;
        QCPGraph* graph = nullptr;
    };
    struct Stretch {
        std::size_t first = 0;
        std::size_t end = 0;
        bool operator==(const Stretch&) const = default;
    };

    void makePlot();
    void style();
    double fractionAt(double x) const;
    double pixels() const; // of the time axis
    bool isDue(double end, double span) const;
    Stretch stretchOf(const TelemetryHistory& history, double end, double span) const;
    void fill(const TelemetryHistory& history, const Stretch& stretch, double end);
    bool setAxes(const TelemetryHistory& history, const Stretch& stretch, double span); // true: they changed
    void labelAxes();

    Plot m_kind;
    QCustomPlot* m_plot;
    QCPItemStraightLine* m_cursor = nullptr;
    std::vector<DrawnCurve> m_curves; // those on top first
    ValueAxis m_axis;
    double m_span = 0.0;
    double m_drawnEnd = -1.0;
    bool m_isStale = true;            // whatever has moved
    std::optional<double> m_dragFrom; // share of the width
};
