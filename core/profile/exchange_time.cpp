// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/profile/exchange_time.h"

#include "core/profile/verb_timer.h"

#include <algorithm>
#include <array>
#include <vector>

namespace strata {
namespace {

constexpr int kRoundTrips = 16; // of one pass

} // namespace

// The GPU computes a smallest block in each round: started on an idle queue and waited for, as between two blocks of
// the CPU, it takes longer than in a row of others, and that is the exchange's doing.
double measureExchange(
    const DeviceBlocks& gpu, Backend& host, double blockSeconds, double part, const MeasureClock& clock) {
    if (clock.isStopped())
        return 0.0;
    const BlockShape shape = smallestShape(gpu.shape);
    const BlockWeights block = smallestBlock(gpu);
    const auto there = gpu.device->makeActivations(syntheticSpec(shape), syntheticLimits(1));
    const auto here = host.makeActivations(syntheticSpec(shape), syntheticLimits(1));
    const std::array<TokenId, 1> tokens = {TokenId(0)};
    const std::array<std::uint32_t, 1> positions = {0};
    const Pass pass = {
        .tokens = tokens, .positions = positions, .cacheLength = 0, .visible = {}, .logitRows = {}, .topCount = 0};
    std::vector<float> row(shape.embeddingLength, 1.0F);
    const auto roundTrips = [&] {
        gpu.device->beginPass(pass, *there);
        host.beginPass(pass, *here);
        gpu.device->writePart(*there, ActivationPart::Residual, row);
        for (int i = 0; i < kRoundTrips; ++i) {
            gpu.device->feedForward(block, pass, *there);
            gpu.device->readPart(*there, ActivationPart::Residual, row);
            host.writePart(*here, ActivationPart::Residual, row);
            host.readPart(*here, ActivationPart::Residual, row);
            gpu.device->writePart(*there, ActivationPart::Residual, row);
        }
        host.endPass(*here);
        gpu.device->endPass(*there);
        host.wait();
        gpu.device->wait();
    };
    roundTrips();
    const double seconds = clock.medianSeconds(part, roundTrips) / kRoundTrips;
    return std::max(seconds - blockSeconds, seconds / 2) / 2;
}

} // namespace strata
