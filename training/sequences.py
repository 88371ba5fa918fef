"""Short sequences with masks, added to the cache that data.py reads (`seq_frames.npy`, `seq_masks.npy`).

Two sources: the project's own sample clips (seeds from 1000 up; lower ones are kept for evaluation), and footage, where
a cut-out is carried along by dense optical flow and dropped as soon as forward and backward flow disagree. The second
kind are pseudo-labels: good for a few frames, and the only place where real limbs, cloth and light are seen.
"""

import argparse
import glob
import json
from pathlib import Path

import cv2
import numpy as np

from data import cut_outs, read_frames

SIDE, FRAMES, OBJECTS = 224, 16, 3


def sample_clips(path):
    """The output of training/render-clips.ts -> frames [n, F, S, S, 3], masks [n, K, F, S, S]."""
    out = []
    with open(path, "rb") as f:
        while line := f.readline():
            h = json.loads(line)
            n = h["width"] * h["height"]
            fr, mk = np.empty((FRAMES, SIDE, SIDE, 3), np.uint8), np.zeros((OBJECTS, FRAMES, SIDE, SIDE), np.uint8)
            for t in range(h["frames"]):
                rgb = np.frombuffer(f.read(3 * n), np.uint8).reshape(h["height"], h["width"], 3)
                owner = np.frombuffer(f.read(n), np.uint8).reshape(h["height"], h["width"])
                fr[t] = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
                for k in range(h["objects"]):
                    mk[k, t] = cv2.resize((owner == k + 1).astype(np.uint8) * 255, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            out.append((fr, mk))
    return out


def carry(frames, mask):
    """The mask on every frame, pulled along by flow; None when it is lost."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    h, w = mask.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    grey = [cv2.cvtColor(f, cv2.COLOR_RGB2GRAY) for f in frames]
    out = [mask]
    first = (mask > 127).sum()
    for a, b in zip(grey, grey[1:]):
        back = flow.calc(b, a, None)  # where each pixel of b was in a
        fore = flow.calc(a, b, None)
        sx, sy = x + back[..., 0], y + back[..., 1]
        there = cv2.remap(fore, sx, sy, cv2.INTER_LINEAR)
        wrong = np.hypot(there[..., 0] + back[..., 0], there[..., 1] + back[..., 1])
        m = cv2.remap(out[-1], sx, sy, cv2.INTER_LINEAR)
        on = m > 127
        if on.sum() < 0.6 * first or on.sum() > 1.6 * first or wrong[on].mean() > 0.8 or (wrong[on] > 2).mean() > 0.08:
            return None
        m = cv2.GaussianBlur(m, (0, 0), 0.8)
        out.append(np.where(m > 127, 255, m // 2).astype(np.uint8))
    return np.stack(out)


def footage_clips(folder, per_video, seed):
    rng = np.random.default_rng(seed)
    out = []
    for path in sorted(glob.glob(str(Path(folder) / "*.mp4"))):
        fr = read_frames(path, 1, (398, 224), 450)
        found = 0
        for _ in range(per_video * 3):
            if found == per_video:
                break
            stride = int(rng.integers(1, 4))
            if len(fr) <= stride * FRAMES:
                continue
            s = int(rng.integers(len(fr) - stride * FRAMES))
            part = fr[s : s + stride * FRAMES : stride]
            kept = []
            for m, _ in cut_outs(rng, part[0], 6):
                c = carry(part, m)
                if c is not None:
                    kept.append(c)
            if kept:
                found += 1
                kept = (kept * OBJECTS)[:OBJECTS]
                small = lambda a: cv2.resize(a, (SIDE, SIDE), interpolation=cv2.INTER_AREA)  # noqa: E731
                out.append((np.stack([small(f) for f in part]), np.stack([np.stack([small(m) for m in k]) for k in kept])))
        print(path, found, flush=True)
    return out


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cache", required=True)
    ap.add_argument("--sample", help="file made by training/render-clips.ts")
    ap.add_argument("--footage")
    ap.add_argument("--per-video", type=int, default=8)
    ap.add_argument("--seed", type=int, default=0)
    a = ap.parse_args()
    clips = (sample_clips(a.sample) if a.sample else []) + (footage_clips(a.footage, a.per_video, a.seed) if a.footage else [])
    np.save(Path(a.cache) / "seq_frames.npy", np.stack([c[0] for c in clips]))
    np.save(Path(a.cache) / "seq_masks.npy", np.stack([c[1] for c in clips]))
    print(len(clips), "sequences")
