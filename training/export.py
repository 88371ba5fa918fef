"""Writes a checkpoint as the published form (config.json + model.safetensors, float16) and checks it against transformers.

  python export.py runs/a/last.pt ../packages/model/builtin
  python export.py runs/a/mid.pt runs/b/last.pt ../packages/model/builtin      the mean of several checkpoints of one course
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from evaluate import open_model, Tracker, pixels
from model import Roto, load

HERE = Path(__file__).parent


def export(weights, folder, raw=False):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts = [open_model(path, raw).state_dict() for path in weights]
    sd = {k: sum(part[k] for part in parts) / len(parts) for k in parts[0]}
    assert all(v.abs().max() < 60000 for v in sd.values())
    save_file({k: v.half().contiguous() for k, v in sd.items()}, str(folder / "model.safetensors"), {"format": "pt"})
    shutil.copy(HERE / "config.json", folder / "config.json")
    print((folder / "model.safetensors").stat().st_size, "bytes,", sum(v.numel() for v in sd.values()), "numbers")


@torch.no_grad()
def check(folder):
    """Same frames through transformers and through our model, box prompt, then three tracked frames."""
    from transformers import Sam2VideoModel
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoInferenceSession

    hf = Sam2VideoModel.from_pretrained(str(folder), dtype=torch.float32).eval()
    ours = load(Roto(), Path(folder) / "model.safetensors").eval()
    rng = np.random.default_rng(0)
    S = ours.config["image_size"]
    import data

    pool = data.Pool(rng, None, sprites=20, backs=4)
    fr, mk, _ = data.clip(rng, pool, S, 18, 1, gap=False)
    x = torch.cat([pixels(f) for f in fr])
    s0, s1, f = ours.encode(x[:1])
    o = hf.get_image_features(x[:1])
    for name, a, b in (("s0", s0, o.fpn_hidden_states[0]), ("s1", s1, o.fpn_hidden_states[1]), ("f", f, o.fpn_hidden_states[2])):
        b = b.permute(1, 2, 0).view_as(a)
        print(name, "relative difference", float((a - b).norm() / b.norm()))
    ys, xs = np.where(mk[0, 0] > 127)
    box = [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
    s = Sam2VideoInferenceSession(video=x, video_height=S, video_width=S, dtype=torch.float32)
    i = s.obj_id_to_idx(1)
    s.obj_with_new_inputs = [1]
    s.add_point_inputs(i, 0, {"point_coords": torch.tensor(box, dtype=torch.float32).view(1, 1, 2, 2), "point_labels": torch.tensor([[[2, 3]]], dtype=torch.int32)})
    tr = Tracker(ours)
    worst = 0.0
    for t in range(len(fr)):
        a = tr.start(fr[0], boxes=[box]) if t == 0 else tr.step(fr[t])
        b = hf(s, frame_idx=t).pred_masks.view_as(a)
        d = float((a - b).norm() / b.norm())
        worst = max(worst, d)
        if t in (0, 1, 2, 8, 17):
            print("frame", t, "relative difference of the logits", d, "score", float(tr.score))
    return worst


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("weights", nargs="+")
    p.add_argument("folder")
    p.add_argument("--raw", action="store_true")
    a = p.parse_args()
    export(a.weights, a.folder, a.raw)
    print("worst", check(a.folder))
