// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/settings/settings.h"

#include "gui/format.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStandardPaths>

#include <utility>

Settings::Settings(const QString& filePath, QObject* parent)
    : QObject(parent), m_rescued(rescue(filePath, m_damage)), m_file(filePath, QSettings::IniFormat) {
    m_writeSoon.setSingleShot(true);
    m_writeSoon.setInterval(1000); // dragging a slider must not write the file at each step
    connect(&m_writeSoon, &QTimer::timeout, this, &Settings::write);
    for (auto value = m_rescued.cbegin(); value != m_rescued.cend(); ++value)
        m_file.setValue(value.key(), value.value());
    if (!std::exchange(m_rescued, {}).isEmpty())
        m_writeSoon.start();
}

// QSettings would write what it understands over what it does not, and call every later writing a failure.
Settings::Values Settings::rescue(const QString& filePath, QString& sentence) {
    const QSettings file(filePath, QSettings::IniFormat);
    Values values; // all: a section is judged when it is first asked for
    for (const QString& key : file.allKeys())
        values.insert(key, file.value(key));
    if (file.status() != QSettings::FormatError)
        return {};
    const QFileInfo name(filePath);
    const QString aside = name.dir().filePath(name.completeBaseName() +
        QDateTime::currentDateTime().toString(QStringLiteral("'-'yyyy-MM-dd-HHmmss'-damaged.ini'")));
    if (!QFile::rename(filePath, aside))
        return {};
    sentence = tr("Settings in %1 are damaged. What could be read of them holds; the file was kept as %2.")
                   .arg(formatPath(filePath), formatPath(aside));
    return values;
}

Settings::~Settings() {
    write();
}

QString Settings::standardPath() {
    return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) +
           QStringLiteral("/strata/strata.ini");
}

void Settings::write() {
    m_writeSoon.stop();
    m_file.sync();
    if (m_file.status() == QSettings::NoError || m_hasFailed)
        return;
    m_hasFailed = true;
    emit writeFailed(tr("Settings can't be saved in %1: the folder can't be written or the disk is full. "
                        "They hold until you close Strata.")
                         .arg(formatPath(m_file.fileName())));
}
