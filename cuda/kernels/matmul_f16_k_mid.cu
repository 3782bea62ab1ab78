// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul_f16.cuh"

namespace strata::cuda {

template void launchF16<QuantType::Q4_K>(const MatmulCall&, const MatmulGrid&, cudaStream_t);
template void launchF16<QuantType::Q5_K>(const MatmulCall&, const MatmulGrid&, cudaStream_t);

} // namespace strata::cuda
