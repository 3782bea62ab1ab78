// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/attention_few_launch.cuh"

namespace strata::cuda {

bool attendFewF16(const AttentionCall& call) {
    const bool isOne = call.job.m * call.shape.groupSize() <= 8;
    switch (call.shape.headLength) {
    case 64:
        isOne ? launchFew<64, 1, false>(call) : launchFew<64, 2, false>(call);
        return true;
    case 80:
        isOne ? launchFew<80, 1, false>(call) : launchFew<80, 2, false>(call);
        return true;
    case 96:
        isOne ? launchFew<96, 1, false>(call) : launchFew<96, 2, false>(call);
        return true;
    case 128:
        isOne ? launchFew<128, 1, false>(call) : launchFew<128, 2, false>(call);
        return true;
    case 192: // 16 queries would not fit into registers
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
