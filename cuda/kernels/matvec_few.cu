// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matvec_few.cuh"

#include "cuda/kernels/matvec_kernels.cuh"

namespace strata::cuda {

ProductsKernel fewTokenProducts() {
    return productsKernel<FewTokens>;
}

GateUpKernel fewTokenGateUp() {
    return gateUpKernel<FewTokens>;
}

} // namespace strata::cuda
