"""Dumps what the official SAM 2 code computes for every case of scenarios.json.

    python3 parity/dump.py --sam2 PATH_TO_OFFICIAL_CODE --size tiny --version 2.1,2.0 --out DIR

DIR/<size>-<version>/manifest.json names each tensor with its shape, DIR/<size>-<version>/<tensor>.f32 holds it as raw
little-endian float32. `parity/compare.ts --reference DIR` runs ours on the same cases and compares. Nothing of DIR
belongs in the repository: a full-size configuration takes about 100 MB. Given both versions of a size, the frames of the
clip are encoded once for both.
"""

from __future__ import annotations

import argparse
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

SCENARIOS = json.loads((Path(__file__).resolve().parent / "scenarios.json").read_text())

# Each kind of prompt by itself: 94 steps of one object. 'mixed' and 'reverse' hold all of them in 56.
APART = ["two-objects", "point", "reverse", "two-prompts"]


class Recorder:
    """Keeps named float32 tensors, and what the decoder decided and by how much."""

    def __init__(self):
        self.tensors: dict[str, np.ndarray] = {}
        self.notes: dict[str, object] = {}
        self.margins: list[float] = []

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


@torch.inference_mode()
def encoder_cases(model, encode, record: Recorder) -> dict:
    """Encodes both images; returns the features of the noise image for the cases that follow."""
    size = model.image_size
    kept = None
    for image in SCENARIOS["images"]:
        if "noise" in image:
            pixels = keyed.noise(image["noise"], (3, size, size), image["scale"])
        else:
            pixels = np.broadcast_to(np.float32(image["planes"])[:, None, None], (3, size, size)).copy()
        features = encode(torch.from_numpy(pixels)[None])
        for name, level in zip(("s0", "s1", "f"), features["backbone_fpn"]):
            record.keep(f"encoder/{image['name']}/{name}", level[0])
        kept = kept or features
    return kept


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
def memory_encoder_cases(model, features: dict, record: Recorder) -> None:
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


def rollouts(model, names: list[str], frames: list[torch.Tensor], record: Recorder, last: dict) -> Iterator[None]:
    """Yields after each roll-out, so that a run that is stopped has written what it had."""
    size = model.image_size
    for run in SCENARIOS["rollouts"]:
        if run["name"] not in names:
            continue
        began = time.time()
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
        print(f"  {run['name']}: {time.time() - began:.1f} s", flush=True)
        yield


class Clip:
    """The noise frames of a size and what its image encoder made of them."""

    def __init__(self):
        self.frames: list[torch.Tensor] = []
        self.kept: dict = {}


def everything(
    repository: Path, size: str, version: str, clip: Clip, names: list[str] = APART
) -> Iterator[tuple[Recorder, dict]]:
    """
    All cases of one configuration, then the named roll-outs. Yields what there is so far after the cases and after each
    roll-out; the second value describes the model and the versions.
    """
    keyed.check()
    began = time.time()
    model = official.build(repository, size, version)
    encoder = official.Features(model, clip.kept)
    record = Recorder()
    last = watch_decoder(model)
    features = encoder_cases(model, encoder.encode, record)
    decoder_cases(model, features, record, last)
    memory_attention_cases(model, features, record, last)
    memory_encoder_cases(model, features, record)
    print(f"{size} {version}: cases done in {time.time() - began:.1f} s", flush=True)
    about = {
        "size": size,
        "version": version,
        "imageSize": model.image_size,
        "parameters": sum(math.prod(p.shape) for p in model.parameters()),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    yield record, about
    if names:
        clip.frames = clip.frames or official.pixels(SCENARIOS, model.image_size)
    for _ in rollouts(model, names, clip.frames, record, last):
        yield record, about


def write(folder: Path, record: Recorder, about: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, array in record.tensors.items():
        file = name.replace("/", "__") + ".f32"
        array.tofile(folder / file)
        tensors[name] = {"file": file, "shape": list(array.shape)}
    manifest = {"about": about, "notes": record.notes, "tensors": tensors}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


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

    clip = Clip()
    for version in versions:
        folder = args.out / f"{args.size}-{version}"
        names = [name for name in args.rollouts.split(",") if name]
        for record, about in everything(args.sam2, args.size, version, clip, names):
            write(folder, record, about)
        print(f"{folder}: {len(record.tensors)} tensors", flush=True)


if __name__ == "__main__":
    main()
