// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/gpu_note.h"

#include "gui/settings/setting_keys.h"

#include <QCoreApplication>
#include <QSysInfo>

#include <algorithm>

QString missingGpuNote(const std::vector<strata::DeviceInfo>& devices, Settings& settings, const QString& why) {
    const QString toldOn = settings.get(setting::toldOfNoGpuOn);
    const bool hasGpu = std::any_of(devices.begin(), devices.end(),
        [](const strata::DeviceInfo& device) { return device.kind == strata::DeviceKind::Gpu; });
    if (hasGpu && !toldOn.isEmpty())
        settings.set(setting::toldOfNoGpuOn, QString()); // should it go, that is news
    const QString machine = QString::fromLatin1(QSysInfo::machineUniqueId()) + QLatin1Char('@');
    if (hasGpu || toldOn == machine)
        return {};
    settings.set(setting::toldOfNoGpuOn, machine);
    const QString cores = QString::fromStdString(devices.back().detail).section(QLatin1Char(','), 0, 0);
    return QCoreApplication::translate("GpuNote", "Running on the CPU (%1). %2.").arg(cores, why);
}
