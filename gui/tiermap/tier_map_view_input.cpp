// SPDX-License-Identifier: GPL-3.0-or-later
// The half of TierMapView that a hand reaches: mouse, keys, menu.
#include "gui/tiermap/tier_map_view.h"

#include "gui/tiermap/tier_palette.h"

#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QToolTip>

#include <algorithm>
#include <cmath>

using strata::Tier;
using Step = TierMapGeometry::Step;

namespace {

struct PinKey {
    int key;
    Tier tier;
    const char* letter;
};
constexpr PinKey kPinKeys[] = {
    {Qt::Key_V, Tier::Vram, "V"}, {Qt::Key_R, Tier::Ram, "R"}, {Qt::Key_D, Tier::Disk, "D"}};

std::optional<Step> stepOf(int key) {
    switch (key) {
    case Qt::Key_Left:
        return Step::Left;
    case Qt::Key_Right:
        return Step::Right;
    case Qt::Key_Up:
        return Step::Up;
    case Qt::Key_Down:
        return Step::Down;
    case Qt::Key_Home:
        return Step::First;
    case Qt::Key_End:
        return Step::Last;
    default:
        return std::nullopt;
    }
}

bool isUnpin(int key) {
    return key == Qt::Key_U || key == Qt::Key_Delete || key == Qt::Key_Backspace;
}

} // namespace

bool TierMapView::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    auto* help = static_cast<QHelpEvent*>(event);
    if (const auto block = blockAt(help->pos()))
        QToolTip::showText(help->globalPos(), describe(*block), this, placeOf(*block));
    else
        QToolTip::hideText();
    return true;
}

void TierMapView::setHovered(std::optional<std::size_t> block) {
    if (m_hovered == block)
        return;
    m_hovered = block;
    tellChosen();
    update();
}

void TierMapView::choose(std::size_t block, bool isExtended) {
    m_current = block;
    if (!isExtended)
        m_anchor = block;
    tellChosen();
    update();
}

void TierMapView::mouseMoveEvent(QMouseEvent* event) {
    setHovered(blockAt(event->position()));
}

// The right button opens a menu for what is chosen, if it is pressed on it.
void TierMapView::mousePressEvent(QMouseEvent* event) {
    const auto block = blockAt(event->position());
    if (!block)
        return;
    const auto [first, last] = chosen();
    if (event->button() == Qt::RightButton && *block >= first && *block <= last)
        return;
    choose(*block, event->modifiers().testFlag(Qt::ShiftModifier));
}

void TierMapView::leaveEvent(QEvent* /*event*/) {
    setHovered(std::nullopt);
}

void TierMapView::keyPressEvent(QKeyEvent* event) {
    const std::optional<Step> step = stepOf(event->key());
    const Qt::KeyboardModifiers modifiers = event->modifiers() & ~Qt::KeypadModifier;
    if (hasModel() && step && (modifiers == Qt::NoModifier || modifiers == Qt::ShiftModifier)) {
        choose(m_geometry.neighbour(m_current, *step), modifiers == Qt::ShiftModifier);
        return;
    }
    const auto pin =
        std::find_if(std::begin(kPinKeys), std::end(kPinKeys), [&](const PinKey& row) { return row.key == event->key(); });
    if (hasModel() && modifiers == Qt::NoModifier && pin != std::end(kPinKeys))
        requestPin(pin->tier);
    else if (hasModel() && modifiers == Qt::NoModifier && isUnpin(event->key()))
        requestPin(std::nullopt);
    else
        QWidget::keyPressEvent(event);
}

void TierMapView::requestPin(std::optional<Tier> tier) {
    const auto [first, last] = chosen();
    emit pinRequested(first, last, tier);
}

void TierMapView::contextMenuEvent(QContextMenuEvent* event) {
    if (!hasModel())
        return;
    QMenu* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    fillMenu(*menu);
    const bool isByKey = event->reason() == QContextMenuEvent::Keyboard;
    menu->popup(isByKey ? mapToGlobal(placeOf(m_current).center()) : event->globalPos());
}

// The letters are no shortcuts of their own: they belong to the map while it has the keyboard.
void TierMapView::fillMenu(QMenu& menu) {
    for (const PinKey& row : kPinKeys) {
        const bool isThere = row.tier != Tier::Vram || m_plan->usesGpu;
        QAction* action = menu.addAction(
            tr("Keep in %1\t%2").arg(tierLabel(row.tier), QLatin1String(row.letter)), this,
            [this, tier = row.tier] { requestPin(tier); });
        action->setEnabled(isThere);
        action->setToolTip(isThere ? tr("Once it is applied") : tr("No GPU takes part."));
    }
    menu.addSeparator();
    menu.addAction(tr("Let Strata choose\tU"), this, [this] { requestPin(std::nullopt); });
    menu.setToolTipsVisible(true);
}

void TierMapView::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    tellChosen();
}

void TierMapView::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    tellChosen();
}
