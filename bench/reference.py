"""The official SAM 2 code, driven as CVAT's tracker function drives it, for `bench/speed.ts` to alternate with.

    python3 bench/reference.py --sam2 PATH_TO_OFFICIAL_CODE --size tiny --version 2.1 --threads 4

Reads one JSON command per line from stdin and answers each with one JSON line on stdout:

    {"do": "peak"}                           GFLOP/s of a 4096³ float32 matrix product, best of five
    {"do": "prepare", "objects": 4, "frame": [height, width]}   bank full for each object
    {"do": "step"}                           one frame for all objects; seconds in all and by part
    {"do": "quit"}

What CVAT's wrapper (ai-models/tracker/sam2/func.py) does for a frame, and so does a step here: resize the picture with
Pillow (bilinear), scale and normalise it; `forward_image` once; then for every object by itself
`track_step` with `num_frames = frame_idx + 1`, hole filling on the returned mask, the record appended to a ring of
`num_maskmem` recent records beside the one prompted record; the mask enlarged to the video's size with antialiasing and
compared with 0. Memory stays float32 (on CUDA it would be bfloat16). Not timed: reading and writing CVAT's requests.
Weights are the name-keyed ones of parity/fill.py.

"prepare" tracks one frame after the prompt and fills the ring with that record under the seven frame numbers that
precede, which gives a full bank in the time of one frame; the step that follows reads 7 memory frames and 8 pointers.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import PIL.Image
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "parity"))
import fill as keyed  # noqa: E402
import official  # noqa: E402

# On a CPU the official hole filling has no kernel: it warns on every frame and returns its input.
warnings.filterwarnings("ignore", category=UserWarning)


class Parts:
    """Seconds spent in each part since the last `take`."""

    def __init__(self, model):
        self.seconds: dict[str, float] = collections.defaultdict(float)
        self._watch(model, "forward_image", "encoder")
        self._watch(model.memory_attention, "forward", "attention")
        self._watch(model, "_forward_sam_heads", "decoder")
        self._watch(model, "_encode_new_memory", "memoryEncoder")

    def _watch(self, owner, method: str, part: str) -> None:
        original = getattr(owner, method)

        def timed(*args, **kwargs):
            began = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                self.seconds[part] += time.perf_counter() - began

        setattr(owner, method, timed)

    def take(self) -> dict[str, float]:
        taken = dict(self.seconds)
        self.seconds.clear()
        return taken


class Tracker:
    def __init__(self, model):
        self.model = model
        self.parts = Parts(model)
        self.states: list[dict] = []

    def transform(self, picture: PIL.Image.Image) -> torch.Tensor:
        """What torchvision's Resize, ToTensor and Normalize do to a PIL image, in their own calls."""
        size = (self.model.image_size, self.model.image_size)
        resized = torch.from_numpy(np.array(picture.resize(size, PIL.Image.Resampling.BILINEAR)))
        pixels = resized.permute(2, 0, 1).contiguous().float().div(255)
        mean, std = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))
        return pixels.sub_(mean[:, None, None]).div_(std[:, None, None])

    def look(self, picture: PIL.Image.Image) -> dict:
        out = self.model.forward_image(self.transform(picture).unsqueeze(0))
        levels = self.model.num_feature_levels
        features, positions = out["backbone_fpn"][-levels:], out["vision_pos_enc"][-levels:]
        return {
            "current_vision_feats": [x.flatten(2).permute(2, 0, 1) for x in features],
            "current_vision_pos_embeds": [x.flatten(2).permute(2, 0, 1) for x in positions],
            "feat_sizes": [tuple(x.shape[-2:]) for x in positions],
        }

    def call(self, looked: dict, frame: int, **inputs) -> dict:
        from sam2.utils.misc import fill_holes_in_mask_scores

        out = self.model.track_step(point_inputs=None, frame_idx=frame, num_frames=frame + 1, **looked, **inputs)
        return {
            "maskmem_features": out["maskmem_features"],
            "maskmem_pos_enc": out["maskmem_pos_enc"][-1:],
            "pred_masks": fill_holes_in_mask_scores(out["pred_masks"], self.model.fill_hole_area),
            "obj_ptr": out["obj_ptr"],
        }

    def prepare(self, objects: int, picture: PIL.Image.Image) -> None:
        self.picture = picture
        self.states = []
        looked = self.look(picture)
        size = self.model.image_size
        for k in range(objects):
            mask = official.circle([300 + 140 * k, 500, 120], size)
            prompted = self.call(
                looked,
                0,
                is_init_cond_frame=True,
                mask_inputs=torch.from_numpy(mask).float()[None, None],
                output_dict={},
            )
            outputs = {"cond_frame_outputs": {0: prompted}, "non_cond_frame_outputs": collections.OrderedDict()}
            tracked = self.call(looked, 1, is_init_cond_frame=False, mask_inputs=None, output_dict=outputs)
            ring = self.model.num_maskmem
            outputs["non_cond_frame_outputs"].update({t: tracked for t in range(9, 9 + ring)})
            self.states.append({"frame": 8 + ring, "outputs": outputs})
        self.parts.take()

    def step(self) -> dict:
        began = time.perf_counter()
        looked = self.look(self.picture)
        pixels = 0
        for state in self.states:
            state["frame"] += 1
            out = self.call(
                looked, state["frame"], is_init_cond_frame=False, mask_inputs=None, output_dict=state["outputs"]
            )
            recent = state["outputs"]["non_cond_frame_outputs"]
            recent[state["frame"]] = out
            while len(recent) > self.model.num_maskmem:
                recent.popitem(last=False)
            mask = torch.nn.functional.interpolate(
                out["pred_masks"],
                size=(self.picture.height, self.picture.width),
                align_corners=False,
                mode="bilinear",
                antialias=True,
            )
            pixels += int((mask[0, 0] > 0).sum())
        return {"seconds": time.perf_counter() - began, "parts": self.parts.take(), "pixels": pixels}


def peak(side: int = 4096) -> float:
    a, b = torch.rand(side, side), torch.rand(side, side)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best / 1e9


def picture(height: int, width: int) -> PIL.Image.Image:
    values = keyed.uniform("golden.picture", height * width * 3).reshape(height, width, 3)
    return PIL.Image.fromarray(((values + 1) * 127.5).astype(np.uint8))


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sam2", type=Path, required=True, help="checkout of facebookresearch/sam2")
    parser.add_argument("--size", choices=[*official.YAML, "mini"], default="tiny")
    parser.add_argument("--version", choices=["2.0", "2.1"], default="2.1")
    parser.add_argument("--threads", type=int, default=4)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = official.build(args.sam2, args.size, args.version)
    model.fill_hole_area = 8  # the builder's default, which CVAT leaves as it is
    tracker = Tracker(model)

    def answer(**value) -> None:
        print(json.dumps(value), flush=True)

    answer(ready=True, torch=torch.__version__, threads=torch.get_num_threads())
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "quit":
            break
        if command["do"] == "peak":
            answer(gflops=peak())
        elif command["do"] == "prepare":
            tracker.prepare(command["objects"], picture(*command["frame"]))
            answer(prepared=command["objects"])
        elif command["do"] == "step":
            answer(**tracker.step())
        else:
            answer(error=f"unknown command {command['do']!r}; peak, prepare, step and quit are known")


if __name__ == "__main__":
    main()
