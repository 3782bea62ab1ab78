// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul_wide.cuh"

namespace strata::cuda {

template void launchWide<QuantType::Q4_K>(const MatmulCall&, const MatmulGrid&, cudaStream_t);
template void launchWide<QuantType::Q5_K>(const MatmulCall&, const MatmulGrid&, cudaStream_t);

} // namespace strata::cuda
