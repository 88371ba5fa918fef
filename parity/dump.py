"""Dumps what the official SAM 2 code computes for every case of scenarios.json.

    python3 parity/dump.py --sam2 PATH_TO_OFFICIAL_CODE --size tiny --version 2.1,2.0 --out DIR

DIR/<size>-<version>/manifest.json names each tensor with its shape, DIR/<size>-<version>/<tensor>.f32 holds it as raw
little-endian float32. `parity/compare.ts --reference DIR` runs ours on the same cases and compares. Nothing of DIR
belongs in the repository: a full-size configuration takes about 700 MB.

A run may be stopped at any time and started again: it goes on after the last finished group of cases or roll-out. Each
image of a size is encoded once, whatever the roll-outs and versions that look at it; DIR/images-<size> keeps the outcome.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fill as keyed  # noqa: E402
import official  # noqa: E402

SOURCE = (Path(__file__).resolve().parent / "scenarios.json").read_bytes()
SCENARIOS = json.loads(SOURCE)

# Each kind of prompt by itself: 94 steps of one object. 'mixed' and 'reverse' hold all of them in 56.
APART = ["two-objects", "point", "reverse", "two-prompts"]


class Recorder:
    """Keeps named float32 tensors, and what the decoder decided and by how much. `done` names finished groups of cases."""

    def __init__(self, done: set[str] | None = None):
        self.tensors: dict[str, np.ndarray] = {}
        self.notes: dict[str, object] = {}
        self.done: set[str] = done or set()

    def keep(self, name: str, tensor) -> None:
        array = tensor.detach().float().numpy() if isinstance(tensor, torch.Tensor) else np.asarray(tensor)
        self.tensors[name] = np.ascontiguousarray(array, dtype=np.float32)


def watch_decoder(model) -> dict:
    """The last raw decoder outputs: all four masks and IoUs, before selection and gating."""
    last: dict = {"margins": []}
    predict = model.sam_mask_decoder.predict_masks

    def watched(**inputs):
        masks, ious, tokens, score = predict(**inputs)
        best = torch.sort(ious[0, 1:], descending=True).values
        stability = model.sam_mask_decoder._get_stability_scores(masks[:, 0:1])
        last.update(ious=ious, stability=float(stability))
        last["margins"].append((float(best[0] - best[1]), float(stability)))
        return masks, ious, tokens, score

    model.sam_mask_decoder.predict_masks = watched
    return last


def noise_image(model) -> torch.Tensor:
    """The first image, [1, 3, S, S]: all cases but the encoder's start from it."""
    size = model.image_size
    image = SCENARIOS["images"][0]
    return torch.from_numpy(keyed.noise(image["noise"], (3, size, size), image["scale"]))[None]


@torch.inference_mode()
def encoder_cases(model, features: dict, record: Recorder, _last: dict) -> None:
    size = model.image_size
    for image in SCENARIOS["images"]:
        if "planes" in image:
            planes = np.broadcast_to(np.float32(image["planes"])[:, None, None], (3, size, size)).copy()
            features = model.forward_image(torch.from_numpy(planes)[None])
        for name, level in zip(("s0", "s1", "f"), features["backbone_fpn"]):
            record.keep(f"encoder/{image['name']}/{name}", level[0])


@torch.inference_mode()
def decoder_cases(model, features: dict, record: Recorder, last: dict) -> None:
    def run(label: str, names: list[str] | None) -> None:
        for case in SCENARIOS["decoder"]:
            if names is None or case["name"] in names:
                decode(model, features, case, f"decoder/{label}/{case['name']}", record, last)

    run("base", None)
    for variant in SCENARIOS["variants"]:
        official.refill(model, variant.get("presence", 1), variant.get("scale"))
        run(variant["name"], variant["cases"])
    official.refill(model)


def decode(model, features: dict, case: dict, name: str, record: Recorder, last: dict) -> None:
    size = model.image_size
    s0, s1, f = features["backbone_fpn"]
    if case["features"] == "no-memory":
        f = f + model.no_mem_embed[0, 0][None, :, None, None]
    points = None
    if case["points"]:
        rows = np.float32(case["points"])
        coords = torch.from_numpy(rows[:, :2] * np.float32(size / 1024))[None]
        points = {"point_coords": coords, "point_labels": torch.from_numpy(rows[:, 2].astype(np.int32))[None]}
    mask = None
    if "logits" in case:
        side = size // 4
        mask = torch.from_numpy(keyed.noise(case["logits"]["noise"], (1, 1, side, side), case["logits"]["scale"]))
    if "circle" in case:
        drawn = torch.from_numpy(official.circle(case["circle"], size)).float()[None, None]
        mask = model.mask_downsample(drawn)
    _, _, _, low, _, pointer, score = model._forward_sam_heads(
        backbone_features=f,
        point_inputs=points,
        mask_inputs=mask,
        high_res_features=[s0, s1],
        multimask_output=case["multimask"],
    )
    record.keep(f"{name}/low", low[0, 0])
    record.keep(f"{name}/pointer", pointer[0])
    record.keep(f"{name}/presence", score[0])
    record.keep(f"{name}/ious", last["ious"][0])
    record.notes[f"{name}/stability"] = last["stability"]


def remembered(model, name: str) -> dict:
    """A record of the bank made of noise: memory [1, M, G, G] rounded as the predictor rounds it, pointer [1, D]."""
    grid = model.image_size // 16
    memory = keyed.noise(f"golden.memory.{name}", (1, model.mem_dim, grid, grid), 2.0)
    memory = torch.from_numpy(memory).to(torch.bfloat16).float()
    pointer = torch.from_numpy(keyed.noise(f"golden.pointer.{name}", (1, model.hidden_dim), 3.0))
    return {
        "maskmem_features": memory,
        "maskmem_pos_enc": [model.memory_encoder.position_encoding(memory)],
        "obj_ptr": pointer,
    }


@torch.inference_mode()
def memory_attention_cases(model, features: dict, record: Recorder, last: dict) -> None:
    grid = model.image_size // 16
    s0, s1, f = features["backbone_fpn"]
    tokens = [f.flatten(2).permute(2, 0, 1)]
    positions = [features["vision_pos_enc"][-1].flatten(2).permute(2, 0, 1)]
    for case in SCENARIOS["memoryAttention"]:
        bank = {
            "cond_frame_outputs": {t: remembered(model, str(t)) for t in case["prompted"]},
            "non_cond_frame_outputs": {t: remembered(model, str(t)) for t in case["recent"]},
        }
        attended = model._prepare_memory_conditioned_features(
            frame_idx=case["frame"],
            is_init_cond_frame=False,
            current_vision_feats=tokens,
            current_vision_pos_embeds=positions,
            feat_sizes=[(grid, grid)],
            output_dict=bank,
            num_frames=64,
        )
        _, _, _, low, _, pointer, score = model._forward_sam_heads(
            backbone_features=attended, high_res_features=[s0, s1], multimask_output=True
        )
        name = f"memory-attention/{case['name']}"
        record.keep(f"{name}/attended", attended[0].flatten(1).T)  # token-major [N, D]
        record.keep(f"{name}/low", low[0, 0])
        record.keep(f"{name}/pointer", pointer[0])
        record.keep(f"{name}/presence", score[0])
        record.keep(f"{name}/ious", last["ious"][0])


@torch.inference_mode()
def memory_encoder_cases(model, features: dict, record: Recorder, _last: dict) -> None:
    size = model.image_size
    f = features["backbone_fpn"][-1].flatten(2).permute(2, 0, 1)
    low = torch.from_numpy(keyed.noise("golden.low", (1, 1, size // 4, size // 4), 9.0))
    high = torch.nn.functional.interpolate(low, size=(size, size), mode="bilinear", align_corners=False)
    for case in SCENARIOS["memoryEncoder"]:
        memory, _ = model._encode_new_memory(
            current_vision_feats=[f],
            feat_sizes=[(size // 16, size // 16)],
            pred_masks_high_res=high,
            object_score_logits=torch.tensor([[case["presence"]]]),
            is_mask_from_pts=case["binarize"],
        )
        record.keep(f"memory-encoder/{case['name']}", memory[0].to(torch.bfloat16).flatten(1).T)


CASES = {
    "encoder": encoder_cases,
    "decoder": decoder_cases,
    "memory-attention": memory_attention_cases,
    "memory-encoder": memory_encoder_cases,
}


def follow(model, run: dict, frames: list[torch.Tensor], record: Recorder, last: dict) -> None:
    """One roll-out."""
    size = model.image_size
    last["margins"].clear()
    state = official.start(model, frames)
    for prompt in run["prompts"]:
        at = {"inference_state": state, "frame_idx": prompt["frame"], "obj_id": prompt["object"]}
        if "circle" in prompt:
            model.add_new_mask(mask=official.circle(prompt["circle"], size), **at)
        elif "box" in prompt:
            model.add_new_points_or_box(box=np.float32(prompt["box"]) * np.float32(size / 1024), **at)
        else:
            rows = np.float32(prompt["points"])
            points = rows[:, :2] * np.float32(size / 1024)
            model.add_new_points_or_box(points=points, labels=rows[:, 2].astype(np.int32), **at)
    first = max(p["frame"] for p in run["prompts"]) if run["reverse"] else 0
    for _ in model.propagate_in_video(state, start_frame_idx=first, reverse=run["reverse"]):
        pass
    for identity, index in state["obj_id_to_idx"].items():
        outputs = state["output_dict_per_obj"][index]
        for t, out in {**outputs["non_cond_frame_outputs"], **outputs["cond_frame_outputs"]}.items():
            name = f"rollout/{run['name']}/{identity}/{t:02d}"
            record.keep(f"{name}/low", out["pred_masks"][0, 0])
            record.keep(f"{name}/pointer", out["obj_ptr"][0])
            record.keep(f"{name}/presence", out["object_score_logits"][0])
            record.keep(f"{name}/memory", out["maskmem_features"][0].flatten(1).T)
    record.notes[f"rollout/{run['name']}/iou-margin"] = min(margin for margin, _ in last["margins"])
    record.notes[f"rollout/{run['name']}/stability-margin"] = min(abs(s - 0.98) for _, s in last["margins"])


class Clip:
    """The noise frames of a size and what its image encoder made of them; with a folder, also for a later run."""

    def __init__(self, folder: Path | None = None):
        self.folder = folder
        self.frames: list[torch.Tensor] = []
        self.kept: dict[str, list[torch.Tensor]] = {}


def everything(
    repository: Path, size: str, version: str, clip: Clip, names: list[str] = APART, record: Recorder | None = None
) -> Iterator[tuple[Recorder, dict]]:
    """
    All cases of one configuration, then the named roll-outs, without those that `record` calls done. Yields after each;
    the second value describes the model and the versions.
    """
    keyed.check()
    model = official.build(repository, size, version)
    official.Features(model, clip.kept, clip.folder)
    record = record or Recorder()
    last = watch_decoder(model)
    about = {
        "size": size,
        "version": version,
        "imageSize": model.image_size,
        "parameters": sum(math.prod(p.shape) for p in model.parameters()),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }

    def told(group: str, began: float) -> tuple[Recorder, dict]:
        record.done.add(group)
        print(f"{size} {version}: {group} in {time.time() - began:.1f} s", flush=True)
        return record, about

    for group, cases in CASES.items():
        if group not in record.done:
            began = time.time()
            with torch.inference_mode():
                features = model.forward_image(noise_image(model))
            cases(model, features, record, last)
            yield told(group, began)
    for run in SCENARIOS["rollouts"]:
        if run["name"] in names and f"rollout/{run['name']}" not in record.done:
            began = time.time()
            clip.frames = clip.frames or official.pixels(SCENARIOS, model.image_size)
            follow(model, run, clip.frames, record, last)
            yield told(f"rollout/{run['name']}", began)


def finished(folder: Path) -> Recorder:
    """What an earlier run with the same scenarios finished, without its tensors."""
    file = folder / "manifest.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    return Recorder(set(known["done"]) if known.get("scenarios") == digest() else None)


def digest() -> str:
    return hashlib.sha256(SOURCE).hexdigest()


def write(folder: Path, record: Recorder, about: dict) -> None:
    """Adds what `record` holds to the folder and drops its tensors, so that every tensor is written once."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text()) if file.exists() else {}
    if manifest.get("scenarios") != digest():
        manifest = {"tensors": {}, "notes": {}}
    for name, array in record.tensors.items():
        data = name.replace("/", "__") + ".f32"
        array.tofile(folder / data)
        manifest["tensors"][name] = {"file": data, "shape": list(array.shape)}
    manifest["notes"].update(record.notes)
    manifest.update(about=about, scenarios=digest(), done=sorted(record.done))
    half = folder / "manifest.half"
    half.write_text(json.dumps(manifest, indent=1))
    half.rename(file)
    record.tensors.clear()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sam2", type=Path, required=True, help="checkout of facebookresearch/sam2")
    parser.add_argument("--size", choices=[*official.YAML, "mini"], required=True)
    parser.add_argument("--version", default="2.1,2.0", help="2.1, 2.0 or both")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--rollouts", default=",".join(APART), help="names of scenarios.json; 'mixed,reverse' is shorter, '' for none")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    versions = args.version.split(",")
    if not set(versions) <= {"2.0", "2.1"}:
        parser.error("--version takes 2.1, 2.0 or 2.1,2.0")
    torch.set_num_threads(args.threads)

    clip = Clip(args.out / f"images-{args.size}")
    for version in versions:
        folder = args.out / f"{args.size}-{version}"
        names = [name for name in args.rollouts.split(",") if name]
        for record, about in everything(args.sam2, args.size, version, clip, names, finished(folder)):
            write(folder, record, about)


if __name__ == "__main__":
    main()
