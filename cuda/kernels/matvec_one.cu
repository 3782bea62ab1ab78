// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matvec_kernels.cuh"

namespace strata::cuda {

ProductsKernel oneTokenProducts() {
    return productsKernel<1>;
}

GateUpKernel oneTokenGateUp() {
    return gateUpKernel<1>;
}

} // namespace strata::cuda
