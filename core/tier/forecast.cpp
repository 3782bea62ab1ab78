// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tier/forecast.h"

#include <algorithm>
#include <cassert>

namespace strata {
namespace {

double loadSeconds(const Plan& plan, const MachineProfile& profile) {
    const auto seconds = [](std::uint64_t bytes, double rate) {
        return bytes == 0 ? 0.0 : static_cast<double>(bytes) / rate;
    };
    // Both at once: what has been read crosses the link while the next is read.
    return std::max(
        seconds(plan.bytesIn(Tier::Vram) + plan.bytesIn(Tier::Ram), profile.diskBytesPerSecond(plan.modelPath)),
        seconds(plan.bytesIn(Tier::Vram), profile.linkIn));
}

// A plan, the figures its schedules are made from, and those of the machine as it is now.
struct Subject {
    const Plan& plan;
    const MachineProfile& profile;
    MachineProfile now;

    PassCost costOf(std::uint32_t tokens, HeadUse head) const {
        return passCost(plan, balancePass(plan, tokens, profile, head).executors, tokens, now, head);
    }
};

// A prompt in chunks; each sees what the chunks before it left in the cache, and the last one alone has logits.
double promptSeconds(const Subject& subject, const ForecastRequest& request, PassCost& firstChunk) {
    assert(request.chunkTokens > 0);
    double seconds = 0.0;
    for (std::uint32_t done = 0; done < request.promptTokens;) {
        const std::uint32_t tokens = std::min(request.chunkTokens, request.promptTokens - done);
        const HeadUse head = done + tokens < request.promptTokens ? HeadUse::LeftOut : HeadUse::Computed;
        const PassCost cost =
            done > 0 && head == HeadUse::LeftOut ? firstChunk : subject.costOf(tokens, head);
        if (done == 0)
            firstChunk = cost;
        done += tokens;
        seconds += cost.seconds + attentionSeconds(subject.plan, tokens, done, subject.now);
    }
    return seconds;
}

} // namespace

Forecast forecast(
    const Plan& plan, const MachineProfile& profile, const ForecastRequest& request, const WirePace& pace) {
    const Subject subject{.plan = plan, .profile = profile, .now = atPace(profile, pace)};
    Forecast result;
    result.decode = subject.costOf(1, HeadUse::Computed);
    const double decode = result.decode.seconds + attentionSeconds(plan, 1, request.promptTokens + 1, subject.now);
    result.decodeTokensPerSecond = 1.0 / decode;
    if (request.promptTokens > 0)
        result.promptTokensPerSecond = request.promptTokens / promptSeconds(subject, request, result.prompt);
    result.loadSeconds = loadSeconds(plan, subject.now);
    return result;
}

} // namespace strata
