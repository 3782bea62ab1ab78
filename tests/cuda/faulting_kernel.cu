// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda/faulting_kernel.h"

namespace strata {
namespace {

__global__ void faultKernel() {
    __trap();
}

} // namespace

void launchFault() {
    faultKernel<<<1, 1>>>();
}

} // namespace strata
