// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/pass_command.h"

#include <algorithm>
#include <span>

namespace strata::cuda {
namespace {

using enum TensorRole;
constexpr TensorRole kEmbed[] = {TokenEmbedding};
constexpr TensorRole kProjectQkv[] = {AttentionNorm, Query, Key, Value, QueryBias, KeyBias, ValueBias};
constexpr TensorRole kProjectOutput[] = {AttentionOutput, AttentionOutputBias};
constexpr TensorRole kFeedForward[] = {FeedForwardNorm, Gate, Up, Down, GateBias, UpBias, DownBias};
constexpr TensorRole kHead[] = {OutputNorm, Output};

std::span<const TensorRole> rolesOf(Verb verb) {
    switch (verb) {
    case Verb::Embed:
        return kEmbed;
    case Verb::ProjectQkv:
        return kProjectQkv;
    case Verb::Attend:
        return {};
    case Verb::ProjectOutput:
        return kProjectOutput;
    case Verb::FeedForward:
        return kFeedForward;
    case Verb::Head:
        return kHead;
    }
    return {};
}

bool isSame(const WeightMatrix* a, const WeightMatrix* b) {
    if (a == nullptr || b == nullptr)
        return a == b;
    return a->data == b->data && a->type == b->type && a->rows == b->rows && a->columns == b->columns;
}

bool isSame(const KvLayer& a, const KvLayer& b) {
    return a.keys == b.keys && a.values == b.values && a.type == b.type && a.capacity == b.capacity;
}

} // namespace

bool isSame(const PassCommand& a, const PassCommand& b) {
    if (a.verb != b.verb || a.rotates != b.rotates || a.preparesAngles != b.preparesAngles ||
        a.takesRounded != b.takesRounded)
        return false;
    if (a.verb == Verb::Attend)
        return isSame(a.cache, b.cache);
    const auto roles = rolesOf(a.verb);
    return std::all_of(roles.begin(), roles.end(),
        [&](TensorRole role) { return isSame(a.weights.find(role), b.weights.find(role)); });
}

} // namespace strata::cuda
