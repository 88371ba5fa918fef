"""The official SAM 2 video predictor with name-keyed weights, driven from outside.

Imports a checkout of facebookresearch/sam2 (measured with commit 2b90b9f) and changes nothing in it: configurations are
the repository's own YAML files, the miniature is one of them with overrides, frames are handed over by replacing the
loader function, and image features are kept per frame so that roll-outs, versions and runs share one encoding.

Hole filling is off: on a CPU the official code cannot run it (it warns and goes on), on a GPU it turns tiny numeric
differences into visible ones. Our own is tested by itself.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch

import fill as keyed

YAML = {"tiny": "t", "small": "s", "base-plus": "b+", "large": "l"}

# The tiny layout at 128 pixels and width 64. Windows of 6 and 3 on grids of 8 and 4 keep padded windows in every block
# type; the two-way transformer's 2048 and the IoU head's 256 are fixed in the official code.
MINI_WIDTH, MINI_MEMORY, MINI_IMAGE = 64, 16, 128
MINI = [
    f"model.image_size={MINI_IMAGE}",
    "model.image_encoder.trunk.embed_dim=16",
    "model.image_encoder.trunk.stages=[1,2,3,2]",
    "model.image_encoder.trunk.global_att_blocks=[5]",
    "+model.image_encoder.trunk.window_spec=[8,4,6,3]",
    f"model.image_encoder.neck.d_model={MINI_WIDTH}",
    f"model.image_encoder.neck.position_encoding.num_pos_feats={MINI_WIDTH}",
    "model.image_encoder.neck.backbone_channel_list=[128,64,32,16]",
    f"model.memory_attention.d_model={MINI_WIDTH}",
    "model.memory_attention.num_layers=2",
    f"model.memory_attention.layer.d_model={MINI_WIDTH}",
    "model.memory_attention.layer.dim_feedforward=128",
    f"model.memory_attention.layer.self_attention.embedding_dim={MINI_WIDTH}",
    "model.memory_attention.layer.self_attention.feat_sizes=[8,8]",
    f"model.memory_attention.layer.cross_attention.embedding_dim={MINI_WIDTH}",
    "model.memory_attention.layer.cross_attention.feat_sizes=[8,8]",
    f"model.memory_attention.layer.cross_attention.kv_in_dim={MINI_MEMORY}",
    f"model.memory_encoder.out_dim={MINI_MEMORY}",
    f"+model.memory_encoder.in_dim={MINI_WIDTH}",
    f"model.memory_encoder.position_encoding.num_pos_feats={MINI_MEMORY}",
    f"+model.memory_encoder.mask_downsampler.embed_dim={MINI_WIDTH}",
    f"model.memory_encoder.fuser.layer.dim={MINI_WIDTH}",
]


def build(repository: Path, size: str, version: str):
    """The official predictor of `size` ('tiny' … 'large', or 'mini') with the name-keyed weights, in fp32 on the CPU."""
    if str(repository) not in sys.path:
        sys.path.insert(0, str(repository))
    from sam2.build_sam import build_sam2_video_predictor

    stem = "sam2.1/sam2.1" if version == "2.1" else "sam2/sam2"
    yaml = f"configs/{stem}_hiera_{YAML.get(size, 't')}.yaml"
    model = build_sam2_video_predictor(yaml, device="cpu", hydra_overrides_extra=MINI if size == "mini" else [])
    model.fill_hole_area = 0
    refill(model)
    return model


def refill(model, presence: int = 1, scale: dict[str, float] | None = None) -> None:
    """Gives `model` the name-keyed weights; `scale` multiplies weight and bias of the named layers (a power of two)."""
    scale = scale or {}
    state = model.state_dict()
    for name, tensor in state.items():
        factor = scale.get(name.rsplit(".", 1)[0], 1.0)
        state[name] = torch.from_numpy(keyed.fill(name, tuple(tensor.shape), presence)) * factor
    model.load_state_dict(state, strict=True)


class Features:
    """Image features by the digest of their pixels. Stands in for `forward_image` of a predictor.

    kept    features of the images seen so far; both versions of a size may share them, since name-keyed weights make
            their image encoders the same down to the bit
    folder  where they are kept for another run, 16 MiB an image at full size; None: only in memory
    """

    def __init__(self, model, kept: dict[str, list[torch.Tensor]], folder: Path | None = None):
        self.encode = model.forward_image
        self._code = model.image_encoder.neck.position_encoding
        self._kept = kept
        self._folder = folder
        model.forward_image = self

    def __call__(self, image: torch.Tensor) -> dict:
        key = hashlib.sha256(image.numpy().tobytes()).hexdigest()[:32]
        if key not in self._kept:
            self._kept[key] = self._load(key) or self._compute(key, image)
        levels = self._kept[key]
        return {"backbone_fpn": list(levels), "vision_pos_enc": [self._code(level) for level in levels]}

    def _load(self, key: str) -> list[torch.Tensor] | None:
        file = self._folder and self._folder / f"{key}.pt"
        return torch.load(file, weights_only=True) if file and file.exists() else None

    def _compute(self, key: str, image: torch.Tensor) -> list[torch.Tensor]:
        levels = self.encode(image)["backbone_fpn"]
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            half = self._folder / f"{key}.half"
            torch.save([level.clone() for level in levels], half)
            half.rename(self._folder / f"{key}.pt")
        return levels


def pixels(scenarios: dict, image_size: int) -> list[torch.Tensor]:
    """The clip: `frames` noise frames, normalised, [3, S, S] each."""
    return [
        torch.from_numpy(keyed.noise(f"golden.frame.{t}", (3, image_size, image_size), 1.5))
        for t in range(scenarios["frames"])
    ]


def start(model, frames: list[torch.Tensor]) -> dict:
    """An inference state over tensors in memory; the video is S × S."""
    import sam2.sam2_video_predictor as predictor

    size = model.image_size
    original = predictor.load_video_frames
    predictor.load_video_frames = lambda **_: (frames, size, size)
    try:
        return model.init_state("in memory")
    finally:
        predictor.load_video_frames = original


def circle(values: list[float], image_size: int) -> np.ndarray:
    """Integer pixels with (x - cx)² + (y - cy)² < r², bool [S, S]; values in 1024-pixel units."""
    cx, cy, r = (value * image_size / 1024 for value in values)
    y, x = np.mgrid[0:image_size, 0:image_size]
    return (x - cx) ** 2 + (y - cy) ** 2 < r * r
