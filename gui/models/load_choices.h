// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/model_forecast.h"

#include <QHash>
#include <QObject>

class EngineController;
class Settings;

// How the next model will be loaded: context, format of keys and values, device and caps on memory live in the
// settings, the caps for this machine alone; blocks that a person gave a tier are remembered for their model until the
// program ends. GUI thread.
class LoadChoices : public QObject {
    Q_OBJECT

public:
    LoadChoices(Settings& settings, const EngineController& controller, QObject* parent = nullptr);

    LoadCommand command(const QString& path) const; // everything but whether the device is there is settled
    void keep(const LoadCommand& command);          // its context, format, caps and places
    void setProfile(std::shared_ptr<const strata::MachineProfile> profile); // null: not measured

    PlanningMachine machine() const; // as it is now, without the model that is there

signals:
    void changed(); // command() of some model, or machine() by more than programs that come and go

private:
    bool hasGpu() const; // takes part in the next load
    void keepCaps(const LoadCommand& command);

    Settings& m_settings;
    const EngineController& m_controller;
    std::shared_ptr<const strata::MachineProfile> m_profile;
    QHash<QString, std::vector<strata::TierOverride>> m_places; // by path
    bool m_isKeeping = false; // one change is told at its end
};

// Whether both load a model in the same way; path, device and profile aside.
bool loadAlike(const LoadCommand& one, const LoadCommand& other);
