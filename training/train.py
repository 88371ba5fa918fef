"""Trains the built-in model on a CPU (see README.md for the stages).

Several single-threaded processes average their gradients in every step: tensors this small scale badly over threads.
(Tried and dropped: processes that update shared weights without waiting for each other; at the same rate that collapsed
to empty masks.) Process 0 keeps the moving average of the weights and the checkpoints.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F
from safetensors.torch import load_file

import data
from losses import box_prompt, choose, frame_loss, sample_clicks, true_iou, up
from model import MEAN, NO_OBJ, STD, Roto, narrow, structured_init
from stream import Streams


# ---------------------------------------------------------------- one clip batch through the tracker


def track(model, frames, masks, prompt, rng, force=1.0, gap=None, detach=0):
    """frames uint8 [B,T,S,S,3], masks uint8 [B,O,T,S,S]; returns the loss and a few numbers."""
    B, T, S = frames.shape[:3]
    O = masks.shape[1]
    x = torch.from_numpy(frames).permute(0, 1, 4, 2, 3).flatten(0, 1).float() / 255
    s0, s1, f = model.encode((x - MEAN) / STD)
    h = f.shape[-1]
    shared = model.image_memory_part(f[:]).view(B, T, h * h, -1)
    s0, s1, f = (t.view(B, T, *t.shape[1:]) for t in (s0, s1, f))
    m = torch.from_numpy(masks).flatten(0, 1).float() / 255  # [R,T,S,S]
    R = m.shape[0]
    target = F.avg_pool2d(m, 4)
    area = (m > 0.5).sum((2, 3))
    present = area >= 8 * S / 192

    def of(t, i):  # rows of objects
        return t[:, i].repeat_interleave(O, 0)

    # --- prompted frame
    f0, a0, b0 = of(f, 0), of(s0, 0), of(s1, 0)
    pr = present[:, 0]
    hard = (m[:, 0] > 0.5).float()[:, None]
    loss = 0.0
    if prompt == "mask":
        out = model.decode(f0, a0, b0, mask=model.mask_downsample(hard))
        loss = loss + 0.3 * frame_loss(out, target[:, 0], pr, False)
        low = F.interpolate(20 * hard - 10, size=(S // 4, S // 4), mode="bilinear", antialias=True)
        token = out[2][:, 0]
    else:
        want = hard[:, 0].numpy() > 0.5
        if prompt == "box":
            xy, lab = box_prompt(rng, want)
        else:
            xy, lab = sample_clicks(rng, want, np.zeros_like(want))
        feat = f0 + model.no_memory_embedding.view(1, -1, 1, 1)
        out = model.decode(feat, a0, b0, xy + 0.5 / S, lab)
        multi = prompt == "click"
        loss = loss + frame_loss(out, target[:, 0], pr, multi)
        low, token, _ = choose(out)
        if not multi:
            low, token = out[0][:, :1], out[2][:, 0]
        if rng.random() < 0.4:  # a correcting click or two, with the previous logits as dense prompt
            for _ in range(int(rng.integers(1, 3))):
                have = (up(low, S)[:, 0] > 0).numpy()
                cx, cl = sample_clicks(rng, want, have)
                xy, lab = torch.cat((xy, cx), 1), torch.cat((lab, cl), 1)
                out = model.decode(feat, a0, b0, xy + 0.5 / S, lab, low.detach().clamp(-32, 32))
                loss = loss + 0.5 * frame_loss(out, target[:, 0], pr, False)
                low, token = out[0][:, :1], out[2][:, 0]
        # While the click is still answered badly, remember the true mask, or later frames learn nothing.
        bad = true_iou(low, target[:, 0])[:, 0] < 0.6
        low = torch.where(bad[:, None, None, None], 20 * target[:, :1] - 10, low)
    first = loss
    bank = [(model.remember(f0, up(low.detach(), S), pr, True), 6)]
    pointers = [model.pointer(token, pr)]

    code = {s: model.memory_code(h, h, s) for s in range(7)}
    if gap is None:
        gap = 0 if rng.random() < 0.5 else int(rng.integers(0, 150))
    total, ious, n = 0.0, [], 0
    recent, rptr = [], []
    for t in range(1, T):
        mem = [bank[0][0]] + recent[-6:]
        slots = [6] + list(range(len(recent[-6:]) - 1, -1, -1))
        ptr = pointers + rptr[::-1][:15]
        delta = [t + gap] + list(range(1, len(ptr)))
        pt = torch.stack(ptr, 1).view(R, -1, 64)
        mm = torch.cat(mem + [pt], 1)
        pp = torch.cat([code[s] for s in slots] + [model.pointer_code(delta)[0]], 0)[None]
        feat = model.condition(of(shared, t), mm, pp, pt.shape[1], h, h)
        out = model.decode(feat, of(s0, t), of(s1, t))
        pr = present[:, t]
        total = total + frame_loss(out, target[:, t], pr, True)
        low, token, _ = choose(out)
        with torch.no_grad():
            ious.append(torch.stack((true_iou(low, target[:, t])[:, 0], pr.float(), ((out[3] > 0) == pr).float()), 1))
        if t < T - 1:
            gate = pr if rng.random() < force else out[3].detach() > 0
            low = torch.where(gate[:, None, None, None], low, NO_OBJ)
            mem_t = model.remember(of(f, t), up(low, S), gate, False)
            recent.append(mem_t.detach() if detach and t % detach == 0 else mem_t)
            rptr.append(model.pointer(token, gate))
    loss = (0.5 if prompt == "mask" else 1.0) * first + total / max(T - 1, 1) * 2
    s = torch.cat(ious) if ious else torch.zeros(1, 3)
    w = s[:, 1]
    return loss, float((s[:, 0] * w).sum() / w.sum().clamp(min=1)), float(s[:, 2].mean()), true_iou(out[0][:, :1], target[:, -1]).mean()


# ---------------------------------------------------------------- processes


def learning_rate(a, mine):
    gone = min(1.0, (time.time() - a.begun) / (60 * a.minutes))
    fall = 1.0 if gone < 1 - a.decay else max(0.03, (1 - gone) / max(a.decay, 1e-6))
    return a.lr * min(1.0, (mine + 1) / a.warmup) * fall, gone


def worker(rank, a, start):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(a.port))
    dist.init_process_group("gloo", rank=rank, world_size=a.workers)
    rng = np.random.default_rng([a.seed, rank, start["step"]])
    torch.manual_seed(a.seed * 100 + rank)
    model = Roto()
    model.load_state_dict(start["model"])
    pool = data.Pool(rng, a.cache, size=128 if max(a.sizes) < 250 else 192)
    decay, plain = [], []
    for n, p in model.named_parameters():
        (decay if p.dim() > 1 and "embed" not in n and "token" not in n else plain).append(p)
    params = decay + plain
    opt = torch.optim.AdamW([dict(params=decay, weight_decay=0.02), dict(params=plain, weight_decay=0.0)], lr=a.lr, betas=(0.9, 0.98))
    if "opt" in start and a.keep_optimizer:
        opt.load_state_dict(start["opt"])
    step = start["step"]
    ema = {k: v.clone() for k, v in start.get("ema", start["model"]).items()}
    out, tally = Path(a.out), []
    o = dict(data.EASY, real=a.real)
    same = np.random.default_rng(a.seed + step)  # choices that all processes make alike, so that they take equally long
    streams = Streams(rng, a.cache, a.samples, pool) if a.stream else None
    shown = saved = time.time()
    mine = 0
    while True:
        lr, gone = learning_rate(a, mine)
        told = torch.tensor([lr, gone])
        dist.broadcast(told, 0)
        if float(told[1]) >= 1:
            break
        for g in opt.param_groups:
            g["lr"] = float(told[0])
        opt.zero_grad(set_to_none=True)
        for _ in range(a.accumulate):
            with narrow(a.narrow):
                if same.random() < a.stream:
                    loss, iou, ok = streams.next(model, a.chunk, same.random() < a.encoder)
                else:
                    size = int(same.choice(a.sizes, p=a.shares))
                    T = int(same.integers(a.frames[0], a.frames[1] + 1))
                    B = max(1, round(a.batch * a.frames[0] / T * (min(a.sizes) / size) ** 1.5))
                    O = a.objects if size < 250 else min(a.objects, 2)
                    prompt = rng.choice(["mask", "box", "click"], p=[0.66, 0.19, 0.15]) if step > a.mask_first else "mask"
                    clips = [data.clip(rng, pool, size, T, O, o) for _ in range(B)]
                    loss, iou, ok, _ = track(model, np.stack([c[0] for c in clips]), np.stack([c[1] for c in clips]), prompt, rng, a.force)
            (loss / a.accumulate).backward()
        v = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in params])
        v = torch.nan_to_num(v, 0.0, 0.0, 0.0)
        dist.all_reduce(v)
        v /= a.workers
        norm = float(v.norm())
        v *= min(1.0, 1.0 / (norm + 1e-6))
        i = 0
        for p in params:
            p.grad = v[i : i + p.numel()].view_as(p)
            i += p.numel()
        opt.step()
        step, mine = step + 1, mine + 1
        tally.append((float(loss.detach()), iou, ok, norm))
        if rank:
            continue
        k = min(a.ema, (mine + 1) / (mine + 10)) if "ema" not in start else a.ema
        with torch.no_grad():
            for n, t in model.state_dict().items():
                ema[n].lerp_(t, 1 - k)
        if time.time() - shown > 20:
            m = np.mean(tally, 0)
            print(f"{(time.time() - a.begun) / 60:5.1f} min step {step} loss {m[0]:.3f} iou {m[1]:.3f} presence {m[2]:.3f} norm {m[3]:.1f} lr {float(told[0]):.1e} {len(tally) / (time.time() - shown):.2f}/s", flush=True)
            tally, shown = [], time.time()
        if time.time() - saved > 60 * a.save:
            save(out, model, ema, opt, step)
            saved = time.time()
    if rank == 0:
        save(out, model, ema, opt, step)
    dist.barrier()


def save(out, model, ema, opt, step):
    torch.save(dict(model=model.state_dict(), ema=ema, opt=opt.state_dict(), step=step), out / "tmp.pt")
    os.replace(out / "tmp.pt", out / "last.pt")


def init_batch(a, n=24):
    rng = np.random.default_rng(a.seed)
    pool = data.Pool(rng, a.cache, sprites=60, backs=10)
    fr, mk = zip(*[data.clip(rng, pool, 192, 2, 2)[:2] for _ in range(n)])
    x = torch.from_numpy(np.stack(fr)).flatten(0, 1).permute(0, 3, 1, 2).float() / 255
    m = torch.from_numpy(np.stack(mk)).flatten(0, 2).float()[:, None] / 255
    return (x - MEAN) / STD, (m > 0.5).float()


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True, help="run folder; its last.pt holds weights, their moving average and the optimizer")
    p.add_argument("--start", help="checkpoint to go on from (also of another run)")
    p.add_argument("--take", default="model", choices=["model", "ema"], help="which weights of --start")
    p.add_argument("--keep-optimizer", action="store_true", help="go on with the optimizer state of --start: an interrupted stage")
    p.add_argument("--cache", help="folder made by `data.py prepare`; without it everything is procedural")
    p.add_argument("--workers", type=int, default=4)
    p.add_argument("--sizes", type=int, nargs="+", default=[192], help="image sizes, multiples of 192")
    p.add_argument("--shares", type=float, nargs="+", help="how often each size is drawn")
    p.add_argument("--frames", type=int, nargs=2, default=[2, 3])
    p.add_argument("--objects", type=int, default=3)
    p.add_argument("--batch", type=int, default=3, help="clips per step and process, at the smallest size and length")
    p.add_argument("--lr", type=float, default=5e-4)
    p.add_argument("--warmup", type=int, default=60)
    p.add_argument("--decay", type=float, default=0.3, help="share of the time in which the rate falls to 3 %%")
    p.add_argument("--ema", type=float, default=0.99)
    p.add_argument("--mask-first", type=int, default=400, help="only mask prompts up to this step")
    p.add_argument("--force", type=float, default=1.0, help="how often memory is gated by the true presence instead of the predicted one")
    p.add_argument("--real", type=float, default=0.0, help="share of clips taken from the sequences in the cache")
    p.add_argument("--stream", type=float, default=0.0, help="share of steps that go on with a long clip (stream.py)")
    p.add_argument("--accumulate", type=int, default=1, help="batches per step and process")
    p.add_argument("--narrow", action="store_true", help="products in bfloat16: faster where the processor has AMX")
    p.add_argument("--chunk", type=int, default=4, help="frames per step of a long clip")
    p.add_argument("--encoder", type=float, default=1.0, help="share of these steps in which the image encoder learns")
    p.add_argument("--samples", type=int, default=0, help="how many sequences of the cache are sample clips; the rest is footage")
    p.add_argument("--minutes", type=float, default=60)
    p.add_argument("--save", type=float, default=1.5, help="minutes between checkpoints")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--port", type=int, default=29622)
    a = p.parse_args()
    a.shares = a.shares or [1 / len(a.sizes)] * len(a.sizes)
    Path(a.out).mkdir(parents=True, exist_ok=True)
    torch.manual_seed(a.seed)
    if a.start:
        if a.start.endswith(".safetensors"):  # an export: weights alone
            weights = load_file(a.start)
            c = {"model": {k: v.float() for k, v in weights.items()}, "step": 0}
            c["ema"] = c["model"]
        else:
            c = torch.load(a.start, map_location="cpu")
        start = dict(c, model=c[a.take])
        if not a.keep_optimizer:
            start.pop("opt", None)
    else:
        model = Roto()
        print("mask read-back error", structured_init(model, *init_batch(a)), flush=True)
        start = dict(model=model.state_dict(), step=0)
    (Path(a.out) / "args.json").write_text(json.dumps(vars(a), indent=1))
    a.begun = time.time()
    mp.spawn(worker, (a, start), nprocs=a.workers)
