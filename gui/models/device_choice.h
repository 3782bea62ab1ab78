// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>

class EngineController;
class Settings;

// On which device the next load computes, with the free memory of each, asked anew whenever the list opens. The choice
// lives in the settings; a device that is not there any more gives way to the best there is.
class DeviceChoice : public QComboBox {
    Q_OBJECT

public:
    DeviceChoice(EngineController& controller, Settings& settings, QWidget* parent = nullptr);

    void showPopup() override;

private:
    void showDevices();

    EngineController& m_controller;
    Settings& m_settings;
};
