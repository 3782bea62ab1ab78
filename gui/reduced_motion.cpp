// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/reduced_motion.h"

#include "gui/settings_portal.h"

namespace {

const QString kAppearance = QStringLiteral("org.freedesktop.appearance");
const QString kReduced = QStringLiteral("reduced-motion");
const QString kGnome = QStringLiteral("org.gnome.desktop.interface");
const QString kAnimations = QStringLiteral("enable-animations");

} // namespace

ReducedMotion::ReducedMotion(QObject* parent) : QObject(parent) {
    auto* portal = new SettingsPortal(this);
    connect(portal, &SettingsPortal::told, this, &ReducedMotion::take);
    portal->ask(kAppearance, kReduced);
    portal->ask(kGnome, kAnimations);
}

void ReducedMotion::take(const QString& group, const QString& key, const QVariant& value) {
    const bool before = isReduced();
    if (group == kAppearance && key == kReduced)
        m_isAsked = value.toUInt() == 1;
    else if (group == kGnome && key == kAnimations)
        m_isAnimationOff = !value.toBool();
    if (isReduced() != before)
        emit changed();
}
