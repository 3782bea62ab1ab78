// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention_many.cuh"

namespace strata::cuda {

bool attendManyQ8(const AttentionCall& call) {
    switch (call.shape.headLength) { // 80 has blocks that reach into the next head
    case 64:
        launchMany<64, true>(call);
        return true;
    case 96:
        launchMany<96, true>(call);
        return true;
    case 128:
        launchMany<128, true>(call);
        return true;
    case 192:
        launchMany<192, true>(call);
        return true;
    case 256:
        launchMany<256, true>(call);
        return true;
    default:
        return false;
    }
}

} // namespace strata::cuda
