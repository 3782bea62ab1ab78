# Sourced by run.sh and tests/run.sh: finds out which Debian or Ubuntu packages are missing and installs them with apt.

STRATA_CORE_PACKAGES=(g++ cmake ninja-build pkg-config libfmt-dev libutf8proc-dev liburing-dev nlohmann-json3-dev
  libcli11-dev)
# a|b: the same thing under the names of different releases.
STRATA_GUI_PACKAGES=(qt6-base-dev "qt6-svg-dev|libqt6svg6-dev" libgl-dev libmd4c-dev
  libqcustomplot-dev fonts-dejavu-core ca-certificates)
STRATA_TEST_PACKAGES=(libsimde-dev)

# is_installed NAME
is_installed() {
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# is_any_installed NAME|NAME
is_any_installed() {
  local name
  for name in ${1//|/ }; do
    is_installed "$name" && return 0
  done
  return 1
}

# first_known NAME|NAME: prints the first that apt can install here.
first_known() {
  local name
  for name in ${1//|/ }; do
    if apt-cache show "$name" >/dev/null 2>&1; then
      echo "$name"
      return 0
    fi
  done
  echo "${1%%|*}"
}

# ensure_packages NAME...: says what is missing and installs it; asks for sudo only when something is missing.
ensure_packages() {
  local missing=() name
  for name in "$@"; do
    is_any_installed "$name" || missing+=("$name")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    return 0
  fi
  echo "Strata needs these packages, which are not installed: ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "This machine has no apt-get: please install them (or their equivalents) by hand and run this again." >&2
    return 1
  fi
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Installing needs root and there is no sudo: run 'apt-get install ${missing[*]}' as root, then this again." >&2
      return 1
    fi
    sudo=(sudo)
  fi
  echo "Installing them with apt-get."
  "${sudo[@]}" apt-get update -qq || echo "apt-get update failed; trying with the package lists that are here." >&2
  local names=()
  for name in "${missing[@]}"; do
    names+=("$(first_known "$name")")
  done
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" </dev/null
}

# cuda_options: prints the CMake options that build the CUDA backend where a working nvcc 13 or newer is there, one a
# line: for the GPUs of this machine, or, where there are none, for compute capability 8.0, which newer cards run too.
cuda_options() {
  local release architectures
  release=$(nvcc --version 2>/dev/null | sed -n 's/.*release \([0-9]*\).*/\1/p') || true
  if [ -z "$release" ] || [ "$release" -lt 13 ]; then
    echo "-DSTRATA_CUDA=OFF"
    return
  fi
  architectures=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null |
    sed -n 's/^\([0-9]*\)\.\([0-9]\)$/\1\2/p' | sort -un | awk '$1 >= 80' | paste -sd ';' -) || true
  echo "-DSTRATA_CUDA=ON"
  echo "-DCMAKE_CUDA_ARCHITECTURES=${architectures:-80}"
}
