#!/usr/bin/env python3
"""scripts/kernel-table.py [--write]: compiles every CUDA kernel for each architecture with -Xptxas -v and prints
registers, spilled bytes, dynamic shared memory and processor seconds of the compiler; --write puts the table into kernels/README.md.
Needs nvcc (NVCC names another); no GPU."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ARCHITECTURES = (80, 86, 89, 90, 120)
MARKS = ("<!-- kernel-table -->", "<!-- /kernel-table -->")
# Dynamic shared memory is given at the launch; block_topk's follows the number of key blocks (here 512).
SHARED = {"w8a8_gemm": 98304, "sagesla_fwd": 49152, "sagesla_fwd 64x128": 98304, "sagesla_fwd e4m3 128x64": 32768, "sagesla_fwd plain 128x64": 65536, "v_quant": 8704, "norm_mod_quant": 1088,
          "block_topk": 2624, "block_quant": 32, "layer_norm": 32, "rms_norm": 32, "qk_norm_rope": 4672, "qk_quant": 16, "kvsum_part": 32768, "kvsum_reduce": 32768}
VARIANTS = {"w8a8_gemm": ["store", "requantise", "residual"], "sagesla_fwd": ["128x64", "64x128", "e4m3 128x64", "plain 128x64"]}
SIGNATURE = re.compile(r"Compiling entry function '(\S+)' for")
USED = re.compile(r"Used (\d+) registers")
SPILLED = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")


def name_of(mangled):
    """Mangled entry -> `w8a8_gemm requantise`, `rms_norm float, __half`."""
    plain = subprocess.run(["c++filt", mangled], capture_output=True, text=True, check=True).stdout
    name, arguments = re.search(r"(\w+)_kernel(?:<(.*)>)?\(", plain).groups()
    if name in VARIANTS:
        return f"{name} {VARIANTS[name][int(arguments[-1])]}"
    return f"{name} {arguments}" if arguments else name


def compile_one(source, architecture, out):
    """-> seconds, {kernel: (registers, spill bytes)}."""
    command = [os.environ.get("NVCC", "nvcc"), "-std=c++17", "-O3", f"-I{ROOT}/kernels", "-Xptxas", "-v", "-gencode",
               f"arch=compute_{architecture},code=sm_{architecture}", "-fmad=false", "-c", str(source), "-o", out]
    begin = os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"kernel-table: {source.name} for sm_{architecture}:\n{done.stderr}")
    end = os.times()
    seconds = end.children_user + end.children_system - begin.children_user - begin.children_system
    kernels, name, spilled = {}, None, 0
    for line in done.stderr.splitlines():
        if found := SIGNATURE.search(line):
            name = name_of(found.group(1))
        elif found := SPILLED.search(line):
            spilled = int(found.group(1)) + int(found.group(2))
        elif found := USED.search(line):
            kernels[name] = (int(found.group(1)), spilled)
    return seconds, kernels


def main():
    sources = sorted((ROOT / "kernels").glob("*/*.cu"))
    cells, times, total = {}, {}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for source in sources:
            for architecture in ARCHITECTURES:
                seconds, kernels = compile_one(source, architecture, f"{folder}/out.o")
                total += seconds
                times.setdefault(source.stem, {})[architecture] = seconds
                for name, figures in kernels.items():
                    cells.setdefault(name, {})[architecture] = figures
    heads = [f"sm_{a}" for a in ARCHITECTURES]
    lines = ["Registers a thread (+ spilled bytes, loads and stores), dynamic shared bytes:", "",
             "| kernel | shared | " + " | ".join(heads) + " |", "|---" * (len(heads) + 2) + "|"]
    for name in sorted(cells):
        row = [f"{r}" + (f" (+{s})" if s else "") for r, s in (cells[name].get(a, (0, 0)) for a in ARCHITECTURES)]
        shared = SHARED.get(name, SHARED.get(name.split()[0], 0))
        lines.append(f"| {name} | {shared} | " + " | ".join(row) + " |")
    lines += ["", "Processor seconds to compile, one architecture at a time:", "", "| source | " + " | ".join(heads) + " |",
              "|---" * (len(heads) + 1) + "|"]
    for source, seconds in times.items():
        lines.append(f"| {source} | " + " | ".join(f"{seconds[a]:.1f}" for a in ARCHITECTURES) + " |")
    version = subprocess.run([os.environ.get("NVCC", "nvcc"), "--version"], capture_output=True, text=True, check=True)
    lines += ["", f"All together {total:.0f} s, nvcc {re.search(r'release ([0-9.]+)', version.stdout).group(1)}."]
    print("\n".join(lines))
    if "--write" in sys.argv[1:]:
        readme = ROOT / "kernels" / "README.md"
        before, rest = readme.read_text(encoding="utf-8").split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        readme.write_text(before + MARKS[0] + "\n" + "\n".join(lines) + "\n" + MARKS[1] + after, encoding="utf-8")


if __name__ == "__main__":
    main()
