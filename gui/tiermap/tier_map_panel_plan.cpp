// SPDX-License-Identifier: GPL-3.0-or-later
// The half of TierMapPanel that plans: which model is shown, what is asked for, and what becomes of that.
#include "gui/tiermap/tier_map_panel.h"

#include "gui/format.h"
#include "gui/models/load_choices.h"
#include "gui/tiermap/block_pins.h"
#include "gui/tiermap/plan_controls.h"
#include "gui/tiermap/tier_map_view.h"
#include "gui/tiermap/wire_bars.h"

#include <QAccessible>
#include <QLabel>
#include <QPushButton>

#include <algorithm>
#include <utility>

using State = EngineController::State;

namespace {

quint64 usableBytes(const strata::MemoryState& memory) {
    return memory.freeBytes - std::min(memory.freeBytes, memory.reserveBytes);
}

// What the map and its words show of a model that is not loaded in this way.
LoadedModel previewOf(const ModelForecast& forecast) {
    LoadedModel preview;
    preview.plan = forecast.plan;
    preview.decode = forecast.decode;
    preview.forecast = forecast.figures;
    preview.isMeasured = forecast.isMeasured;
    preview.contextTokens = forecast.contextTokens;
    return preview;
}

QString truthOf(const LoadedModel& model) {
    const QString loaded = TierMapPanel::tr("Loaded in %1, with room for %2 tokens.")
                               .arg(formatDuration(model.loadSeconds), formatCount(model.contextTokens));
    return model.isMeasured ? TierMapPanel::tr("%1 Forecast: about %2 in an empty context.")
                                  .arg(loaded, formatTokenRate(model.forecast.decodeTokensPerSecond))
                            : loaded;
}

} // namespace

const LoadedModel* TierMapPanel::loadedSubject() const {
    const auto& loaded = m_controller.loadedModel();
    return loaded && loaded->command.path == m_subject.path ? &*loaded : nullptr;
}

bool TierMapPanel::isTruth() const {
    const LoadedModel* loaded = loadedSubject();
    return loaded != nullptr && loadAlike(loaded->command, m_wish);
}

void TierMapPanel::setSelected(const std::optional<ModelEntry>& entry) {
    const QString former = m_selected.path;
    m_selected = {};
    if (entry && entry->shape)
        m_selected = {entry->path, entry->name, entry->summary.trainedContext, entry->shape};
    if (m_selected.path == m_subject.path && m_selected.shape)
        m_subject.shape = m_selected.shape; // the file may have been written anew
    if (m_selected.path == former || m_selected.path == m_subject.path)
        return; // what was loaded meanwhile stays
    if (!m_selected.path.isEmpty())
        setSubject(m_selected, m_choices.command(m_selected.path));
    else if (loadedSubject() == nullptr)
        setSubject({}, {});
}

// A refusal follows where this is the model that was there before.
void TierMapPanel::takeLoaded(const LoadedModel& model) {
    if (isApplied(model.command))
        m_applied.reset();
    m_isThere = true;
    const bool isSelected = m_selected.path == model.command.path;
    setSubject({model.command.path, QString::fromStdString(model.summary.name), model.summary.trainedContext,
                   isSelected ? m_selected.shape : nullptr},
        model.command);
}

// What was asked for stays to be changed, beside the sentence why it can't be.
void TierMapPanel::takeRefusal(const QString& sentence) {
    if (!m_applied)
        return;
    const LoadCommand asked = *std::exchange(m_applied, std::nullopt);
    if (asked.path != m_subject.path)
        return;
    m_wish = asked;
    m_engineRefusal = sentence;
    showControls();
    showPins();
    showSubject();
    showWords({}, {});
}

bool TierMapPanel::isApplied(const LoadCommand& command) const {
    return m_applied && m_applied->path == command.path && loadAlike(*m_applied, command);
}

void TierMapPanel::followEngine() {
    if (m_controller.state() == State::Loading && !isApplied(m_controller.lastLoad()))
        m_applied.reset(); // somebody else loads
    if (m_controller.state() == State::Empty || m_controller.state() == State::Failed)
        leaveLoaded();
    switchSampling();
    showButtons();
}

// The list's selection is what is left to be shown.
void TierMapPanel::leaveLoaded() {
    m_metrics.reset();
    if (std::exchange(m_isThere, false))
        m_controller.refreshDevices(); // for the memory that is free again
    setSubject(m_selected, m_selected.path.isEmpty() ? LoadCommand() : m_choices.command(m_selected.path));
}

void TierMapPanel::setSubject(const Subject& subject, const LoadCommand& wish) {
    const bool isOther = subject.path != m_subject.path;
    m_subject = subject;
    m_wish = wish;
    m_engineRefusal.clear();
    if (isOther)
        showModel(nullptr); // until the plan is there
    showControls();
    showSubject();
}

void TierMapPanel::showSubject() {
    m_runner.ask({});
    m_none->setVisible(m_subject.path.isEmpty());
    m_content->setVisible(!m_subject.path.isEmpty());
    if (m_subject.path.isEmpty()) {
        showModel(nullptr);
        return;
    }
    const LoadedModel* loaded = loadedSubject();
    m_title->setText(loaded == nullptr ? tr("%1, not loaded: a plan").arg(m_subject.name)
                     : isTruth()       ? tr("%1, as loaded").arg(m_subject.name)
                                       : tr("%1, a plan that is not applied").arg(m_subject.name));
    if (!isTruth()) {
        askForPlan();
        showButtons();
        return;
    }
    showModel(loaded);
    showPins();
    showTruth();
}

void TierMapPanel::showTruth() {
    if (!isTruth())
        return;
    m_bound->setText(boundSentence(*loadedSubject()));
    showWords(truthOf(*loadedSubject()), {});
}

// Nobody sees it while the dock is hidden: then it is planned when it comes forward.
void TierMapPanel::askForPlan() {
    if (m_subject.path.isEmpty() || !isVisible() || isTruth())
        return;
    m_runner.ask({{m_subject.path, m_subject.shape, m_choices.machine(), m_wish}});
}

void TierMapPanel::takeForecast(const ForecastAnswer& answer) {
    if (answer.shape)
        m_subject.shape = answer.shape;
    if (answer.forecast.isPlanned()) {
        const LoadedModel preview = previewOf(answer.forecast);
        showModel(&preview);
        showPins();
    }
    showWords(answer.forecast.isPlanned() ? forecastText(answer.forecast) : QString(), answer.forecast.refusal);
}

void TierMapPanel::change(const LoadCommand& wish) {
    m_wish = wish;
    m_wish.path = m_subject.path;
    m_engineRefusal.clear();
    if (loadedSubject() == nullptr)
        m_choices.keep(m_wish);
    showSubject();
}

void TierMapPanel::pin(std::size_t first, std::size_t last, std::optional<strata::Tier> tier) {
    BlockPins pins(m_map->blockCount(), m_wish.places);
    pins.set(first, last, tier);
    LoadCommand wish = m_wish;
    wish.places = pins.places();
    m_map->setPins(pins.tiers());
    change(wish);
    showControls();
}

void TierMapPanel::apply() {
    m_applied = m_wish;
    m_choices.keep(m_wish);
    if (loadedSubject() == nullptr) {
        emit loadRequested(m_wish.path);
        return;
    }
    LoadCommand command = m_wish; // on the device where it is
    command.profile = m_choices.command(m_wish.path).profile;
    m_controller.load(command);
}

// To how the model is loaded; of one that is not, to what Strata chooses by itself.
void TierMapPanel::reset() {
    LoadCommand wish;
    wish.path = m_subject.path;
    if (const LoadedModel* loaded = loadedSubject())
        wish = loaded->command;
    change(wish);
    showControls();
    showPins();
}

void TierMapPanel::refreshChoices() {
    if (m_subject.path.isEmpty() || isTruth())
        return;
    if (loadedSubject() == nullptr && !loadAlike(m_wish, m_choices.command(m_subject.path))) {
        m_wish = m_choices.command(m_subject.path);
        showControls();
    }
    askForPlan();
}

void TierMapPanel::showControls() {
    const PlanningMachine machine = m_choices.machine();
    PlanControls::Limits limits{.trainedContext = m_subject.trainedContext, .vramUsable = std::nullopt,
        .ramUsable = usableBytes(machine.host)};
    if (machine.gpu)
        limits.vramUsable = usableBytes(*machine.gpu);
    m_controls->setCommand(m_wish, limits);
}

void TierMapPanel::showPins() {
    m_map->setPins(BlockPins(m_map->blockCount(), m_wish.places).tiers());
}

void TierMapPanel::showWords(const QString& forecast, const QString& refusal) {
    m_refusal = refusal;
    m_forecast->setText(forecast);
    m_forecast->setVisible(!forecast.isEmpty());
    const QString trouble = m_engineRefusal.isEmpty() ? refusal : m_engineRefusal;
    const bool isNew = !trouble.isEmpty() && trouble != m_trouble->text();
    m_trouble->setText(trouble);
    m_trouble->setVisible(!trouble.isEmpty());
    if (isNew) {
        QAccessibleEvent spoken(m_trouble, QAccessible::Alert);
        QAccessible::updateAccessibility(&spoken);
    }
    showButtons();
}

void TierMapPanel::showButtons() {
    const bool isLoaded = loadedSubject() != nullptr;
    const bool isLoading = m_controller.state() == State::Loading;
    LoadCommand automatic;
    const bool isChanged = isLoaded ? !isTruth() : !loadAlike(m_wish, automatic);
    m_reset->setEnabled(isChanged);
    m_reset->setToolTip(!isChanged ? tr("Nothing was changed.")
                        : isLoaded ? tr("Back to how the model is loaded")
                                   : tr("Leaves everything to Strata"));
    m_apply->setText(isLoaded ? tr("Appl&y") : tr("Load b&y plan"));
    m_apply->setEnabled(!isLoading && m_refusal.isEmpty() && (isChanged || !isLoaded));
    m_apply->setToolTip(isLoading              ? tr("A model is being loaded.")
                        : !m_refusal.isEmpty() ? m_refusal
                        : !isLoaded            ? tr("Loads the model by this plan")
                        : isChanged ? tr("Loads the model again by this plan; a reply that is being written is stopped")
                                    : tr("The model is loaded in just this way."));
}
