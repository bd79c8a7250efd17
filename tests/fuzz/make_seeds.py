#!/usr/bin/env python3
"""Writes the seed inputs of the fuzz targets: small, valid, one for each feature. Needs only the standard library.

usage: make_seeds.py CORPUS_DIR
"""
import io
import json
import pathlib
import struct
import sys
import zipfile

FLOAT_STORAGE = b"ctorch\nFloatStorage\n"


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def tensor(key, size, offset, shape, stride, storage=FLOAT_STORAGE, version=2, dtype=b""):
    numbers = lambda values: b"(" + b"".join(b"K" + bytes([v]) for v in values) + b"t"
    return (b"ctorch._utils\n_rebuild_tensor_v%d\n((" % version + text("storage") + storage + text(key) + text("cpu")
            + b"K" + bytes([size]) + b"tQK" + bytes([offset]) + numbers(shape) + numbers(stride)
            + b"\x89ccollections\nOrderedDict\n)R" + dtype + b"tR")


def pickles():
    plain = b"\x80\x02}(" + text("w") + tensor("0", 6, 0, [2, 3], [3, 1]) + b"u."
    ordered = (b"\x80\x02ccollections\nOrderedDict\nq\0)Rq\1(" + text("w") + tensor("0", 6, 1, [2, 2], [1, 2])
               + b"u}" + text("_metadata") + b"h\0)Rsb.")
    fp8 = (b"\x80\x02}" + text("w") + tensor("0", 8, 0, [8], [1], b"ctorch.storage\nUntypedStorage\n", 3,
                                            b"ctorch\nfloat8_e4m3fn\n") + b"s.")
    parameter = (b"\x80\x02}" + text("p") + b"ctorch._utils\n_rebuild_parameter\n" + tensor("0", 6, 0, [6], [1])
                 + b"\x88ccollections\nOrderedDict\n)R\x87Rs.")
    nested = b"\x80\x02}" + text("state_dict") + b"}" + text("net.w") + tensor("0", 6, 0, [6], [1]) + b"ss."
    modern = b"\x80\x04\x95" + struct.pack("<Q", 9) + b"}\x94\x8c\x01a](K\1Neh\0s."
    system = b"\x80\x02cposix\nsystem\n" + text("id") + b"\x85R."
    return {"plain": plain, "ordered": ordered, "fp8": fp8, "parameter": parameter, "nested": nested,
            "modern": modern, "system": system}


def archive(pickle, method=zipfile.ZIP_STORED, zip64=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in [("m/data.pkl", pickle), ("m/byteorder", b"little"), ("m/data/0", bytes(range(24)))]:
            with file.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as entry:
                entry.write(data)
    return out.getvalue()


def safetensors(tensors, metadata=None):
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, dtype, shape, size in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
        data += bytes(size)
    encoded = json.dumps(header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + data


def gguf(pairs, tensors, version=3):
    string = lambda value: struct.pack("<Q", len(value)) + value.encode()
    file = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs))
    for key, kind, value in pairs:
        file += string(key) + struct.pack("<I", kind) + value
    offset = 0
    for name, shape, kind, size in tensors:
        file += string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in shape)
        file += struct.pack("<IQ", kind, offset)
        offset += (size + 31) // 32 * 32
    return file + bytes(-len(file) % 32) + bytes(offset)


def main():
    root = pathlib.Path(sys.argv[1])
    seeds = {("pickle", name): data for name, data in pickles().items()}
    for name, data in pickles().items():
        seeds["zip", name] = archive(data)
    seeds["zip", "zip64"] = archive(pickles()["plain"], zip64=True)
    seeds["zip", "deflated"] = archive(pickles()["plain"], zipfile.ZIP_DEFLATED)
    seeds["safetensors", "two"] = safetensors([("a", "F32", [2, 3], 24), ("b", "BF16", [2], 4)], {"format": "pt"})
    seeds["safetensors", "fp8"] = safetensors([("a", "F8_E4M3", [4], 4), ("b", "F8_E5M2", [], 1), ("c", "I64", [0], 0)])
    seeds["safetensors", "empty"] = safetensors([])
    shape = struct.pack("<IQ", 5, 5) + struct.pack("<5i", 2, 1, 1, 2, 2)
    seeds["gguf", "plain"] = gguf([("general.architecture", 8, struct.pack("<Q", 3) + b"wan")],
                                  [("a", [2, 3], 0, 24), ("b", [4], 1, 8)])
    seeds["gguf", "shape"] = gguf([("comfy.gguf.orig_shape.a", 9, shape), ("general.alignment", 4, struct.pack("<I", 32))],
                                  [("a", [4, 2], 0, 32)], 2)
    blocks = {2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84), 11: (256, 110),
              12: (256, 144), 13: (256, 176), 14: (256, 210), 20: (32, 18), 23: (256, 136)}
    for kind, (elements, size) in blocks.items():
        seeds["gguf", f"type{kind}"] = gguf([], [("q", [elements], kind, size)])
    for (target, name), data in seeds.items():
        folder = root / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
