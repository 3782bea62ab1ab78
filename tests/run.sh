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
fi

echo "== every test, optimised, warnings are errors"
cmake --preset ci "${cuda[@]}"
cmake --build --preset ci --parallel "$jobs"
ctest --preset ci

echo "== core and command line with neither Qt nor CUDA"
cmake --preset core-only -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0
cmake --build --preset core-only --parallel "$jobs"

# All of the core under both sanitizers, and what has threads under the third. The whole suite under either is
# `cmake --preset asan && cmake --build --preset asan && ctest --preset asan`, which takes longer than CI should.
echo "== address and undefined-behaviour sanitizers: core"
cmake --preset asan -DSTRATA_GUI=OFF
cmake --build --preset asan --parallel "$jobs"
ctest --preset asan

echo "== thread sanitizer: pool, engine, tiers, and the seam to the window"
threaded=(tst_thread_pool tst_engine tst_transformer tst_tiered_weights tst_engine_controller)
cmake --preset tsan
cmake --build --preset tsan --parallel "$jobs" --target "${threaded[@]}"
ctest --preset tsan -R "^($(IFS='|'; echo "${threaded[*]}"))\$"
