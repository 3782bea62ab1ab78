// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/system_color_scheme.h"

#include "gui/settings_portal.h"

namespace {

const QString kGroup = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");

} // namespace

SystemColorScheme::SystemColorScheme(bool isDarkUntilKnown, QObject* parent)
    : QObject(parent), m_isDark(isDarkUntilKnown) {
    auto* portal = new SettingsPortal(this);
    connect(portal, &SettingsPortal::told, this, &SystemColorScheme::take);
    portal->ask(kGroup, kKey); // no answer: the palette's word stands
}

void SystemColorScheme::take(const QString& group, const QString& key, const QVariant& value) {
    if (group != kGroup || key != kKey)
        return;
    enum Preference : uint { None = 0, Dark = 1, Light = 2 };
    const uint preference = value.toUInt();
    if (preference == None || m_isDark == (preference == Dark))
        return;
    m_isDark = preference == Dark;
    emit changed();
}
