// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/curve_choice.h"

#include "gui/settings/setting_keys.h"

#include <QMenu>

CurveChoice::CurveChoice(Settings& settings, QObject* parent) : QObject(parent), m_settings(settings) {
    const QStringList others = m_settings.get(setting::otherCurves);
    for (const CurveRow& row : curveRows())
        m_isShown[indexOf(row.curve)] = row.isShownAtFirst != others.contains(QLatin1String(row.id));
}

std::vector<Curve> CurveChoice::shown(Plot plot) const {
    std::vector<Curve> curves;
    for (const CurveRow& row : curveRows(plot))
        if (isShown(row.curve))
            curves.push_back(row.curve);
    return curves;
}

std::vector<Curve> CurveChoice::shown() const {
    std::vector<Curve> curves;
    for (const CurveRow& row : curveRows())
        if (isShown(row.curve))
            curves.push_back(row.curve);
    return curves;
}

void CurveChoice::set(Curve curve, bool isShown) {
    if (m_isShown[indexOf(curve)] == isShown)
        return;
    m_isShown[indexOf(curve)] = isShown;
    store();
    emit changed();
}

// Only what differs from the table, so that curves to come are seen.
void CurveChoice::store() {
    QStringList others;
    for (const CurveRow& row : curveRows())
        if (isShown(row.curve) != row.isShownAtFirst)
            others.append(QLatin1String(row.id));
    m_settings.set(setting::otherCurves, others);
}

void CurveChoice::fillMenu(QMenu* menu) {
    for (const PlotRow& plot : plotRows()) {
        QMenu* sub = menu->addMenu(plotTitle(plot.plot));
        for (const CurveRow& row : curveRows(plot.plot)) {
            QAction* action = sub->addAction(tr("%1 (%2)").arg(curveName(row.curve), sourceName(row.source)));
            action->setCheckable(true);
            action->setChecked(isShown(row.curve));
            connect(action, &QAction::toggled, this, [this, curve = row.curve](bool isOn) { set(curve, isOn); });
        }
    }
}
