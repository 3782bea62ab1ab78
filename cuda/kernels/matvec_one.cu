// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matvec_one.cuh"

#include "cuda/kernels/matvec_kernels.cuh"

namespace strata::cuda {

ProductsKernel oneTokenProducts() {
    return productsKernel<OneToken>;
}

GateUpKernel oneTokenGateUp() {
    return gateUpKernel<OneToken>;
}

} // namespace strata::cuda
