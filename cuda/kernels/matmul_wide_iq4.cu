// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul_wide.cuh"

namespace strata::cuda {

template void launchWide<QuantType::IQ4_NL>(const MatmulCall&, const MatmulGrid&, cudaStream_t);
template void launchWide<QuantType::IQ4_XS>(const MatmulCall&, const MatmulGrid&, cudaStream_t);

} // namespace strata::cuda
