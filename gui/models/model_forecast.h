// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/engine/engine_messages.h"

#include "core/backend/backend.h"
#include "core/model/model_spec.h"
#include "core/model/weight_block.h"

#include <QList>
#include <QMetaType>
#include <QString>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace strata {
class GgufFile;
}

// What a model would do on this machine, from its header alone: the same functions plan here that plan a load. Any
// thread; values and pointers to const.

// A model as planning sees it. The file need not be there: one that is about to be downloaded has the path it will get,
// and its header may come from anywhere.
struct ModelShape {
    std::string path; // for sentences, and because the drive that holds it sets the pace of loading
    strata::ModelSpec spec;
    std::vector<strata::WeightBlock> blocks;
};

// Throws strata::Error for a model that can't be run, with the sentence that loading would give.
std::shared_ptr<const ModelShape> modelShape(const strata::GgufFile& file);

// The memories that a load may use and how fast this machine is.
struct PlanningMachine {
    std::optional<strata::MemoryState> gpu; // nullopt: none takes part
    strata::MemoryState host;               // what is about to be unloaded counts as free, in both
    strata::MachineProfile profile;         // typical figures without a date, where nothing was measured

    bool isMeasured() const { return !profile.date.empty(); }
};

// What the device of this name, or the best one, and the CPU beside it offer now. Null profile: not measured.
// GUI thread; reads a few small files of /proc.
PlanningMachine planningMachine(const std::vector<strata::DeviceInfo>& devices, const QString& deviceId,
    const std::shared_ptr<const strata::MachineProfile>& profile, const std::optional<LoadedModel>& leaving);

inline constexpr quint32 kForecastPromptTokens = 512; // or as many as half of the context holds

struct ModelForecast {
    enum class Fit {
        Vram, // every block that is read for a token
        Ram,
        Disk,
        None,    // of no plan
        Refused, // for another reason than memory
    };
    Fit fit = Fit::Refused;
    QString refusal; // None and Refused: the planner's sentence
    bool hasGpu = false;
    bool isMeasured = false; // else speeds are those of a slow ordinary machine, and no promise
    quint32 contextTokens = 0;
    quint32 promptTokens = 0;                       // that the figures are for
    std::shared_ptr<const strata::Plan> plan;       // null: there is none
    std::shared_ptr<const strata::Schedule> decode; // likewise
    strata::Forecast figures;                       // likewise empty

    bool isPlanned() const { return plan != nullptr; }
    double firstTokenSeconds() const; // of such a prompt, none of it known from the turn before
};
Q_DECLARE_METATYPE(ModelForecast)

// Of `wish`, path, device and profile do not matter: the shape and the machine say them. A cap on graphics memory is
// left out where no GPU takes part. nullopt: stop was requested. Takes up to half a second where the disk is needed.
std::optional<ModelForecast> forecastModel(const ModelShape& shape, const PlanningMachine& machine,
    const LoadCommand& wish, const std::stop_token& stop);

using FactRows = QList<std::pair<QString, QString>>; // name and value

QString fitText(const ModelForecast& forecast);      // "fits in VRAM", "needs RAM", "needs disk", "does not fit"
QString speedText(const ModelForecast& forecast);    // "~6.33 tok/s"; empty: not measured, or there is no plan
// One or two sentences that say what is foretold, or why nothing is.
QString forecastText(const ModelForecast& forecast);
FactRows forecastRows(const ModelForecast& forecast);
