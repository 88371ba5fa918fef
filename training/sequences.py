"""Short sequences with masks, added to the cache that data.py reads (`seq_frames.npy`, `seq_masks.npy`).

Two sources: the project's own sample clips (seeds from 1000 up; lower ones are kept for evaluation), and footage, where
a cut-out is carried along by dense optical flow and dropped as soon as forward and backward flow disagree. The second
kind are pseudo-labels: good for a few frames, and the only place where real limbs, cloth and light are seen.
"""

import argparse
import glob
import itertools
import json
import shutil
from pathlib import Path

import cv2
import numpy as np

from data import cut_outs, read_frames

SIDE, FRAMES, OBJECTS = 384, 24, 3
WIDTH = 682  # footage is read at this width and squeezed, as the model squeezes its input


def sample_clips(path):
    """The output of training/render-clips.ts, one clip at a time: frames [F, S, S, 3], masks [K, F, S, S]."""
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
            yield fr, mk


def long_clips(path, out):
    """Clips of any length, for stream.py: `OUT_frames.npy` [n, F, S, S, 3] and `OUT_owner.npy` [n, F, S, S], 0 nobody."""
    with open(path, "rb") as f:
        heads = []
        while line := f.readline():
            heads.append(json.loads(line))
            f.seek(4 * heads[-1]["width"] * heads[-1]["height"] * heads[-1]["frames"], 1)
        shape = (len(heads), heads[0]["frames"], SIDE, SIDE)
        frames = np.lib.format.open_memmap(f"{out}_frames.npy", "w+", "u1", (*shape, 3))
        owners = np.lib.format.open_memmap(f"{out}_owner.npy", "w+", "u1", shape)
        f.seek(0)
        for i in range(len(heads)):
            h = json.loads(f.readline())
            n = h["width"] * h["height"]
            for t in range(h["frames"]):
                frames[i, t] = cv2.resize(np.frombuffer(f.read(3 * n), np.uint8).reshape(h["height"], h["width"], 3), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
                owner = np.frombuffer(f.read(n), np.uint8).reshape(h["height"], h["width"])
                for k in range(1, h["objects"] + 1):
                    owners[i, t][cv2.resize((owner == k).astype(np.uint8) * 255, (SIDE, SIDE), interpolation=cv2.INTER_AREA) > 127] = k
    return len(heads)


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
    for path in sorted(glob.glob(str(Path(folder) / "*.mp4"))):
        fr = read_frames(path, 1, (WIDTH, SIDE), 300)
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
                yield np.stack([small(f) for f in part]), np.stack([np.stack([small(m) for m in k]) for k in kept])
        print(path, found, flush=True)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cache", required=True)
    ap.add_argument("--sample", nargs="*", default=[], help="files made by training/render-clips.ts")
    ap.add_argument("--long", nargs="*", default=[], help="files made by training/render-clips.ts with more frames, for stream.py")
    ap.add_argument("--footage")
    ap.add_argument("--per-video", type=int, default=8)
    ap.add_argument("--seed", type=int, default=0)
    a = ap.parse_args()
    for k, path in enumerate(a.long):
        print(path, long_clips(path, Path(a.cache) / f"long{k}"), "long clips", flush=True)
    clips = itertools.chain(*map(sample_clips, a.sample), footage_clips(a.footage, a.per_video, a.seed) if a.footage else [])
    n = 0
    with open(Path(a.cache) / "frames.raw", "wb") as frames, open(Path(a.cache) / "masks.raw", "wb") as masks:
        for fr, mk in clips:  # straight to disk: hundreds of clips do not fit in memory twice
            fr.tofile(frames)
            mk.tofile(masks)
            n += 1
    for name, shape in (("frames", (n, FRAMES, SIDE, SIDE, 3)), ("masks", (n, OBJECTS, FRAMES, SIDE, SIDE))):
        with open(Path(a.cache) / f"seq_{name}.head", "wb") as head:
            np.lib.format.write_array_header_2_0(head, dict(descr="|u1", fortran_order=False, shape=shape))
        with open(Path(a.cache) / f"seq_{name}.npy", "wb") as out:
            for part in (f"seq_{name}.head", f"{name}.raw"):
                with open(Path(a.cache) / part, "rb") as f:
                    shutil.copyfileobj(f, out, 1 << 24)
                (Path(a.cache) / part).unlink()
    print(n, "sequences")
