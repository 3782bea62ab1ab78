// SPDX-License-Identifier: GPL-3.0-or-later
#include "cuda/kernels/matmul_call.h"

#include <array>

namespace strata::cuda {

namespace {

// In the order of QuantType. F32 takes more shared memory than there is.
constexpr std::array<MatmulLauncher, kQuantTypeCount> kLaunchers = {nullptr, launchWide<QuantType::F16>,
    launchWide<QuantType::BF16>, launchWide<QuantType::Q4_0>, launchWide<QuantType::Q4_1>, launchWide<QuantType::Q5_0>,
    launchWide<QuantType::Q5_1>, launchWide<QuantType::Q8_0>, launchWide<QuantType::Q2_K>, launchWide<QuantType::Q3_K>,
    launchWide<QuantType::Q4_K>, launchWide<QuantType::Q5_K>, launchWide<QuantType::Q6_K>,
    launchWide<QuantType::IQ4_NL>, launchWide<QuantType::IQ4_XS>, launchWide<QuantType::MXFP4>};

} // namespace

MatmulLauncher wideLauncher(QuantType type, int computeCapability) {
    return computeCapability == 90 ? kLaunchers[static_cast<std::size_t>(type)] : nullptr;
}

} // namespace strata::cuda
