// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention_many.cuh"

namespace strata::cuda {

bool attendManyF16(const AttentionCall& call) {
    switch (call.shape.headLength) {
    case 64:
        launchMany<64, false>(call);
        return true;
    case 80:
        launchMany<80, false>(call);
        return true;
    case 96:
        launchMany<96, false>(call);
        return true;
    case 128:
        launchMany<128, false>(call);
        return true;
    case 192:
        launchMany<192, false>(call);
        return true;
    case 256:
        launchMany<256, false>(call);
        return true;
    default:
        return false;
    }
}

} // namespace strata::cuda
