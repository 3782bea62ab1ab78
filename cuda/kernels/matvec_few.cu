// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matvec_kernels.cuh"

namespace strata::cuda {

ProductsKernel fewTokenProducts() {
    return productsKernel<2>;
}

GateUpKernel fewTokenGateUp() {
    return gateUpKernel<2>;
}

} // namespace strata::cuda
