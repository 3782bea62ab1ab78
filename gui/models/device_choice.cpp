// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/device_choice.h"

#include "gui/engine/engine_controller.h"
#include "gui/format.h"
#include "gui/settings/setting_keys.h"

namespace {

constexpr int kShownCharacters = 24; // the tooltip has the whole

QString deviceText(const strata::DeviceInfo& device) {
    const QString name = QString::fromStdString(device.name);
    const QString free = formatBytes(device.freeBytes);
    return device.kind == strata::DeviceKind::Gpu ? DeviceChoice::tr("%1, %2 free").arg(name, free)
                                                  : DeviceChoice::tr("CPU, %2 free, %1").arg(name, free);
}

QString deviceToolTip(const strata::DeviceInfo& device) {
    return DeviceChoice::tr("%1 (%2)\n%3\n%4 of %5 free")
        .arg(QString::fromStdString(device.name), QString::fromStdString(device.id),
            QString::fromStdString(device.detail), formatExactBytes(device.freeBytes),
            formatExactBytes(device.totalBytes));
}

} // namespace

DeviceChoice::DeviceChoice(EngineController& controller, Settings& settings, QWidget* parent)
    : QComboBox(parent), m_controller(controller), m_settings(settings) {
    setAccessibleName(tr("Device"));
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(kShownCharacters);
    showDevices();
    connect(&m_controller, &EngineController::devicesChanged, this, &DeviceChoice::showDevices);
    connect(this, &QComboBox::activated, this, [this] {
        m_settings.set(setting::deviceId, currentData().toString());
        showDevices();
    });
}

void DeviceChoice::showPopup() {
    m_controller.refreshDevices();
    QComboBox::showPopup();
}

// Rows are changed in place, so that an open list stays where it is.
void DeviceChoice::showDevices() {
    const std::vector<strata::DeviceInfo> devices = m_controller.devices();
    while (count() > static_cast<int>(devices.size()))
        removeItem(count() - 1);
    for (int row = 0; row < static_cast<int>(devices.size()); ++row) {
        const strata::DeviceInfo& device = devices[static_cast<std::size_t>(row)];
        if (row == count())
            addItem({});
        setItemText(row, deviceText(device));
        setItemData(row, QString::fromStdString(device.id));
        setItemData(row, deviceToolTip(device), Qt::ToolTipRole);
    }
    setCurrentIndex(qMax(0, findData(m_settings.get(setting::deviceId))));
    setToolTip(tr("Where the next model that is loaded computes:\n%1").arg(currentData(Qt::ToolTipRole).toString()));
}
