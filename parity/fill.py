"""Deterministic weights keyed by the parameter's name in the official checkpoint.

The published weights cannot be shipped with a test, and ordinary initialisations hide faults: flat attention, zero
biases and unit norms let a wrong model agree with a right one. This fill gives every tensor values that matter and
that any language can regenerate from the name alone: element i of tensor `name` is a hash of FNV-1a-32(name) + i,
scaled by a rule that keeps activations in the range of a trained model.
"""

import math
import re

import numpy as np


def fnv1a32(name: str) -> int:
    h = 0x811C9DC5
    for byte in name.encode("utf-8"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def uniform(name: str, count: int) -> np.ndarray:
    """`count` values of (-1, 1) as float64, exact: 24 bits of a 32-bit integer hash."""
    x = np.arange(count, dtype=np.uint32)
    x *= np.uint32(0x9E3779B9)
    x += np.uint32(fnv1a32(name))
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float64) + 0.5) / 2**23 - 1


_ATTENTION_QK = re.compile(r"attn[^.]*\.(?:.*\.)?[qk]_proj\.weight$")
_WIDE_HEAD = re.compile(r"(?:output_hypernetworks_mlps\.\d+|iou_prediction_head)\.layers\.2\.weight$")
_EMBEDDING = re.compile(r"(?:token|tokens|embed|point_embeddings\.\d+)\.weight$")
_TRANSPOSED = re.compile(r"output_upscaling\.[03]\.weight$")


def gain(name: str) -> float:
    if "cross_attn_image.k_proj" in name:
        return 0.6
    if name == "memory_encoder.out_proj.weight":
        return 0.4
    if name == "obj_ptr_tpos_proj.weight" or name.startswith("obj_ptr_proj.layers.2"):
        return 5.0
    if _ATTENTION_QK.search(name) or name.endswith("attn.qkv.weight"):
        return 1.4
    if _WIDE_HEAD.search(name):
        return 3.0
    return 1.0


def fill(name: str, shape: tuple[int, ...], sigma: int = 1) -> np.ndarray:
    """The tensor `name` of the official checkpoint as float32. `sigma` -1 makes every tracked object absent."""
    u = uniform(name, math.prod(shape))
    one_dimensional = len(shape) == 1
    if name.endswith("positional_encoding_gaussian_matrix"):
        values = 1.5 * u
    elif name.endswith(".gamma"):
        values = 0.5 + 0.25 * u
    elif one_dimensional and name.endswith(".weight"):
        values = 1 + 0.2 * u
    elif name == "sam_mask_decoder.pred_obj_score_head.layers.2.bias":
        values = 4.0 * sigma + 0.1 * u
    elif name == "maskmem_tpos_enc":
        values = 2 * u
    elif one_dimensional and name.endswith(".bias"):
        values = 0.1 * u
    elif _EMBEDDING.search(name) or not name.endswith(".weight"):
        values = 0.5 * u
    else:
        fan_in = shape[0] if _TRANSPOSED.search(name) else math.prod(shape[1:])
        values = u * (gain(name) * math.sqrt(3 / fan_in))
    return values.astype(np.float32).reshape(shape)


def noise(name: str, shape: tuple[int, ...], scale: float) -> np.ndarray:
    """An input tensor: `scale` times the uniform values of `name`, float32."""
    return (scale * uniform(name, math.prod(shape))).astype(np.float32).reshape(shape)


def check() -> None:
    """Stops when this port departs from the numbers that the scheme was published with."""
    expected = {
        "maskmem_tpos_enc": ((7, 1, 1, 64), [0.56930363, -1.108512, 1.0532798]),
        "image_encoder.trunk.blocks.0.attn.qkv.weight": ((288, 96), [-0.1054502, 0.1785042, 0.09352228]),
        "sam_mask_decoder.output_upscaling.0.weight": ((256, 64, 2, 2), [0.092726402, 0.0020229218, 0.057192307]),
        "memory_encoder.fuser.layers.0.gamma": ((256,), [0.34875691, 0.70350987, 0.60885108]),
    }
    for name, (shape, first) in expected.items():
        got = fill(name, shape).reshape(-1)[:3]
        if not np.allclose(got, first, rtol=1e-7, atol=0):
            raise SystemExit(f"fill of {name} starts {got}, expected {first}")
    total = noise("golden.frame.0", (3, 1024, 1024), 1.5).sum(dtype=np.float64)
    if abs(total + 1561.237798) > 1e-5:
        raise SystemExit(f"the first golden frame sums to {total}, expected -1561.237798")


if __name__ == "__main__":
    check()
    print("fill: agrees with the published values")
