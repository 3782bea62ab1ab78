// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/downloads/planned_outlook.h"

#include "gui/models/model_header.h"

#include "core/gguf/gguf_file.h"

#include <QCoreApplication>
#include <QFileInfo>

#include <exception>

using namespace Qt::StringLiterals;

namespace {

ModelOutlook::Fit fitOf(ModelForecast::Fit fit) {
    switch (fit) {
    case ModelForecast::Fit::Vram:
        return ModelOutlook::Fit::Vram;
    case ModelForecast::Fit::Ram:
        return ModelOutlook::Fit::Ram;
    case ModelForecast::Fit::Disk:
        return ModelOutlook::Fit::Disk;
    case ModelForecast::Fit::None:
        return ModelOutlook::Fit::Nowhere;
    case ModelForecast::Fit::Refused:
        return ModelOutlook::Fit::Refused;
    }
    return ModelOutlook::Fit::Unknown;
}

ModelOutlook outlookOf(const ModelForecast& forecast) {
    const QString speed = speedText(forecast);
    ModelOutlook outlook;
    outlook.fit = fitOf(forecast.fit);
    outlook.source = ModelOutlook::Source::Header;
    outlook.text = speed.isEmpty() ? fitText(forecast) : QString(fitText(forecast) + u", "_s + speed);
    outlook.sentence = forecastText(forecast);
    return outlook;
}

quint64 usable(const strata::MemoryState& memory) {
    return memory.freeBytes > memory.reserveBytes ? memory.freeBytes - memory.reserveBytes : 0;
}

} // namespace

ModelOutlook plannedOutlook(
    const QString& headerPath, const QString& folder, const PlanningMachine& machine, const LoadCommand& wish) {
    try {
        const strata::GgufFile file(headerPath.toStdString());
        const QString problem = describeHeader(file).problem;
        if (!problem.isEmpty()) {
            return {ModelOutlook::Fit::Refused, ModelOutlook::Source::Header,
                QCoreApplication::translate("ModelOutlook", "can't be run"), problem};
        }
        ModelShape shape = *modelShape(file);
        shape.path = QString(folder + u'/' + QFileInfo(headerPath).fileName()).toStdString(); // not a temporary drive
        const auto forecast = forecastModel(shape, machine, wish, {});
        return forecast ? outlookOf(*forecast) : ModelOutlook();
    } catch (const std::exception& error) {
        return {ModelOutlook::Fit::Unknown, ModelOutlook::Source::None, {}, QString::fromUtf8(error.what())};
    }
}

MemoryNow memoryOf(const PlanningMachine& machine) {
    return {.vramBytes = machine.gpu ? usable(*machine.gpu) : 0, .ramBytes = usable(machine.host)};
}
