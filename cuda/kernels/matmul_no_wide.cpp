// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul_call.h"

namespace strata::cuda {

// This build has no code for compute capability 9.0.
MatmulLauncher wideLauncher(QuantType, int) {
    return nullptr;
}

} // namespace strata::cuda
