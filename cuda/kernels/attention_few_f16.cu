// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention_few_launch.cuh"

namespace strata::cuda {

bool attendFewF16(const AttentionCall& call) {
    switch (call.shape.headLength) {
    case 64:
        launchTiles<64, false>(call);
        return true;
    case 80:
        launchTiles<80, false>(call);
        return true;
    case 96:
        launchTiles<96, false>(call);
        return true;
    case 128:
        launchTiles<128, false>(call);
        return true;
    case 192: // more than 8 queries would not fit into registers
        launchFew<192, 1, false>(call);
        return true;
    case 256:
        launchFew<256, 1, false>(call);
        return true;
    default:
        return false;
    }
}

} // namespace strata::cuda
