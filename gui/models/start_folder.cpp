// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/start_folder.h"

#include "gui/settings/setting_keys.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

QString startFolder(const Settings& settings) {
    QStringList candidates = {settings.get(setting::lastFolder)};
    candidates += settings.get(setting::watchedFolders);
    candidates += QStandardPaths::writableLocation(QStandardPaths::DownloadLocation);
    for (const QString& folder : candidates)
        if (!folder.isEmpty() && QFileInfo(folder).isDir())
            return folder;
    return QDir::homePath();
}

void rememberFolder(Settings& settings, const QString& chosen) {
    const QFileInfo info(chosen);
    settings.set(setting::lastFolder, info.isDir() ? info.absoluteFilePath() : info.absolutePath());
}
