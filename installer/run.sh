#!/usr/bin/env bash
# Installs what is missing, builds Strata, and opens it with the embedded model.
set -euo pipefail
called_from=$PWD
cd "$(dirname "$0")/.."
source installer/packages.sh

usage() {
  cat <<'TEXT'
usage: bash installer/run.sh [--build-only] [MODEL.gguf]
  Installs missing packages with apt, builds the release preset into build/release and opens Strata.
  Without a display it runs strata-cli on the same model instead.
  --build-only   stop after the build
TEXT
}

build_only=no
arguments=()
for argument in "$@"; do
  case "$argument" in
    --build-only) build_only=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "run.sh: unknown option $argument" >&2; usage >&2; exit 2 ;;
    /*) arguments+=("$argument") ;;
    *) arguments+=("$called_from/$argument") ;;
  esac
done

ensure_packages "${STRATA_CORE_PACKAGES[@]}" "${STRATA_GUI_PACKAGES[@]}"
mapfile -t cuda < <(cuda_options)
if [ "${cuda[0]}" = "-DSTRATA_CUDA=ON" ]; then
  echo "Found nvcc: building with CUDA."
else
  echo "No nvcc 13 or newer found: building for the CPU."
fi
cmake --preset release "${cuda[@]}"
cmake --build --preset release --parallel "$(nproc)"
if [ "$build_only" = yes ]; then
  echo "Built: build/release/bin/strata and build/release/bin/strata-cli"
  exit 0
fi

if [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]; then
  exec build/release/bin/strata "${arguments[@]}"
fi
echo "No display found (neither DISPLAY nor WAYLAND_DISPLAY is set): running the command line on the same model."
exec build/release/bin/strata-cli run "${arguments[0]:-resources/models/strata-demo.gguf}" -p "Hello" -n 60
