// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/telemetry/telemetry_curves.h"

#include <QObject>

#include <array>
#include <vector>

class QMenu;
class Settings;

// Which curves a person wants to see: those of the table at first, then whatever was chosen, remembered by name.
class CurveChoice : public QObject {
    Q_OBJECT

public:
    explicit CurveChoice(Settings& settings, QObject* parent = nullptr);

    bool isShown(Curve curve) const { return m_isShown[indexOf(curve)]; }
    std::vector<Curve> shown(Plot plot) const;
    std::vector<Curve> shown() const;
    void set(Curve curve, bool isShown);
    void fillMenu(QMenu* menu); // one submenu for each plot, one check for each curve

signals:
    void changed();

private:
    void store();

    Settings& m_settings;
    std::array<bool, kCurveCount> m_isShown;
};
