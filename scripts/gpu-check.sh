#!/usr/bin/env bash
# scripts/gpu-check.sh [--build-only | --no-bench]: builds the CUDA kernels and their driver with nvcc alone (no CMake,
# no LibTorch, no packages), compares every case with its scalar reference on the GPU, then times the kernels, and cuBLAS'
# bf16 product beside the int8 one where the toolkit has it.
# NVCC names the compiler, TURBODIFF_CUDA_ARCHS the architectures (default: the GPU's, without one 80 86 89 90 120),
# TURBODIFF_COMMIT the commit where there is no git. Exit codes: 0, 1 wrong or not built, 77 no GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
nvcc=${NVCC:-nvcc}
command -v "$nvcc" >/dev/null || { echo "gpu-check: no nvcc; install the CUDA toolkit or set NVCC" >&2; exit 1; }
commit=${TURBODIFF_COMMIT:-$(git rev-parse --short HEAD 2>/dev/null || echo unknown)}
echo "gpu-check: $(date -u +%Y-%m-%dT%H:%MZ), commit $commit, $("$nvcc" --version | grep -o 'release [0-9.]*')"

archs=${TURBODIFF_CUDA_ARCHS:-$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | tr -d . | sort -u || true)}
targets=()
for arch in ${archs:-80 86 89 90 120}; do targets+=(-gencode "arch=compute_$arch,code=sm_$arch"); done
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
blas=()
toolkit=$(dirname "$(dirname "$(readlink -f "$(command -v "$nvcc")")")")
if [ -e "$toolkit/include/cublas_v2.h" ] && [ -e "$toolkit/lib64/libcublas.so" ]; then
  blas=(-DTURBODIFF_CUBLAS -L"$toolkit/lib64" -lcublas -Xlinker "-rpath,$toolkit/lib64")
fi
flags=(-std=c++17 -O3 -Ikernels -Itests/kernels "${targets[@]}")
for source in kernels/*/*.cu tests/kernels/gpu_check.cpp; do
  echo "nvcc ${flags[*]} ${blas[*]:0:1} -fmad=false -Xcompiler -ffp-contract=off -c $source -o $out/$(basename "$source").o"
done | sed "s#^nvcc#$nvcc#" | xargs -P "$(nproc)" -I{} sh -c '{}'
"$nvcc" "${targets[@]}" "$out"/*.o "${blas[@]}" -o "$out/gpu_check"
echo "gpu-check: built for ${archs:-80 86 89 90 120}"
[ "${1:-}" != --build-only ] || exit 0
"$out/gpu_check" "$@"
