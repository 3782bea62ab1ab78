// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul_f16.cuh"

namespace strata::cuda {

template void launchF16<QuantType::IQ4_NL>(const MatmulCall&, const MatmulGrid&, cudaStream_t);
template void launchF16<QuantType::IQ4_XS>(const MatmulCall&, const MatmulGrid&, cudaStream_t);
template void launchF16<QuantType::MXFP4>(const MatmulCall&, const MatmulGrid&, cudaStream_t);

} // namespace strata::cuda
