"""Makes the fixtures of `mini.test.ts`: the official code's results for the miniature configuration, small enough for git.

    python3 parity/golden.py --sam2 PATH_TO_OFFICIAL_CODE

Writes fixtures/mini/mini-<version>.json (names, shapes, where each tensor lies, the model's parameter shapes) and
mini-<version>.bin. A tensor is stored as every `step`-th element of its row-major order, each as the upper three bytes
of its float32 (rounded to nearest even, so within 2^-17 of the value); masks also as one bit per pixel, low bit first.
Run it again only to change the goldens on purpose, in a commit of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import dump  # noqa: E402
import official  # noqa: E402

FIXTURES = Path(__file__).resolve().parent / "fixtures" / "mini"


def short(values: np.ndarray) -> bytes:
    """float32 as three bytes, little-endian: sign, exponent and 15 bits of mantissa."""
    bits = values.astype("<f4").view("<u4").astype(np.uint64)
    rounded = (bits + 0x7F + ((bits >> 8) & 1)) >> 8
    return rounded.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def step_of(name: str, count: int) -> int:
    """How thinly a tensor is stored. Odd steps, so that the samples wander over rows and channels."""
    leaf = name.rsplit("/", 1)[-1]
    if name.startswith("rollout/"):
        return {"low": 5, "memory": 5}.get(leaf, 1)
    return max(1, count // 600) | 1 if count > 1024 else 1


def write(repository: Path, version: str) -> None:
    *_, (record, about) = dump.everything(repository, "mini", version, dump.Clip())
    body = bytearray()
    tensors = {}
    for name, array in sorted(record.tensors.items()):
        flat = array.reshape(-1)
        step = step_of(name, flat.size)
        entry = {"shape": list(array.shape), "step": step, "at": len(body)}
        body += short(flat[::step])
        if name.endswith("/low"):
            entry["signs"] = len(body)
            body += np.packbits(flat > 0, bitorder="little").tobytes()
        tensors[name] = entry
    shapes = {name: list(t.shape) for name, t in official.build(repository, "mini", version).state_dict().items()}
    head = {
        "generated": "by parity/golden.py; do not edit",
        "about": about,
        "parameters": shapes,
        "notes": record.notes,
        "tensors": tensors,
    }
    FIXTURES.mkdir(parents=True, exist_ok=True)
    text = "{\n" + ",\n".join(f" {json.dumps(key)}: {lines(value)}" for key, value in head.items()) + "\n}\n"
    (FIXTURES / f"mini-{version}.json").write_text(text)
    (FIXTURES / f"mini-{version}.bin").write_bytes(body)
    print(f"{version}: {len(tensors)} tensors, {len(body)} bytes")


def lines(value) -> str:
    """JSON with one line per entry of an object: small, and a change shows where it is."""
    if not isinstance(value, dict):
        return json.dumps(value)
    return "{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in value.items()) + "\n }"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sam2", type=Path, required=True, help="checkout of facebookresearch/sam2")
    args = parser.parse_args()
    torch.set_num_threads(1)  # a rerun still differs in the last bits: kernels depend on how memory is aligned
    for version in ("2.1", "2.0"):
        write(args.sam2, version)


if __name__ == "__main__":
    main()
