// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cuda/cuda_activations.h"
#include "cuda/pass_command.h"
#include "cuda/runtime/launch.h"

namespace strata::cuda {

// Launches the kernels of one verb of the pass that is open; does not wait. Throws Error (Device).
void launchCommand(const Launch& launch, const PassCommand& command, CudaActivations& activations);

// Whether attending leaves what it attended rounded to int8 as well, for the product that follows.
bool roundsAttended(const CudaActivations& activations, const KvLayer& cache);

// Rotates q and k in place, for who reads them between projection and attention.
void launchRotation(const Launch& launch, CudaActivations& activations);

} // namespace strata::cuda
