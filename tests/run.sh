#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test; then the core's tests again under sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."
source installer/packages.sh

ensure_packages "${STRATA_CORE_PACKAGES[@]}" "${STRATA_GUI_PACKAGES[@]}" "${STRATA_TEST_PACKAGES[@]}"
jobs=$(nproc)
mapfile -t cuda < <(cuda_options)
if [ "${cuda[0]}" = "-DSTRATA_CUDA=OFF" ]; then
  echo "SKIP: no nvcc 13 or newer, so CUDA code is not compiled"
elif nvidia-smi -L >/dev/null 2>&1; then
  cuda+=("-DCMAKE_CUDA_FLAGS=")
else
  # No card will run the kernels: they are compiled to see that they can be, and optimising is half of that time.
  cuda+=("-DCMAKE_CUDA_FLAGS=--Ofast-compile=max")
fi

# stage TEXT: a heading, with the time since the start.
stage() {
  printf '== %d:%02d %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$1"
}

stage "every test, optimised, warnings are errors"
cmake --preset ci "${cuda[@]}"
cmake --build --preset ci --parallel "$jobs"
ctest --preset ci --parallel "$jobs"

# Without tests nothing of Qt is looked for, so this is the build of `core-only`, with the flags of the stage after it.
stage "core and command line with neither Qt nor CUDA"
cmake --preset asan -DSTRATA_GUI=OFF -DSTRATA_TESTS=OFF
cmake --build --preset asan --parallel "$jobs"

# All of the core under both sanitizers, and what has threads under the third. The whole suite under either is
# `cmake --preset asan && cmake --build --preset asan && ctest --preset asan`, which takes longer than CI should.
stage "address and undefined-behaviour sanitizers: core"
cmake --preset asan -DSTRATA_GUI=OFF -DSTRATA_TESTS=ON
cmake --build --preset asan --parallel "$jobs"
ctest --preset asan --parallel "$jobs"

stage "thread sanitizer: pool, engine, tiers, and the seam to the window"
threaded=(tst_thread_pool tst_engine tst_transformer tst_tiered_weights tst_engine_controller)
cmake --preset tsan
cmake --build --preset tsan --parallel "$jobs" --target "${threaded[@]}"
ctest --preset tsan --parallel "$jobs" -R "^($(IFS='|'; echo "${threaded[*]}"))\$"
stage "all passed"
