// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tab_order.h"

#include <QMainWindow>
#include <QWidget>

#include <algorithm>
#include <span>
#include <vector>

namespace {

// A part of a window, and what Tab visits in it.
struct Part {
    QRect place;
    QList<QWidget*> stops;
};
using Interval = std::pair<int, int>; // of pixels, the last one included

Interval rowsOf(const Part& part) {
    return {part.place.top(), part.place.bottom()};
}

Interval columnsOf(const Part& part) {
    return {part.place.left(), part.place.right()};
}

// Sorts by where the intervals begin, and cuts where one begins behind the end of all before it.
std::vector<std::span<Part>> cut(std::span<Part> parts, Interval (*extent)(const Part&)) {
    std::stable_sort(
        parts.begin(), parts.end(), [extent](const Part& a, const Part& b) { return extent(a) < extent(b); });
    std::vector<std::span<Part>> groups;
    std::size_t begin = 0;
    int end = parts.empty() ? 0 : extent(parts[0]).second;
    for (std::size_t i = 1; i <= parts.size(); ++i) {
        if (i == parts.size() || extent(parts[i]).first > end) {
            groups.push_back(parts.subspan(begin, i - begin));
            begin = i;
        }
        end = i == parts.size() ? end : std::max(end, extent(parts[i]).second);
    }
    return groups;
}

// Rows first, then columns, each cut again, till nothing can be cut (a recursive XY-cut, as page layouts are read).
void sortAsRead(std::span<Part> parts) {
    if (parts.size() < 2) {
        return;
    }
    std::vector<std::span<Part>> groups = cut(parts, rowsOf);
    if (groups.size() == 1) {
        groups = cut(parts, columnsOf);
    }
    if (groups.size() == 1) { // they overlap: from the top
        cut(parts, rowsOf);
        return;
    }
    for (const std::span<Part> group : groups) {
        sortAsRead(group);
    }
}

bool isStop(const QWidget& widget) {
    return (widget.focusPolicy() & Qt::TabFocus) != 0 && widget.focusProxy() == nullptr && widget.isEnabled() &&
           !widget.size().isEmpty();
}

// A main window parks the docks behind other tabs outside of itself.
bool isShown(const QWidget& child, const QWidget& parent) {
    const bool isParked =
        qobject_cast<const QMainWindow*>(&parent) != nullptr && !parent.rect().intersects(child.geometry());
    return child.isVisible() && !child.isWindow() && !isParked;
}

// `from` counts as a stop, whether Tab would visit it or not.
void collect(QWidget& widget, const QWidget* from, QList<QWidget*>& stops) {
    if (&widget == from || (isStop(widget) && !widget.isWindow())) {
        stops.append(&widget);
    }
    std::vector<Part> parts;
    for (QObject* object : widget.children()) {
        auto* child = qobject_cast<QWidget*>(object);
        if (child == nullptr || !isShown(*child, widget)) {
            continue;
        }
        Part part{child->geometry(), {}};
        if (widget.isRightToLeft()) {
            part.place.moveRight(widget.width() - 1 - part.place.left());
        }
        collect(*child, from, part.stops);
        if (!part.stops.isEmpty()) {
            parts.push_back(std::move(part));
        }
    }
    sortAsRead(parts);
    for (const Part& part : parts) {
        stops += part.stops;
    }
}

} // namespace

QList<QWidget*> tabOrder(const QWidget& window) {
    QList<QWidget*> stops;
    collect(const_cast<QWidget&>(window), nullptr, stops); // Qt's children are not const
    return stops;
}

QWidget* nextInTabOrder(const QWidget& window, const QWidget* from, bool isForward) {
    QList<QWidget*> stops;
    collect(const_cast<QWidget&>(window), from, stops);
    if (stops.isEmpty()) {
        return nullptr;
    }
    const qsizetype at = stops.indexOf(from);
    if (at < 0) {
        return isForward ? stops.first() : stops.last();
    }
    return stops[(at + (isForward ? 1 : stops.size() - 1)) % stops.size()];
}
