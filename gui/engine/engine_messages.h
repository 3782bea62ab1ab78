// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/backend/device_info.h"
#include "core/chat/chat_message.h"
#include "core/engine/generation.h"
#include "core/model/model_summary.h"
#include "core/quant/quant_type.h"
#include "core/sample/sampling_params.h"
#include "core/tier/forecast.h"
#include "core/tier/machine_profile.h"
#include "core/tier/metrics.h"
#include "core/tier/pass_schedule.h"
#include "core/tier/tier_plan.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

// Every value that crosses the seam between the GUI thread and the engine thread. Values, and pointers to const.

using RequestId = quint64; // grows with each request; an answer with an older id is stale

struct LoadCommand {
    QString path;
    quint32 contextTokens = 0; // 0: the model's own, at most strata::kDefaultContextTokens
    strata::QuantType cacheType = strata::QuantType::F16; // of keys and values
    QString deviceId;          // DeviceInfo::id; empty: the best device there is
    std::optional<quint64> vramCap = std::nullopt; // bytes Strata may use; nullopt: what is free, less a reserve
    std::optional<quint64> ramCap = std::nullopt;
    std::vector<strata::TierOverride> places = {};                   // blocks that are to rest in certain tiers
    std::shared_ptr<const strata::MachineProfile> profile = nullptr; // null: not measured
};

struct GenerateCommand {
    std::vector<strata::ChatMessage> messages; // the whole conversation; what the cache holds already costs nothing
    bool continuesReply = false; // the last message is the assistant's and is not finished: go on behind it
    strata::SamplingParams sampling;
    quint32 maxTokens = 0;   // of the reply; 0: until the context is full
    QStringList stopStrings; // the reply ends before the first of these
};

struct LoadedModel {
    LoadCommand command; // that it was loaded by
    strata::ModelSummary summary;
    strata::DeviceInfo device;
    quint32 contextTokens = 0;
    quint64 weightBytes = 0; // in VRAM and RAM
    std::shared_ptr<const strata::Plan> plan;       // where every block rests
    std::shared_ptr<const strata::Schedule> decode; // who computes it while a reply is written
    strata::Forecast forecast;                      // of a reply behind an empty context
    bool isMeasured = false;                        // the forecast is made from figures of this machine
    QStringList notices;                            // sentences to be said once
    double loadSeconds = 0;
    std::shared_ptr<const strata::Metrics> metrics; // to be sampled from any thread
};

struct Failure {
    QString sentence;            // what happened, why, what to do
    QString details;             // for a fold: file, device, sizes
    bool isEngineUsable = false; // only this request failed, the model is still loaded
    bool isCpuOffered = false;   // a GPU failed or its memory does not suffice: the CPU may do
    bool isDeviceLost = false;   // the device itself failed
};
