// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/tiermap/plan_controls.h"

#include "gui/tiermap/value_slider.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace {

constexpr qint64 kContextStep = 256; // tokens
constexpr qint64 kCapStep = 100'000'000;
constexpr qint64 kSmallCapStep = 10'000'000;
constexpr quint64 kSmallMemory = 4'000'000'000;
constexpr double kGigabyte = 1e9;

} // namespace

PlanControls::PlanControls(QWidget* parent) : QWidget(parent) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    addContext();
    addCacheType();
    m_vram = addCap(tr("VRA&M at most"), tr("Graphics memory (VRAM) at most"),
        tr("How much graphics memory Strata may take, for everything"), &LoadCommand::vramCap);
    m_ram = addCap(tr("RAM at m&ost"), tr("RAM at most"), tr("How much main memory (RAM) Strata may take, for everything"),
        &LoadCommand::ramCap);
    int widest = 0;
    for (const ValueSlider* slider : findChildren<ValueSlider*>())
        widest = std::max(widest, slider->labelWidth());
    for (ValueSlider* slider : findChildren<ValueSlider*>())
        slider->setLabelWidth(widest);
    findChild<QLabel*>(QStringLiteral("cacheTypeLabel"))->setFixedWidth(widest);
}

void PlanControls::addContext() {
    m_context = new ValueSlider(tr("Conte&xt"), tr("Tokens of context"),
        tr("How many tokens of conversation there is room for; more takes more memory"),
        tr("the model's own context, at most %1 tokens").arg(strata::kDefaultContextTokens));
    connect(m_context, &ValueSlider::changed, this, [this](std::optional<qint64> tokens) {
        m_command.contextTokens = static_cast<quint32>(tokens.value_or(0));
        emit changed(m_command);
    });
    layout()->addWidget(m_context);
}

void PlanControls::addCacheType() {
    m_cacheType = new QComboBox;
    m_cacheType->setAccessibleName(tr("Format of keys and values"));
    m_cacheType->setToolTip(tr("How what the model remembers of the conversation is kept: 8 bits take about half the "
                               "memory of 16 and round a little"));
    m_cacheType->addItem(tr("16 bits (f16)"), static_cast<int>(strata::QuantType::F16));
    m_cacheType->addItem(tr("8 bits (q8_0)"), static_cast<int>(strata::QuantType::Q8_0));
    auto* label = new QLabel(tr("&Keys, values"));
    label->setObjectName(QStringLiteral("cacheTypeLabel"));
    label->setBuddy(m_cacheType);
    connect(m_cacheType, &QComboBox::activated, this, [this] {
        m_command.cacheType = static_cast<strata::QuantType>(m_cacheType->currentData().toInt());
        emit changed(m_command);
    });
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(label);
    row->addWidget(m_cacheType);
    row->addStretch(1);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
}

ValueSlider* PlanControls::addCap(const QString& label, const QString& name, const QString& toolTip,
    std::optional<quint64> LoadCommand::*cap) {
    auto* slider = new ValueSlider(label, name, toolTip, tr("all that is free, less a reserve for other programs"));
    connect(slider, &ValueSlider::changed, this, [this, cap](std::optional<qint64> bytes) {
        m_command.*cap = bytes ? std::optional(static_cast<quint64>(*bytes)) : std::nullopt;
        emit changed(m_command);
    });
    layout()->addWidget(slider);
    return slider;
}

void PlanControls::setCommand(const LoadCommand& command, const Limits& limits) {
    m_command = command;
    const qint64 trained = std::max<qint64>(limits.trainedContext, command.contextTokens);
    const qint64 step = std::min(kContextStep, std::max<qint64>(1, trained / 8)); // of small ones, eighths
    m_context->setScale({.least = step, .most = std::max(trained, step), .step = step});
    m_context->setValue(command.contextTokens == 0 ? std::nullopt : std::optional<qint64>(command.contextTokens),
        std::min<qint64>(trained, strata::kDefaultContextTokens));
    m_context->setEnabled(limits.trainedContext > 0);
    m_cacheType->setCurrentIndex(m_cacheType->findData(static_cast<int>(command.cacheType)));
    m_vram->setVisible(limits.vramUsable.has_value());
    if (limits.vramUsable)
        showCap(*m_vram, command.vramCap, *limits.vramUsable);
    showCap(*m_ram, command.ramCap, limits.ramUsable);
}

// A cap that is more than what is free now holds all the same, so the scale goes as far.
void PlanControls::showCap(ValueSlider& slider, std::optional<quint64> cap, quint64 usable) {
    const qint64 step = usable < kSmallMemory ? kSmallCapStep : kCapStep;
    const auto steps = [step](quint64 bytes) { return (static_cast<qint64>(bytes) + step - 1) / step * step; };
    const qint64 most = std::max({steps(usable), steps(cap.value_or(0)), step});
    slider.setScale({.least = step, .most = most, .step = step, .unit = kGigabyte, .decimals = 2,
        .suffix = tr(" GB")});
    slider.setValue(cap ? std::optional(static_cast<qint64>(*cap)) : std::nullopt, steps(usable));
}
