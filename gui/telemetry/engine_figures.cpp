// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/telemetry/engine_figures.h"

using State = EngineController::State;

EngineFigures engineFigures(const EngineController& controller, const strata::MachineProfile* profile) {
    EngineFigures figures;
    const auto& loaded = controller.loadedModel();
    figures.isLoading = controller.state() == State::Loading;
    figures.usesGpu = figures.isLoading && boardOf(controller) != nullptr;
    if (loaded && loaded->plan) {
        figures.metrics = loaded->metrics;
        figures.usesGpu = loaded->plan->usesGpu;
        figures.vramWeights = loaded->plan->vramBytes();
        if (const auto& budget = loaded->plan->budgets.vram; budget && loaded->plan->usesGpu) {
            figures.vramCache = budget->cacheBytes;
            figures.vramScratch = budget->scratchBytes;
        }
    }
    if (profile != nullptr) {
        figures.linkIn = profile->linkIn;
        figures.linkOut = profile->linkOut;
        figures.disk = profile->diskBytesPerSecond(loaded && loaded->plan ? loaded->plan->modelPath : std::string());
    }
    return figures;
}

const strata::BackendChoice* boardOf(const EngineController& controller) {
    const auto& loaded = controller.loadedModel();
    const QString wanted = loaded ? QString::fromStdString(loaded->device.id) : controller.lastLoad().deviceId;
    const strata::BackendChoice* first = nullptr;
    for (const strata::BackendChoice& choice : controller.choices()) {
        if (choice.info.kind != strata::DeviceKind::Gpu)
            continue;
        if (QString::fromStdString(choice.info.id) == wanted)
            return &choice;
        if (first == nullptr)
            first = &choice;
    }
    return first;
}
