#!/usr/bin/env bash
# Installs what the build needs and is missing; safe to run twice, says what it does.
#   scripts/setup.sh [--no-engine] [--flavour cpu|cuda|auto]   everything for the build
#   scripts/setup.sh --packages NAME...                        only these packages
#   scripts/setup.sh --print-libtorch | --print-cache          the folders used
#   scripts/setup.sh --resolve-wheels                          whether the index has every pinned wheel, of both flavours
# Debian/Ubuntu packages through apt-get (root or sudo); LibTorch from the torch wheel of the Python package
# index, unpacked into a cache outside the clone. No Python is used at run time.
set -euo pipefail

TORCH_VERSION=2.11.0
CUDA_RUNTIME_WHEELS=(nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
CUDA_FLAVOUR_WHEELS=(nvidia-cublas==13.1.0.3 nvidia-cudnn-cu13==9.19.0.56 nvidia-nccl-cu13==2.28.9
  nvidia-cusparse==12.6.3.3 nvidia-cusparselt-cu13==0.8.0 nvidia-cufft==12.0.0.61 nvidia-curand==10.4.0.35
  nvidia-cufile==1.15.1.6 nvidia-nvshmem-cu13==3.4.5 nvidia-nvjitlink==13.0.88)

FLOOR_PACKAGES=(g++ cmake ninja-build make pkg-config libcli11-dev libfmt-dev nlohmann-json3-dev libyaml-cpp-dev
  doctest-dev libssl-dev libsqlitecpp-dev libsqlite3-dev libhowardhinnant-date-dev tzdata libcurl4-openssl-dev libsystemd-dev
  libcpp-httplib-dev python3 curl dbus python3-dbusmock openssl)  # the last four for tests
ENGINE_PACKAGES=(libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libutf8proc-dev python3 python3-pip unzip)

engine=1 flavour=${FLAVOUR:-auto} print='' packages=() resolve=0
while [ $# -gt 0 ]; do
  case $1 in
    --no-engine) engine=0 ;;
    --flavour) flavour=$2; shift ;;
    --print-libtorch) print=libtorch ;;
    --print-cache) print=cache ;;
    --resolve-wheels) resolve=1 ;;
    --packages) shift; packages=("$@"); break ;;
    *) echo "setup: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done
if [ "$flavour" = auto ]; then
  if [ -e /dev/nvidiactl ]; then flavour=cuda; else flavour=cpu; fi
fi
case $flavour in cpu|cuda) ;; *) echo "setup: FLAVOUR is cpu, cuda or auto, not '$flavour'" >&2; exit 2 ;; esac

# A directory that outlives the clone where one can be had, build/deps otherwise.
cache_root() {
  local cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
  if [ -n "$cache" ] && mkdir -p "$cache/turbodiff" 2>/dev/null && [ -w "$cache/turbodiff" ]; then
    echo "$cache/turbodiff"
  else
    echo "$(cd "$(dirname "$0")/.." && pwd)/build/deps"
  fi
}
libtorch=${TURBODIFF_LIBTORCH:-$(cache_root)/libtorch-$TORCH_VERSION-$flavour}
case $print in
  libtorch) echo "$libtorch"; exit 0 ;;
  cache) cache_root; exit 0 ;;
esac

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo)
    elif command -v sudo >/dev/null && [ -t 0 ]; then as_root=(sudo)
    else
      echo "setup: packages are missing and this is not root; run: apt-get install ${missing[*]}" >&2
      exit 2
    fi
  fi
  echo "setup: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null
}

# Wheels name the oldest C library they run with: every one up to this machine's will do (PEP 600), under its old
# name too.
platform_tags() {
  local machine minor legacy
  machine=$(uname -m)
  minor=$(getconf GNU_LIBC_VERSION | sed -n 's/^glibc 2\.\([0-9]*\).*/\1/p')
  for ((minor = ${minor:-36}; minor >= 5; minor--)); do echo "manylinux_2_${minor}_$machine"; done
  for legacy in manylinux2014 manylinux2010 manylinux1; do echo "${legacy}_$machine"; done
  echo any
}

download() {  # download DIR WHEEL...
  local dir=$1 tag platforms=(); shift
  while read -r tag; do platforms+=(--platform "$tag"); done < <(platform_tags)
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
    --implementation cp --abi cp312 --abi none "${platforms[@]}" -d "$dir" "$@"
}

resolve_wheels() {
  scripts/resolve_wheels.py "$(platform_tags | paste -sd,)" "torch==$TORCH_VERSION" "${CUDA_RUNTIME_WHEELS[@]}" \
    "${CUDA_FLAVOUR_WHEELS[@]}"
}

install_libtorch() {
  if [ -e "$libtorch/.complete" ]; then return; fi
  if [ -n "${TURBODIFF_LIBTORCH:-}" ]; then
    if [ -e "$libtorch/lib/libtorch_cpu.so" ] || [ -e "$libtorch/torch/lib/libtorch_cpu.so" ]; then return; fi
    echo "setup: TURBODIFF_LIBTORCH=$libtorch holds no LibTorch" >&2; exit 2
  fi
  local parent need_gib=4 free_kib
  parent=$(dirname "$libtorch"); mkdir -p "$parent"
  if [ "$flavour" = cuda ]; then need_gib=9; fi
  free_kib=$(df -Pk "$parent" | awk 'NR==2{print $4}')
  if [ "$free_kib" -lt $((need_gib * 1024 * 1024)) ]; then
    echo "setup: LibTorch needs $need_gib GiB free in $parent; free some or set XDG_CACHE_HOME" >&2; exit 4
  fi
  echo "setup: LibTorch $TORCH_VERSION ($flavour) into $libtorch (about 0.5 GB to download, once)"
  staging=$(mktemp -d "$parent/.libtorch.XXXXXX")
  trap 'rm -rf "$staging"' EXIT
  download "$staging/wheels" "torch==$TORCH_VERSION" "${CUDA_RUNTIME_WHEELS[@]}"
  mkdir "$staging/site"
  if [ "$flavour" = cpu ]; then
    unzip -q "$staging"/wheels/torch-*.whl 'torch/include/*' 'torch/share/*' torch/lib/libtorch_cpu.so \
      torch/lib/libc10.so 'torch/lib/libgomp*' -d "$staging/site"
  else
    unzip -q "$staging"/wheels/torch-*.whl 'torch/include/*' 'torch/share/*' 'torch/lib/*.so*' -d "$staging/site"
    download "$staging/wheels" "${CUDA_FLAVOUR_WHEELS[@]}"
  fi
  rm "$staging"/wheels/torch-*.whl
  local wheel
  for wheel in "$staging"/wheels/*.whl; do unzip -q -o "$wheel" 'nvidia/*' -d "$staging/site"; done
  touch "$staging/site/.complete"
  mv -T "$staging/site" "$libtorch" 2>/dev/null || [ -e "$libtorch/.complete" ]
}

if [ $resolve = 1 ]; then
  install_packages python3 python3-pip
  resolve_wheels
elif [ ${#packages[@]} -gt 0 ]; then
  install_packages "${packages[@]}"
elif [ $engine = 1 ]; then
  install_packages "${FLOOR_PACKAGES[@]}" "${ENGINE_PACKAGES[@]}"
  install_libtorch
else
  install_packages "${FLOOR_PACKAGES[@]}"
fi
