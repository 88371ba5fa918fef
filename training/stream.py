"""Long clips trained a few frames at a time, with the model's own predictions as memory, as it will be used.

A stream keeps one clip and the bank that the model filled so far. Every training step goes on for a few frames with
gradients and then cuts them (truncated backpropagation through time), so that full banks, drift, absence and return are
seen at the price of a short clip. The memory of the prompted frame is encoded anew in each step, so that it learns too.
"""

from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F

import data
from losses import box_prompt, choose, frame_loss, sample_clicks, true_iou, up
from model import MEAN, NO_OBJ, STD


class Source:
    """Sequences on disk: frames [n, T, S, S, 3] and masks, either [n, K, T, S, S] or owners [n, T, S, S]."""

    def __init__(self, frames, masks, keep, steps):
        self.frames, self.masks = np.load(frames, mmap_mode="r"), np.load(masks, mmap_mode="r")
        self.keep, self.steps = keep, steps

    def objects(self, i, t):
        """[K, S, S] bool"""
        if self.masks.ndim == 4:
            return self.masks[i, t][None] == np.arange(1, 4, dtype=np.uint8)[:, None, None]
        return np.asarray(self.masks[i, :, t]) > 127


class Composed:
    """One clip of data.py, composed when it is needed: parts, limbs and real cut-outs, which the sample clips lack."""

    keep, steps = np.array([0]), (1,)

    def __init__(self, rng, pool, size=384, frames=20):
        f, m, n = data.clip(rng, pool, size, frames, 3, gap=False)
        self.frames, self.m = f[None], m[:n] > 127

    def objects(self, _, t):
        return self.m[:, t]


def sources(cache, samples):
    """(share, source) pairs. The first `samples` sequences of the cache are sample clips, the others footage."""
    cache = Path(cache)
    out = []
    for f in sorted(cache.glob("long*_frames.npy")):
        s = Source(f, str(f).replace("_frames", "_owner"), None, (1, 1, 2))
        s.keep = np.arange(len(s.frames))
        out.append(s)
    short = Source(cache / "seq_frames.npy", cache / "seq_masks.npy", np.arange(samples), (1,))
    real = Source(cache / "seq_frames.npy", cache / "seq_masks.npy", None, (1, 1, 2))
    real.keep = np.arange(samples, len(real.frames))
    return [(0.5 / len(out), s) for s in out] + [(0.06, short), (0.2, real), (0.24, Composed)]


class Stream:
    def __init__(self, rng, found, pool):
        shares = np.array([s for s, _ in found])
        while True:
            src = found[rng.choice(len(found), p=shares / shares.sum())][1]
            if src is Composed:
                src = Composed(rng, pool)
            i = int(rng.choice(src.keep))
            n = src.frames.shape[1]
            step = int(rng.choice(src.steps))
            order = np.arange(0 if rng.random() < 0.5 or n < 24 else int(rng.integers(0, n // 2)), n, step)
            if rng.random() < 0.3:
                order = n - 1 - order
            first = src.objects(i, order[0])
            keep = [k for k in range(len(first)) if first[k].sum() > 300 and not any((first[k] == first[j]).all() for j in range(k))]
            if keep:
                break
        self.src, self.i, self.order, self.keep = src, i, order, keep
        self.at = 0
        self.flip = rng.random() < 0.5
        self.lut = None
        if rng.random() < 0.5:
            gain, bias = rng.normal(1, 0.12, 3) * rng.uniform(0.8, 1.2), rng.normal(0, 8)
            self.lut = np.clip(np.arange(256)[:, None] * gain + bias, 0, 255).astype(np.uint8)
        self.blur = rng.uniform(0.4, 1.2) if rng.random() < 0.2 else 0
        self.noise = rng.uniform(1, 8) if rng.random() < 0.2 else 0
        self.gap = 0 if rng.random() < 0.6 else int(rng.integers(0, 90))
        self.prompt = rng.choice(["mask", "box", "click"], p=[0.74, 0.15, 0.11])
        self.recent, self.pointers = [], []

    def take(self, rng, count):
        """The next frames [T, S, S, 3] and masks [O, T, S, S] as float."""
        idx = self.order[self.at : self.at + count]
        fr, mk = [], []
        for t in idx:
            f = np.asarray(self.src.frames[self.i, t])
            m = self.src.objects(self.i, t)[self.keep]
            if self.flip:
                f, m = f[:, ::-1], m[:, :, ::-1]
            if self.lut is not None:
                f = np.stack([self.lut[:, c][f[..., c]] for c in range(3)], -1)
            if self.blur:
                f = cv2.GaussianBlur(np.ascontiguousarray(f), (0, 0), self.blur)
            if self.noise:
                f = np.clip(f + rng.standard_normal(f.shape[:2] + (1,), dtype=np.float32) * self.noise, 0, 255).astype(np.uint8)
            fr.append(f)
            mk.append(m)
        return np.stack(fr), torch.from_numpy(np.stack(mk, 1).astype(np.float32))

    @property
    def done(self):
        return self.at >= len(self.order)

    def run(self, model, rng, count, learn_encoder=True, truth=0.06):
        """Tracks the next frames; returns the loss, mean IoU where visible, and how often presence was right."""
        fr, m = self.take(rng, count)
        T, S = fr.shape[:2]
        O = len(m)
        with torch.set_grad_enabled(learn_encoder):
            x = torch.from_numpy(fr).permute(0, 3, 1, 2).float() / 255
            s0, s1, f = model.encode((x - MEAN) / STD)
        h = f.shape[-1]
        shared = model.image_memory_part(f)
        target = F.avg_pool2d(m, 4)
        present = (m.sum((2, 3)) >= 16)
        code = {s: model.memory_code(h, h, s) for s in range(7)}

        def of(t, i):
            return t[i : i + 1].expand(O, *[-1] * (t.dim() - 1))

        loss, ious, begin = 0.0, [], 0
        if self.at == 0:
            loss = self.start(model, rng, of(f, 0), of(s0, 0), of(s1, 0), m[:, 0], target[:, 0])
            begin = 1
        first = model.remember(self.f0.expand(O, -1, -1, -1), self.high0, self.present0, True)
        pointer0 = model.pointer(self.token0, self.present0)
        recent, pointers = list(self.recent), list(self.pointers)
        total = 0.0
        for t in range(begin, T):
            now = self.at + t
            rec = recent[-6:]
            ptr = [pointer0] + pointers[::-1][:15]
            slots = [6] + list(range(len(rec) - 1, -1, -1))
            pt = torch.stack(ptr, 1).view(O, -1, 64)
            mm = torch.cat([first] + rec + [pt], 1)
            pp = torch.cat([code[s] for s in slots] + [model.pointer_code([now + self.gap] + list(range(1, len(ptr))))[0]], 0)[None]
            feat = model.condition(of(shared, t), mm, pp, pt.shape[1], h, h)
            out = model.decode(feat, of(s0, t), of(s1, t))
            pr = present[:, t]
            total = total + frame_loss(out, target[:, t], pr, True, absent=3.0)
            low, token, _ = choose(out)
            with torch.no_grad():
                iou = true_iou(low, target[:, t])[:, 0]
                ious.append(torch.stack((iou, pr.float(), ((out[3] > 0) == pr).float()), 1))
                # Mostly its own prediction, also where that went astray, or it never learns to mend itself; the truth now
                # and then, a little oftener where the object is lost.
                lost = torch.where(pr, iou < 0.3, out[3] > 0)
                forced = torch.from_numpy(rng.random(O).astype(np.float32)) < torch.where(lost, 0.2, truth)
            gate = torch.where(forced, pr, out[3].detach() > 0)
            high = up(torch.where(gate[:, None, None, None], low, NO_OBJ), S)
            high = torch.where((forced & pr)[:, None, None, None], 20 * m[:, t : t + 1] - 10, high)
            recent.append(model.remember(of(f, t), high, gate, False))
            pointers.append(model.pointer(token, gate))
        self.at += T
        self.recent = [r.detach() for r in recent[-6:]]
        self.pointers = [p.detach() for p in pointers[-15:]]
        loss = loss + 2 * total / max(T - begin, 1)
        s = torch.cat(ious) if ious else torch.zeros(1, 3)
        w = s[:, 1]
        return loss, float((s[:, 0] * w).sum() / w.sum().clamp(min=1)), float(s[:, 2].mean())

    def start(self, model, rng, f0, a0, b0, m, target):
        S = m.shape[-1]
        hard = m[:, None]
        self.present0 = torch.ones(len(m), dtype=torch.bool)
        if self.prompt == "mask":
            out = model.decode(f0, a0, b0, mask=model.mask_downsample(hard))
            low = F.interpolate(20 * hard - 10, size=(S // 4, S // 4), mode="bilinear", antialias=True)
            token = out[2][:, 0]
            loss = 0.2 * frame_loss(out, target, self.present0, False)
        else:
            want = m.numpy() > 0.5
            xy, lab = box_prompt(rng, want) if self.prompt == "box" else sample_clicks(rng, want, np.zeros_like(want))
            out = model.decode(f0 + model.no_memory_embedding.view(1, -1, 1, 1), a0, b0, xy + 0.5 / S, lab)
            loss = frame_loss(out, target, self.present0, self.prompt == "click")
            low, token, _ = choose(out)
            if self.prompt == "box":
                low, token = out[0][:, :1], out[2][:, 0]
            bad = true_iou(low, target[:])[:, 0] < 0.7  # a person would have corrected it
            low = torch.where(bad[:, None, None, None], 20 * target[:, None] - 10, low)
        self.f0, self.token0, self.high0 = f0[:1].detach(), token.detach(), up(low.detach(), S)
        return loss


class Streams:
    """Several streams taken in turn, so that steps that follow each other see different clips."""

    def __init__(self, rng, cache, samples, pool, count=4):
        self.rng, self.found, self.pool = rng, sources(cache, samples), pool
        self.live = [Stream(rng, self.found, pool) for _ in range(count)]
        self.turn = 0

    def next(self, model, frames, learn_encoder):
        k = self.turn = (self.turn + 1) % len(self.live)
        if len(self.live[k].order) - self.live[k].at < 2:
            self.live[k] = Stream(self.rng, self.found, self.pool)
        return self.live[k].run(model, self.rng, frames, learn_encoder)
