"""What one decoder call costs, and the prompts that a clip's masks give."""

import cv2
import numpy as np
import torch
import torch.nn.functional as F


def mask_losses(logits, target, weight):
    """Cross-entropy and dice per candidate: logits [B,K,h,w], target [B,h,w] in 0..1 -> [B,K]."""
    t = target[:, None].expand_as(logits)
    bce = F.binary_cross_entropy_with_logits(logits, t, reduction="none")
    # Far from the object nearly all pixels are easy: half of the weight goes to the band around its outline.
    edge = F.max_pool2d(target[:, None], 9, 1, 4)
    e = edge.expand_as(bce)
    bce = bce.mean((2, 3)) + (bce * e).sum((2, 3)) / (e.sum((2, 3)) + 20)
    p = logits.sigmoid()
    dice = 1 - (2 * (p * t).sum((2, 3)) + 1) / ((p * p).sum((2, 3)) + (t * t).sum((2, 3)) + 1)
    return (bce + dice) * weight[:, None]


@torch.no_grad()
def true_iou(logits, target):
    a, b = logits > 0, target[:, None] > 0.5
    return (a & b).sum((2, 3)).float() / (a | b).sum((2, 3)).clamp(min=1).float()


def frame_loss(out, target, present, multi, absent=1.0):
    """The loss of one decoder call. present: [B] bool; absent: how much more a frame without the object counts for presence."""
    masks, iou, _, score = out
    w = present.float()
    l = mask_losses(masks, target, w)
    best = l[:, 1:].min(1).values
    # Mostly the best candidate, a little of all three, so that none dies; token 0 always.
    loss = (0.75 * best + 0.25 * l[:, 1:].mean(1)) * (1.0 if multi else 0.3) + l[:, 0] * (0.4 if multi else 1.0)
    loss = loss + (iou - true_iou(masks, target)).abs().mean(1) * w * 0.5
    loss = loss + 0.4 * F.binary_cross_entropy_with_logits(score, w, reduction="none") * torch.where(present, 1.0, absent)
    return loss.mean()


def up(x, size):
    return F.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


def choose(out):
    k = out[1][:, 1:].argmax(1) + 1
    r = torch.arange(len(k))
    return out[0][r, k][:, None], out[2][r, k], out[1][r, k]


def sample_clicks(rng, want, have):
    """One click per row in the middle of the wrong area: want, have [B,S,S] bool arrays."""
    xy, lab = [], []
    for w, h in zip(want, have):
        fn, fp = w & ~h, h & ~w
        pos = fn.sum() >= fp.sum()
        e = (fn if pos else fp).astype(np.uint8)
        if not e.any():
            e, pos = (w.astype(np.uint8), True) if w.any() else ((~w).astype(np.uint8), False)
        d = cv2.distanceTransform(np.pad(e, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        c = np.argwhere(d >= d.max() * (0.5 if rng.random() < 0.5 else 0.9))
        y, x = c[rng.integers(len(c))]
        xy.append(((x + 0.5) / w.shape[1], (y + 0.5) / w.shape[0]))
        lab.append(int(pos))
    return torch.tensor(xy, dtype=torch.float32)[:, None], torch.tensor(lab)[:, None]


def box_prompt(rng, want):
    out = []
    for w in want:
        ys, xs = np.where(w.any(1))[0], np.where(w.any(0))[0]
        n = w.shape[0]
        b = np.array([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1], np.float64) / n if len(ys) else np.array([0.2, 0.2, 0.8, 0.8])
        j = np.array([b[2] - b[0], b[3] - b[1]] * 2) * rng.normal(0, 0.04, 4)
        out.append(np.clip(b + j, 0, 1).reshape(2, 2))
    n = len(out)
    return torch.tensor(np.array(out), dtype=torch.float32), torch.tensor([[2, 3]]).expand(n, 2)
