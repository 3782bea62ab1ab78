// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention_few_launch.cuh"

namespace strata::cuda {

bool attendFewQ8(const AttentionCall& call) {
    const bool isOne = call.job.m * call.shape.groupSize() <= 8;
    switch (call.shape.headLength) { // 80 has blocks that reach into the next head
    case 64:
        isOne ? launchFew<64, 1, true>(call) : launchFew<64, 2, true>(call);
        return true;
    case 96:
        isOne ? launchFew<96, 1, true>(call) : launchFew<96, 2, true>(call);
        return true;
    case 128:
        isOne ? launchFew<128, 1, true>(call) : launchFew<128, 2, true>(call);
        return true;
    case 192: // 16 queries would not fit into registers
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
