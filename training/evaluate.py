"""Tracks whole clips with the model as an application would, and measures or draws the result.

  python evaluate.py WEIGHTS samples DIR        mean J&F on rendered clips (DIR/*.npz: frames [T,H,W,3], masks [T,H,W] of ids)
  python evaluate.py WEIGHTS video FILE ...     contact sheet of one outlined object in a real video
WEIGHTS is a training checkpoint (last.pt) or a model.safetensors.
"""

import argparse
import glob
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from model import CONFIG, MEAN, NO_OBJ, STD, Roto, load

SIZE = CONFIG["image_size"]


def open_model(path, raw=False):
    model = Roto()
    if str(path).endswith(".pt"):
        c = torch.load(path, map_location="cpu")
        model.load_state_dict(c["model" if raw else "ema"])
    else:
        load(model, path)
    return model.eval()


def pixels(frame, size=SIZE):
    x = np.array(Image.fromarray(frame).resize((size, size), Image.BILINEAR))
    return (torch.from_numpy(x).permute(2, 0, 1)[None].float() / 255 - MEAN) / STD


class Tracker:
    """Every object of one clip, forward in time, each with its own bank; one image pass per frame."""

    def __init__(self, model, size=SIZE):
        self.m, self.size, self.t = model, size, 0
        self.cond, self.recent, self.ptr0, self.ptrs = None, [], None, []

    def _image(self, frame):
        s0, s1, f = self.m.encode(pixels(frame, self.size))
        return s0, s1, f, self.m.image_memory_part(f)

    @torch.no_grad()
    def start(self, frame, masks=None, boxes=None, clicks=None):
        """masks [O,H,W] bool, or boxes [O,4] pixels, or clicks [O,2] pixels. Returns mask logits [O,1,h,w]."""
        m, S = self.m, self.size
        h0, w0 = frame.shape[:2]
        s0, s1, f, _ = self._image(frame)
        if masks is not None:
            O = len(masks)
            x = torch.from_numpy(masks.astype(np.float32))[:, None]
            x = (F.interpolate(x, size=(S, S), mode="bilinear", antialias=True) >= 0.5).float()
            here = x.flatten(1).any(1)
            low = F.interpolate(20 * x - 10, size=(S // 4, S // 4), mode="bilinear", antialias=True)
            e = [t.expand(O, -1, -1, -1) for t in (f, s0, s1)]
            out = m.decode(*e, mask=m.mask_downsample(x))
            ptr = m.pointer(m_token(out, 0), (out[3] > 0) & here)
            self.score = torch.where(here, 10.0, -10.0)
        else:
            p = torch.tensor(np.array(boxes if boxes is not None else clicks), dtype=torch.float32)
            O = len(p)
            xy = p.view(O, -1, 2) / torch.tensor([w0, h0])
            lab = torch.tensor([[2, 3]] if boxes is not None else [[1]]).expand(O, -1)
            e = [t.expand(O, -1, -1, -1) for t in (f + m.no_memory_embedding.view(1, -1, 1, 1), s0, s1)]
            out = m.decode(*e, xy + 0.5 / S, lab)
            here = out[3] > 0
            k = out[1][:, 1:].argmax(1) + 1
            tok = k
            if boxes is not None:
                l0 = out[0][:, 0].flatten(1)
                stable = (l0 > 0.05).sum(1) / (l0 > -0.05).sum(1).clamp(min=1) >= 0.98
                k, tok = torch.where(stable, 0, k), torch.zeros_like(k)
            r = torch.arange(O)
            low = torch.where(here[:, None, None, None], out[0][r, k][:, None], NO_OBJ)
            ptr = m.pointer(out[2][r, tok], here)
            self.score = out[3]
        high = F.interpolate(low, size=(S, S), mode="bilinear", align_corners=False)
        self.cond = m.remember(f.expand(O, -1, -1, -1), high, here, True).bfloat16().float()
        self.ptr0, self.O = ptr, O
        return low

    @torch.no_grad()
    def step(self, frame):
        m, S, O = self.m, self.size, self.O
        self.t += 1
        s0, s1, f, shared = self._image(frame)
        g = f.shape[-1]
        rec, ptrs = self.recent[-6:], [self.ptr0] + self.ptrs[::-1][:15]
        slots = [6] + list(range(len(rec) - 1, -1, -1))
        pt = torch.stack(ptrs, 1).view(O, -1, 64)
        mm = torch.cat([self.cond] + rec + [pt], 1)
        pp = torch.cat([m.memory_code(g, g, s) for s in slots] + [m.pointer_code([self.t] + list(range(1, len(ptrs))))[0]], 0)[None]
        feat = m.condition(shared.expand(O, -1, -1), mm, pp, pt.shape[1], g, g)
        out = m.decode(feat, s0.expand(O, -1, -1, -1), s1.expand(O, -1, -1, -1))
        here = out[3] > 0
        k = out[1][:, 1:].argmax(1) + 1
        r = torch.arange(O)
        low = torch.where(here[:, None, None, None], out[0][r, k][:, None], NO_OBJ)
        high = F.interpolate(low, size=(S, S), mode="bilinear", align_corners=False)
        self.recent.append(m.remember(f.expand(O, -1, -1, -1), high, here, False).bfloat16().float())
        self.ptrs.append(m.pointer(out[2][r, k], here))
        # An uncertain frame is shown and not remembered (memoryPresence of packages/tracker).
        held = (out[3] < CONFIG["memory_presence"])[:, None]
        self.recent[-1] = torch.where(held[:, None], self.recent[-2] if len(self.recent) > 1 else self.cond, self.recent[-1])
        self.ptrs[-1] = torch.where(held, self.ptrs[-2] if len(self.ptrs) > 1 else self.ptr0, self.ptrs[-1])
        self.recent, self.ptrs = self.recent[-6:], self.ptrs[-15:]
        self.score, self.iou = out[3], out[1][r, k]
        return low


def m_token(out, k):
    return out[2][:, k]


def full(low, h, w):
    return (F.interpolate(low, size=(h, w), mode="bilinear", align_corners=False)[:, 0] > 0).numpy()


# ---------------------------------------------------------------- DAVIS measures


def region(a, b):
    u = (a | b).sum()
    return 1.0 if u == 0 else (a & b).sum() / u


def seg2bmap(m):
    """One-pixel boundary as DAVIS defines it: where a pixel differs from its right, lower or lower right neighbour."""
    e, s, se = np.zeros_like(m), np.zeros_like(m), np.zeros_like(m)
    e[:, :-1], s[:-1], se[:-1, :-1] = m[:, 1:], m[1:], m[1:, 1:]
    b = (m ^ e) | (m ^ s) | (m ^ se)
    b[-1], b[:, -1] = m[-1] ^ e[-1], m[:, -1] ^ s[:, -1]
    b[-1, -1] = False
    return b


def boundary(a, b):
    r = int(np.ceil(0.008 * np.hypot(*a.shape)))
    y, x = np.mgrid[-r : r + 1, -r : r + 1]
    k = (x * x + y * y <= r * r).astype(np.uint8)
    p, g = seg2bmap(a), seg2bmap(b)
    pd, gd = cv2.dilate(p.astype(np.uint8), k) > 0, cv2.dilate(g.astype(np.uint8), k) > 0
    n, m = p.sum(), g.sum()
    if n == 0 or m == 0:
        return float(n == m)
    prec, rec = (p & gd).sum() / n, (g & pd).sum() / m
    return 2 * prec * rec / (prec + rec) if prec + rec else 0.0


def measure(model, frames, ids, prompt="mask", limit=None, size=SIZE):
    """Mean J, F over objects and frames 1.. (the prompted frame and, as in DAVIS, the last are left out)."""
    n = int(ids[0].max())
    tr = Tracker(model, size)
    first = np.stack([ids[0] == k + 1 for k in range(n)])
    if prompt == "mask":
        tr.start(frames[0], masks=first)
    else:
        box = [[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1] for ys, xs in (np.where(f) for f in first)]
        if prompt == "box":
            tr.start(frames[0], boxes=box)
        else:
            pts = []
            for f in first:
                d = cv2.distanceTransform(np.pad(f.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
                y, x = np.unravel_index(d.argmax(), d.shape)
                pts.append([x + 0.5, y + 0.5])
            tr.start(frames[0], clicks=pts)
    J, Fm, P = [], [], []
    T = min(len(frames), limit or len(frames))
    for t in range(1, T):
        out = full(tr.step(frames[t]), *frames[t].shape[:2])
        if t < T - 1:
            gt = [ids[t] == k + 1 for k in range(n)]
            J.append([region(o, g) for o, g in zip(out, gt)])
            Fm.append([boundary(o, g) for o, g in zip(out, gt)])
            P.append([bool(o.any()) == bool(g.any()) for o, g in zip(out, gt)])
    return np.array(J), np.array(Fm), np.array(P)


def samples(model, folder, a):
    rows = []
    for path in sorted(glob.glob(f"{folder}/*.npz")):
        z = np.load(path)
        t = time.time()
        J, Fm, P = measure(model, z["frames"], z["masks"], a.prompt, a.limit, a.size)
        rows.append((Path(path).stem, J.mean(), Fm.mean()))
        per = " ".join(f"{x:.2f}" for x in (J.mean(0) + Fm.mean(0)) / 2)
        third = [(J[i::1].mean(1) + Fm.mean(1))[k].mean() / 2 for i in (0,) for k in np.array_split(np.arange(len(J)), 3)]
        print(f"{rows[-1][0]:12s} J {J.mean():.3f} F {Fm.mean():.3f} J&F {(J.mean() + Fm.mean()) / 2:.3f}  objects {per}  thirds {' '.join(f'{x:.2f}' for x in third)}  presence right {P.mean():.3f}  {(time.time() - t) / len(J):.2f} s/frame", flush=True)
    for kind in sorted({r[0].split("-")[0] for r in rows}):
        r = np.array([[x[1], x[2]] for x in rows if x[0].startswith(kind)])
        print(f"{kind}: mean J {r[:, 0].mean():.3f} F {r[:, 1].mean():.3f} J&F {r.mean():.3f} over {len(r)} clips")


def video(model, path, prompts, out, last, cols=4, shown=12):
    spec = next(p for p in json.loads(Path(prompts).read_text())["prompts"] if p["video"] == Path(path).name)
    cap = cv2.VideoCapture(path)
    tr, tiles = Tracker(model), []
    show = set(np.linspace(0, last, shown).round().astype(int))
    for t in range(last + 1):
        ok, f = cap.read()
        if not ok:
            break
        f = np.ascontiguousarray(f[..., ::-1])
        h, w = f.shape[:2]
        if t == 0:
            m = np.zeros((h, w), np.uint8)
            cv2.fillPoly(m, [np.round(np.array(spec["polygon"])).astype(np.int32)], 1)
            low = tr.start(f, masks=m[None] > 0)
        else:
            low = tr.step(f)
        if t in show:
            k = full(low, h, w)[0]
            g = f.copy()
            g[k] = (g[k] * 0.5 + np.array([255, 40, 40]) * 0.5).astype(np.uint8)
            g = cv2.resize(g, (426, 240), interpolation=cv2.INTER_AREA)
            cv2.putText(g, f"{t} score {float(tr.score[0]):.1f} area {k.mean() * 100:.1f}%", (6, 18), 0, 0.5, (255, 255, 0), 1)
            tiles.append(g)
    rows = [np.concatenate(tiles[i : i + cols], 1) for i in range(0, len(tiles) // cols * cols, cols)]
    cv2.imwrite(out, np.concatenate(rows)[..., ::-1])


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("weights")
    p.add_argument("command", choices=["samples", "video"])
    p.add_argument("path")
    p.add_argument("--prompt", default="mask", choices=["mask", "box", "click"])
    p.add_argument("--limit", type=int)
    p.add_argument("--size", type=int, default=SIZE)
    p.add_argument("--raw", action="store_true", help="the last weights instead of their moving average")
    p.add_argument("--prompts", help="JSON with an outline on frame 0 (video command)")
    p.add_argument("--out", default="sheet.png")
    p.add_argument("--last", type=int, default=60)
    p.add_argument("--threads", type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    model = open_model(a.weights, a.raw)
    if a.command == "samples":
        samples(model, a.path, a)
    else:
        video(model, a.path, a.prompts, a.out, a.last)
