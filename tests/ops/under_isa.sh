#!/bin/sh
# under_isa.sh ISA PROGRAM ARGUMENT...: runs a program with oneDNN, MKL and LibTorch's own kernels held to an
# instruction set, named as in oneDNN. Exit 77, which ctest shows as skipped, where this processor lacks it.
set -eu
isa=$1
shift
avx512="avx512f avx512bw avx512dq avx512vl"
case $isa in
  SSE41) needs="sse4_1" mkl=SSE4_2 torch=default ;;
  AVX) needs="avx" mkl=AVX torch=default ;;
  AVX2) needs="avx2" mkl=AVX2 torch=avx2 ;;
  AVX512_CORE) needs="$avx512" mkl=AVX512 torch=avx512 ;;
  AVX512_CORE_BF16) needs="$avx512 avx512_bf16" mkl=AVX512 torch=avx512 ;;
  AVX512_CORE_AMX) needs="$avx512 avx512_bf16 amx_tile amx_bf16 amx_int8" mkl=AVX512 torch=avx512 ;;
  *)
    echo "under_isa.sh: no instruction set is called '$isa'" >&2
    exit 2
    ;;
esac
for flag in $needs; do
  if ! grep -qw "$flag" /proc/cpuinfo; then
    echo "skipped: this processor has no $flag, which $isa needs"
    exit 77
  fi
done
export ONEDNN_MAX_CPU_ISA="$isa" MKL_ENABLE_INSTRUCTIONS="$mkl" ATEN_CPU_CAPABILITY="$torch"
# bf16 and fp16 products of LibTorch ask the processor, not oneDNN, and fail where oneDNN is held below AVX-512.
case $isa in
  SSE41 | AVX | AVX2) export TURBODIFF_TEST_TYPES=fp32 ;;
esac
exec "$@"
