// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention_few_launch.cuh"

namespace strata::cuda {

bool attendFewQ8(const AttentionCall& call) {
    switch (call.shape.headLength) { // 80 has blocks that reach into the next head
    case 64:
        launchTiles<64, true>(call);
        return true;
    case 96:
        launchTiles<96, true>(call);
        return true;
    case 128:
        launchTiles<128, true>(call);
        return true;
    case 192: // more than 8 queries would not fit into registers
        launchFew<192, 1, true>(call);
        return true;
    case 256:
        launchFew<256, 1, true>(call);
        return true;
    default:
        return false;
    }
}

} // namespace strata::cuda
