// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/status_line.h"

#include "gui/format.h"
#include "gui/text_labels.h"

#include "core/base/system_memory.h"

namespace {

constexpr int kSampleMs = 250;

QString stateText(const EngineController& controller) {
    switch (controller.state()) {
    case EngineController::State::Empty:
        return StatusLine::tr("No model");
    case EngineController::State::Loading:
        return StatusLine::tr("Loading");
    case EngineController::State::Ready:
        return StatusLine::tr("Ready");
    case EngineController::State::Generating:
        return controller.isStopping() ? StatusLine::tr("Stopping") : StatusLine::tr("Replying");
    case EngineController::State::Failed:
        return StatusLine::tr("Failed");
    }
    return {};
}

} // namespace

StatusLine::StatusLine(const EngineController& controller, QWidget* parent)
    : QStatusBar(parent), m_controller(controller), m_state(addPart(tr("State"))), m_device(addPart(tr("Device"))),
      m_memory(addPart(tr("Memory"))), m_context(addPart(tr("Context"))) {
    setSizeGripEnabled(false);
    m_state->setMinimumWidth(fontMetrics().horizontalAdvance(tr("Stopping")) + 12); // nothing jumps
    m_context->setToolTip(tr("Tokens of this conversation, and how many the model has room for"));
    m_sampling.setInterval(kSampleMs);
    connect(&m_sampling, &QTimer::timeout, this, &StatusLine::sample);
    connect(&m_controller, &EngineController::stateChanged, this, &StatusLine::showState);
    connect(&m_controller, &EngineController::stopping, this, &StatusLine::showState);
    showState();
}

QLabel* StatusLine::addPart(const QString& accessibleName) {
    auto* label = new LineLabel(accessibleName);
    label->setContentsMargins(8, 4, 8, 4);
    addWidget(label);
    return label;
}

void StatusLine::showState() {
    m_state->setText(stateText(m_controller));
    showMemory();
    m_context->setVisible(m_controller.loadedModel().has_value());
    if (m_controller.state() == EngineController::State::Generating)
        m_sampling.start();
    else
        m_sampling.stop();
}

void StatusLine::showMemory() {
    const auto& loaded = m_controller.loadedModel();
    m_device->setVisible(loaded.has_value());
    m_memory->setVisible(loaded.has_value());
    if (!loaded)
        return;
    m_device->setText(QString::fromStdString(loaded->device.name));
    m_device->setToolTip(QString::fromStdString(loaded->device.detail));
    const bool isGpu = loaded->device.kind == strata::DeviceKind::Gpu;
    const quint64 total = isGpu ? loaded->device.totalBytes : strata::readSystemMemory().totalBytes;
    m_memory->setText(
        tr("%1 %2 of %3").arg(isGpu ? tr("VRAM") : tr("RAM"), formatBytes(loaded->weightBytes), formatBytes(total)));
    m_memory->setToolTip(tr("%1 of weights in %2")
                             .arg(formatExactBytes(loaded->weightBytes),
                                 isGpu ? tr("graphics memory (VRAM)") : tr("main memory (RAM)")));
}

void StatusLine::sample() {
    const auto& loaded = m_controller.loadedModel();
    if (loaded && loaded->metrics)
        emit contextSampled(loaded->metrics->snapshot().contextUsed);
}

void StatusLine::showContext(quint32 usedTokens) {
    const auto& loaded = m_controller.loadedModel();
    m_context->setVisible(loaded.has_value());
    if (loaded)
        m_context->setText(tr("context %1").arg(formatContext(usedTokens, loaded->contextTokens)));
}
