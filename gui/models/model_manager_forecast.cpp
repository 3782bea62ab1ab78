// SPDX-License-Identifier: GPL-3.0-or-later
// The part of ModelManager that foretells how models would do on this machine.
#include "gui/models/model_manager.h"

#include "gui/models/load_choices.h"

#include <algorithm>

namespace {

constexpr int kForecastDelayMs = 150; // a slider that is dragged asks many times
constexpr quint64 kMemorySteps = 32;  // less than one of them more or less changes no forecast

QString memoryKey(const strata::MemoryState& memory) {
    const quint64 step = std::max<quint64>(1, memory.totalBytes / kMemorySteps);
    return QString::number(memory.totalBytes) + QLatin1Char('/') + QString::number(memory.freeBytes / step);
}

QString machineKey(const PlanningMachine& machine) {
    return QStringList({machine.gpu ? memoryKey(*machine.gpu) : QStringLiteral("-"), memoryKey(machine.host),
                           QString::fromStdString(machine.profile.cpu), QString::fromStdString(machine.profile.gpu),
                           QString::fromStdString(machine.profile.date)})
        .join(QLatin1Char('\n'));
}

QString wishKey(const LoadCommand& wish) {
    QStringList parts = {QString::number(wish.contextTokens), QString::number(static_cast<int>(wish.cacheType)),
        QString::number(wish.vramCap.value_or(0)), QString::number(wish.ramCap.value_or(0))};
    for (const strata::TierOverride& place : wish.places)
        parts.append(QString::number(place.first.value) + QLatin1Char('-') + QString::number(place.last.value) +
                     QLatin1Char('=') + QString::number(static_cast<int>(place.tier)));
    return parts.join(QLatin1Char(' '));
}

} // namespace

void ModelManager::forecastWith(const LoadChoices& choices) {
    m_choices = &choices;
    m_forecastSoon.setSingleShot(true);
    m_forecastSoon.setInterval(kForecastDelayMs);
    connect(&m_forecastSoon, &QTimer::timeout, this, &ModelManager::refreshForecasts);
    connect(&m_runner, &ForecastRunner::answered, this, &ModelManager::takeForecast);
    connect(m_choices, &LoadChoices::changed, &m_forecastSoon, qOverload<>(&QTimer::start));
    connect(this, &ModelManager::scanned, &m_forecastSoon, qOverload<>(&QTimer::start));
    m_forecastSoon.start();
}

// What was planned for the same file, wish and machine is not planned again.
void ModelManager::refreshForecasts() {
    const PlanningMachine machine = m_choices->machine();
    const QString ofMachine = machineKey(machine);
    QList<ForecastQuestion> questions;
    m_askedKeys.clear();
    for (const ModelEntry& entry : m_entries) {
        if (entry.shape == nullptr)
            continue;
        const LoadCommand wish = m_choices->command(entry.path);
        const QString key = QStringList({QString::number(entry.changed.toMSecsSinceEpoch()), wishKey(wish), ofMachine})
                                .join(QLatin1Char('\n'));
        if (m_forecasts.contains(entry.path) && m_forecasts[entry.path].key == key)
            continue;
        questions.append({entry.path, entry.shape, machine, wish});
        m_askedKeys.append(key);
    }
    m_askedPaths.clear();
    for (const ForecastQuestion& question : questions)
        m_askedPaths.append(question.path);
    m_runner.ask(questions);
}

void ModelManager::takeForecast(const ForecastAnswer& answer) {
    const QString path = m_askedPaths.value(answer.index);
    m_forecasts[path] = {m_askedKeys.value(answer.index), answer.forecast};
    const int row = rowOf(path);
    if (row >= 0)
        emit dataChanged(index(row, Fit), index(row, Speed));
}

std::optional<ModelForecast> ModelManager::forecast(int row) const {
    const auto known = m_forecasts.constFind(m_entries[row].path);
    return known == m_forecasts.constEnd() ? std::nullopt : std::optional(known->forecast);
}

QString ModelManager::forecastCell(const ModelEntry& entry, int column) const {
    const auto known = m_forecasts.constFind(entry.path);
    if (known == m_forecasts.constEnd())
        return {};
    return column == Fit ? fitText(known->forecast) : speedText(known->forecast);
}

// Best first in both columns.
QVariant ModelManager::forecastValue(const ModelEntry& entry, int column) const {
    const auto known = m_forecasts.constFind(entry.path);
    const bool isKnown = known != m_forecasts.constEnd();
    if (column == Fit)
        return isKnown ? static_cast<int>(known->forecast.fit) : static_cast<int>(ModelForecast::Fit::Refused) + 1;
    return isKnown && known->forecast.isPlanned() ? known->forecast.figures.decodeTokensPerSecond : -1.0;
}

QString ModelManager::forecastToolTip(const ModelEntry& entry) const {
    const auto known = m_forecasts.constFind(entry.path);
    return known == m_forecasts.constEnd() ? QString() : forecastText(known->forecast);
}
