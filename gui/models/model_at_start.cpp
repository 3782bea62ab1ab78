// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/model_at_start.h"

#include "gui/settings/setting_keys.h"

#include <QDir>
#include <QFileInfo>

QString modelAtStart(const Settings& settings, const QString& builtInFolder) {
    const QDir builtIn(builtInFolder);
    const QString demo = QStringLiteral("strata-demo.gguf");
    const QStringList recent = settings.get(setting::recentModels);
    const bool hasMovedOn = !recent.isEmpty() && !builtIn.exists(QFileInfo(recent.first()).fileName());
    if (hasMovedOn)
        return settings.get(setting::loadsLastModel) ? recent.first() : QString();
    return builtIn.exists(demo) ? builtIn.filePath(demo) : QString();
}
