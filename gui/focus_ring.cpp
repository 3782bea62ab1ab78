// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/focus_ring.h"

#include "gui/theme.h"

#include <QAbstractScrollArea>
#include <QApplication>
#include <QEvent>
#include <QPainter>
#include <QPointer>

#include <memory>

namespace {

// Lies above the whole of its area, and lets the mouse through. Deleted when the area is or when the focus leaves it.
class FocusRing : public QWidget {
public:
    explicit FocusRing(QAbstractScrollArea* area) : QWidget(area) {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        area->installEventFilter(this);
        setGeometry(area->rect());
        show();
        raise();
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Resize) {
            setGeometry(parentWidget()->rect());
            raise();
        }
        return QWidget::eventFilter(watched, event);
    }

    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(themeColors(palette()).accent, 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 3, 3);
    }
};

} // namespace

void markFocusedAreas(QWidget& window) {
    const auto ring = std::make_shared<QPointer<FocusRing>>();
    QObject::connect(qApp, &QApplication::focusChanged, &window, [&window, ring](QWidget* /*old*/, QWidget* now) {
        auto* area = qobject_cast<QAbstractScrollArea*>(now);
        delete *ring;
        if (area != nullptr && window.isAncestorOf(area) && !area->property(kShowsOwnFocus).toBool()) {
            *ring = new FocusRing(area);
        }
    });
}
