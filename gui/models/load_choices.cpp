// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/load_choices.h"

#include "gui/engine/engine_controller.h"
#include "gui/settings/setting_keys.h"

#include <QSysInfo>

#include <algorithm>

namespace {

constexpr QLatin1Char kSeparator(' ');

struct Caps {
    std::optional<quint64> vram;
    std::optional<quint64> ram;
};

// "machine vram ram": homes may be shared between machines.
QString machineName() {
    return QString::fromLatin1(QSysInfo::machineUniqueId()) + QLatin1Char('@');
}

std::optional<quint64> capFrom(const QString& text) {
    bool isNumber = false;
    const quint64 bytes = text.toULongLong(&isNumber);
    return isNumber && bytes > 0 ? std::optional(bytes) : std::nullopt;
}

Caps capsIn(const QStringList& rows) {
    for (const QString& row : rows)
        if (const QStringList parts = row.split(kSeparator); parts.size() == 3 && parts[0] == machineName())
            return {capFrom(parts[1]), capFrom(parts[2])};
    return {};
}

QString cacheTypeName(strata::QuantType type) {
    return type == strata::QuantType::Q8_0 ? QStringLiteral("q8_0") : QStringLiteral("f16");
}

bool isSamePlace(const strata::TierOverride& one, const strata::TierOverride& other) {
    return one.first.value == other.first.value && one.last.value == other.last.value && one.tier == other.tier;
}

} // namespace

LoadChoices::LoadChoices(Settings& settings, const EngineController& controller, QObject* parent)
    : QObject(parent), m_settings(settings), m_controller(controller) {
    connect(&m_settings, &Settings::changed, this, [this](QLatin1String key) {
        for (const char* own : {setting::contextTokens.key, setting::cacheType.key, setting::deviceId.key,
                 setting::memoryCaps.key})
            if (key == QLatin1String(own) && !m_isKeeping)
                emit changed();
    });
    connect(&m_controller, &EngineController::devicesChanged, this, &LoadChoices::changed);
    connect(&m_controller, &EngineController::loaded, this, &LoadChoices::changed);
}

LoadCommand LoadChoices::command(const QString& path) const {
    const Caps caps = capsIn(m_settings.get(setting::memoryCaps));
    LoadCommand command;
    command.path = path;
    command.contextTokens = static_cast<quint32>(std::max(0, m_settings.get(setting::contextTokens)));
    command.cacheType = m_settings.get(setting::cacheType) == QLatin1String("q8_0") ? strata::QuantType::Q8_0
                                                                                   : strata::QuantType::F16;
    command.deviceId = m_settings.get(setting::deviceId);
    command.vramCap = hasGpu() ? caps.vram : std::nullopt;
    command.ramCap = caps.ram;
    command.places = m_places.value(path);
    command.profile = m_profile;
    return command;
}

void LoadChoices::keep(const LoadCommand& command) {
    const LoadCommand before = this->command(command.path);
    m_isKeeping = true;
    m_places[command.path] = command.places;
    m_settings.set(setting::contextTokens, static_cast<int>(command.contextTokens));
    m_settings.set(setting::cacheType, cacheTypeName(command.cacheType));
    keepCaps(command);
    m_isKeeping = false;
    if (!loadAlike(before, this->command(command.path)))
        emit changed();
}

void LoadChoices::keepCaps(const LoadCommand& command) {
    QStringList rows = m_settings.get(setting::memoryCaps);
    const std::optional<quint64> vram = hasGpu() ? command.vramCap : capsIn(rows).vram; // it may come back
    rows.removeIf([](const QString& row) { return row.startsWith(machineName() + kSeparator); });
    if (vram || command.ramCap)
        rows.append(QStringList({machineName(), QString::number(vram.value_or(0)),
                                    QString::number(command.ramCap.value_or(0))})
                        .join(kSeparator));
    m_settings.set(setting::memoryCaps, rows);
}

void LoadChoices::setProfile(std::shared_ptr<const strata::MachineProfile> profile) {
    if (m_profile == profile)
        return;
    m_profile = std::move(profile);
    emit changed();
}

PlanningMachine LoadChoices::machine() const {
    return planningMachine(
        m_controller.devices(), m_settings.get(setting::deviceId), m_profile, m_controller.loadedModel());
}

bool LoadChoices::hasGpu() const {
    const std::vector<strata::DeviceInfo> devices = m_controller.devices();
    const std::string id = m_settings.get(setting::deviceId).toStdString();
    const auto chosen = std::find_if(
        devices.begin(), devices.end(), [&](const strata::DeviceInfo& device) { return device.id == id; });
    return (chosen != devices.end() ? *chosen : devices.front()).kind == strata::DeviceKind::Gpu;
}

bool loadAlike(const LoadCommand& one, const LoadCommand& other) {
    return one.contextTokens == other.contextTokens && one.cacheType == other.cacheType &&
           one.vramCap == other.vramCap && one.ramCap == other.ramCap &&
           std::equal(one.places.begin(), one.places.end(), other.places.begin(), other.places.end(), isSamePlace);
}
