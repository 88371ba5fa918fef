"""Training clips, all rendered here: cut-out objects with known masks moving over moving backgrounds.

Objects are procedural shapes with procedural textures, and (with --footage) pieces cut out of any video files you have.
`prepare` turns a folder of videos into a cache of backgrounds, cut-outs and short real sequences; without it everything
is procedural. `clip(rng, ...)` renders one training clip.
"""

import argparse
import glob
import math
import os
from pathlib import Path

import cv2
import numpy as np

cv2.setNumThreads(1)

# ---------------------------------------------------------------- textures and shapes


def palette(rng, n):
    """Colours that may be vivid, dull, dark or close to each other."""
    base = rng.integers(0, 256, 3)
    spread = rng.choice([25, 60, 140, 255])
    c = np.clip(base + rng.integers(-spread, spread + 1, (n, 3)), 0, 255)
    if rng.random() < 0.25:
        c = np.repeat(c.mean(1, keepdims=True), 3, 1) + rng.integers(-8, 9, 3)
    return np.clip(c, 0, 255).astype(np.float32)


def noise(rng, s, lo=2, hi=5):
    """Fractal noise in 0..1."""
    out = np.zeros((s, s), np.float32)
    a = 1.0
    fall = rng.uniform(0.4, 0.9)
    for k in range(rng.integers(lo, lo + 2), hi + rng.integers(0, 3)):
        n = min(2**k, s)
        out += a * cv2.resize(rng.random((n, n), np.float32) - 0.5, (s, s), interpolation=cv2.INTER_CUBIC)
        a *= fall
    out -= out.min()
    return out / max(out.max(), 1e-6)


def texture(rng, s):
    kind = rng.choice(["noise", "noise", "stripes", "checks", "voronoi", "flat", "gradient", "dots", "text", "rings", "marble", "patches"])
    col = palette(rng, 6)
    y, x = np.mgrid[0:s, 0:s].astype(np.float32) / s
    th = rng.uniform(0, math.pi)
    u, v = x * math.cos(th) + y * math.sin(th), -x * math.sin(th) + y * math.cos(th)
    f = math.exp(rng.uniform(math.log(2), math.log(14)))

    def mix(t):
        t = np.clip(t, 0, 1)[..., None]
        return col[0] * (1 - t) + col[1] * t

    if kind == "noise":
        t = noise(rng, s, 1, 6)
        img = mix(t) if rng.random() < 0.5 else mix((t > 0.5) * 1.0 if rng.random() < 0.4 else np.abs(2 * t - 1))
    elif kind == "stripes":
        t = np.sin(2 * math.pi * f * u + rng.uniform(0, 6)) + rng.uniform(0, 1.5) * (noise(rng, s) - 0.5)
        img = mix(t * rng.choice([0.5, 4]) + 0.5)
    elif kind == "checks":
        t = np.sin(2 * math.pi * f * u / 2) * np.sin(2 * math.pi * f * v / 2)
        img = mix(t * rng.choice([1, 8]) + 0.5)
    elif kind in ("voronoi", "patches"):
        n = int(rng.integers(5, 60))
        src = np.full((s, s), 255, np.uint8)
        p = rng.integers(0, s, (n, 2))
        src[p[:, 0], p[:, 1]] = 0
        _, lab = cv2.distanceTransformWithLabels(src, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        img = palette(rng, n + 1)[lab % (n + 1)]
        if kind == "patches":
            img = img * (0.7 + 0.6 * noise(rng, s)[..., None])
    elif kind == "flat":
        img = np.broadcast_to(col[0], (s, s, 3)).copy()
    elif kind == "gradient":
        img = mix(u + rng.uniform(-0.3, 0.3))
    elif kind == "dots":
        r = rng.uniform(0.15, 0.45)
        du, dv = (u * f) % 1 - 0.5, (v * f) % 1 - 0.5
        img = mix((r - np.sqrt(du**2 + dv**2)) * 12 + 0.5)
    elif kind == "rings":
        cx, cy = rng.random(2)
        img = mix(np.sin(2 * math.pi * f * np.hypot(x - cx, y - cy)) * rng.choice([0.5, 4]) + 0.5)
    elif kind == "marble":
        img = mix(np.sin(2 * math.pi * (f / 2 * u + 2 * noise(rng, s))) * 0.5 + 0.5)
    else:
        img = np.ascontiguousarray(np.broadcast_to(col[0], (s, s, 3))).astype(np.uint8)
        for _ in range(int(rng.integers(4, 20))):
            word = "".join(chr(c) for c in rng.integers(33, 122, rng.integers(1, 7)))
            cv2.putText(img, word, (int(rng.integers(-10, s)), int(rng.integers(0, s))), int(rng.integers(0, 5)), float(rng.uniform(0.4, 1.8)) * s / 128, col[rng.integers(1, 6)].tolist(), int(rng.integers(1, 4)))
    if rng.random() < 0.5:  # light from one side, some grain
        img = img * (1 + rng.uniform(-0.5, 0.5) * (u - 0.5)[..., None])
    if rng.random() < 0.4:
        img = img + rng.normal(0, rng.uniform(2, 14), (s, s, 1)).astype(np.float32)
    return np.clip(img, 0, 255).astype(np.uint8)


def shape(rng, s):
    """Alpha 0..255 of a random shape filling most of an s x s tile."""
    q = 4  # drawn large, then reduced: soft edges
    m = np.zeros((s * q // 2, s * q // 2), np.uint8)
    n = m.shape[0]
    c = n / 2
    kind = rng.choice(["blob", "blob", "blob", "poly", "ellipse", "star", "rect", "ring", "union", "bar", "limbs", "limbs"])

    def poly(pts):
        cv2.fillPoly(m, [np.round(pts * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)

    a = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    if kind == "blob":
        r = np.ones_like(a)
        for k in range(1, int(rng.integers(3, 9))):
            r += rng.normal(0, 0.35) / k**0.7 * np.cos(k * a + rng.uniform(0, 6.3))
        r = np.clip(r, 0.25, None)
        r = r / r.max() * n * 0.48
        st = rng.uniform(0.5, 1)
        poly(np.stack((c + r * np.cos(a), c + st * r * np.sin(a)), 1))
    elif kind in ("poly", "star"):
        k = int(rng.integers(3, 9))
        b = np.sort(rng.uniform(0, 2 * math.pi, k)) if kind == "poly" else np.arange(2 * k) * math.pi / k
        r = n * 0.48 * (rng.uniform(0.6, 1, len(b)) if kind == "poly" else np.where(np.arange(2 * k) % 2, rng.uniform(0.35, 0.7), 1))
        poly(np.stack((c + r * np.cos(b), c + r * np.sin(b)), 1))
    elif kind in ("ellipse", "ring"):
        ax = (int(n * 0.47), int(n * rng.uniform(0.2, 0.47)))
        cv2.ellipse(m, (int(c), int(c)), ax, 0, 0, 360, 255, -1)
        if kind == "ring":
            k = rng.uniform(0.3, 0.75)
            cv2.ellipse(m, (int(c), int(c)), (int(ax[0] * k), int(ax[1] * k)), 0, 0, 360, 0, -1)
    elif kind == "rect":
        h = int(n * rng.uniform(0.15, 0.47))
        cv2.rectangle(m, (int(n * 0.03), int(c - h)), (int(n * 0.97), int(c + h)), 255, -1)
    elif kind == "bar":
        cv2.line(m, (int(n * 0.05), int(c + rng.uniform(-0.2, 0.2) * n)), (int(n * 0.95), int(c + rng.uniform(-0.2, 0.2) * n)), 255, int(n * rng.uniform(0.05, 0.2)))
    elif kind == "union":
        for _ in range(int(rng.integers(2, 5))):
            p = rng.uniform(0.25, 0.75, 2) * n
            cv2.ellipse(m, (int(p[0]), int(p[1])), (int(n * rng.uniform(0.1, 0.24)), int(n * rng.uniform(0.1, 0.24))), float(rng.uniform(0, 180)), 0, 360, 255, -1)
    else:  # a body with limbs
        cv2.ellipse(m, (int(c), int(c)), (int(n * rng.uniform(0.15, 0.3)), int(n * rng.uniform(0.1, 0.22))), float(rng.uniform(0, 180)), 0, 360, 255, -1)
        for _ in range(int(rng.integers(2, 6))):
            p = np.array([c, c]) + rng.uniform(-0.15, 0.15, 2) * n
            th = rng.uniform(0, 6.3)
            w = int(n * rng.uniform(0.03, 0.09))
            for _ in range(2):
                th += rng.normal(0, 0.5)
                p2 = np.clip(p + n * rng.uniform(0.12, 0.25) * np.array([math.cos(th), math.sin(th)]), n * 0.04, n * 0.96)
                cv2.line(m, tuple(int(t) for t in p), tuple(int(t) for t in p2), 255, max(w, 2))
                p = p2
        if rng.random() < 0.6:
            cv2.circle(m, (int(rng.uniform(0.2, 0.8) * n), int(rng.uniform(0.15, 0.4) * n)), int(n * rng.uniform(0.07, 0.13)), 255, -1)
    if rng.random() < 0.12:  # a hole
        p = rng.uniform(0.35, 0.65, 2) * n
        cv2.circle(m, (int(p[0]), int(p[1])), int(n * rng.uniform(0.04, 0.12)), 0, -1)
    return cv2.resize(m, (s, s), interpolation=cv2.INTER_AREA)


def patchwork(rng, first, s):
    """Bands or cells of other textures painted over a texture."""
    y, x = np.mgrid[0:s, 0:s].astype(np.float32) / s
    count = int(rng.integers(2, 5))
    if rng.random() < 0.5:  # bands across
        th = rng.uniform(0, math.pi)
        at = x * math.cos(th) + y * math.sin(th) + 0.05 * noise(rng, s)
        which = np.searchsorted(np.sort(rng.uniform(at.min(), at.max(), count - 1)), at)
    else:
        seeds = rng.uniform(0, 1, (count, 2))
        which = np.argmin([(x - a) ** 2 + (y - b) ** 2 for a, b in seeds], 0)
    out = first.copy()
    for k in range(1, count):
        out[which == k] = texture(rng, s)[which == k]
    return out


def premultiply(rgb, alpha):
    a = alpha[..., None].astype(np.float32) / 255
    return np.concatenate(((rgb * a + 0.5).astype(np.uint8), alpha[..., None]), 2)


# ---------------------------------------------------------------- pools


class Pool:
    """Sprites (premultiplied RGBA) and backgrounds, refreshed slowly as clips are drawn."""

    def __init__(self, rng, cache=None, sprites=160, backs=24, size=128):
        self.size = size
        self.real_sprites, self.real_backs, self.seqs = [], None, None
        if cache and Path(cache).exists():
            self.real_backs = np.load(Path(cache) / "backs.npy", mmap_mode="r")
            z = np.load(Path(cache) / "sprites.npz")
            flat, hw = z["flat"], z["hw"]
            o = 0
            for h, w in hw:
                self.real_sprites.append(flat[o : o + h * w * 4].reshape(h, w, 4))
                o += h * w * 4
            if (Path(cache) / "seq_frames.npy").exists():
                self.seqs = (np.load(Path(cache) / "seq_frames.npy", mmap_mode="r"), np.load(Path(cache) / "seq_masks.npy", mmap_mode="r"))
        self.sprites = [self.new_sprite(rng) for _ in range(sprites)]
        self.backs = [self.new_back(rng) for _ in range(backs)]

    def new_sprite(self, rng):
        s = self.size
        if self.real_backs is not None and rng.random() < 0.3:  # procedural shape, real texture
            b = self.real_backs[rng.integers(len(self.real_backs))]
            k = int(rng.integers(60, min(b.shape[:2]) - 4))
            y, x = rng.integers(0, b.shape[0] - k), rng.integers(0, b.shape[1] - k)
            t = cv2.resize(np.ascontiguousarray(b[y : y + k, x : x + k]), (s, s), interpolation=cv2.INTER_AREA)
        else:
            t = texture(rng, s)
        if rng.random() < 0.45:  # several parts that belong together, as clothes on a person
            t = patchwork(rng, t, s)
        return premultiply(t, shape(rng, s))

    def new_back(self, rng):
        """A wide background: texture, then clutter on it."""
        s = 448
        if rng.random() < 0.75:
            img = cv2.resize(texture(rng, 224), (s, s), interpolation=cv2.INTER_CUBIC)
        else:
            img = np.ascontiguousarray(np.broadcast_to(palette(rng, 1)[0], (s, s, 3))).astype(np.uint8)
        for _ in range(int(rng.choice([0, 3, 8, 25]))):
            sp = self.sprites[rng.integers(len(self.sprites))]
            h = int(math.exp(rng.uniform(math.log(12), math.log(200))))
            sp = cv2.resize(sp, (h, h), interpolation=cv2.INTER_AREA)
            y, x = int(rng.integers(-h // 2, s - h // 2)), int(rng.integers(-h // 2, s - h // 2))
            y0, x0, y1, x1 = max(y, 0), max(x, 0), min(y + h, s), min(x + h, s)
            c = sp[y0 - y : y1 - y, x0 - x : x1 - x]
            a = c[..., 3:].astype(np.uint16)
            img[y0:y1, x0:x1] = c[..., :3] + (img[y0:y1, x0:x1] * (255 - a) // 255).astype(np.uint8)
        return img

    def sprite(self, rng):
        if self.real_sprites and rng.random() < 0.45:
            return self.real_sprites[rng.integers(len(self.real_sprites))]
        i = rng.integers(len(self.sprites))
        if rng.random() < 0.15:
            self.sprites[i] = self.new_sprite(rng)
        return self.sprites[i]

    def back(self, rng):
        if self.real_backs is not None and rng.random() < 0.55:
            return np.ascontiguousarray(self.real_backs[rng.integers(len(self.real_backs))])
        i = rng.integers(len(self.backs))
        if rng.random() < 0.05:
            self.backs[i] = self.new_back(rng)
        return self.backs[i]


# ---------------------------------------------------------------- motion


def compose(tx=0, ty=0, scale=1, rot=0, sx=1, sy=1, shear=0):
    c, s = math.cos(rot) * scale, math.sin(rot) * scale
    return np.array([[c * sx, -s * sy + shear * c, tx], [s * sx, c * sy + shear * s, ty], [0, 0, 1]], np.float64)


class Path2:
    """A smooth random course of one number over the times of a clip."""

    def __init__(self, rng, start, speed, wobble, accel=0.0):
        self.p = (start, rng.normal(0, speed), rng.normal(0, accel), rng.normal(0, wobble), rng.uniform(0.15, 0.9), rng.uniform(0, 6.3))

    def at(self, t):
        a, v, c, w, f, ph = self.p
        return a + v * t + c * t * t / 2 + w * (math.sin(f * t + ph) - math.sin(ph))


class Thing:
    def __init__(self, rng, pool, S, opt, sprite=None, at=None, size=None):
        self.sprite = sprite if sprite is not None else pool.sprite(rng)
        lo, hi = opt["size"]
        self.size = size or math.exp(rng.uniform(math.log(lo), math.log(hi)))  # longest side, fraction of the frame height
        at = rng.uniform(0.1, 0.9, 2) if at is None else at
        still = rng.random() < 0.15
        v = 0.0 if still else opt["speed"] * math.exp(rng.normal(-0.7, 0.8))
        self.x = Path2(rng, at[0], v, v * 1.5, v * 0.15)
        self.y = Path2(rng, at[1], v, v * 1.5, v * 0.15)
        spin = 0 if rng.random() < 0.4 else opt["spin"]
        self.rot = Path2(rng, rng.uniform(-math.pi, math.pi) if rng.random() < 0.5 else 0, spin, spin)
        self.scale = Path2(rng, 0, 0.02 if rng.random() < 0.5 else 0.0, 0.05)
        self.stretch = Path2(rng, rng.normal(0, 0.15), 0.01, 0.06)
        self.gain = Path2(rng, rng.normal(0, 0.08), 0.01 if rng.random() < 0.4 else 0, 0.03)
        self.flip = rng.random() < 0.5
        self.bend = None
        if rng.random() < 0.35:  # slow wobble of the outline
            self.bend = (rng.normal(0, 1, (2, 3, 3)).astype(np.float32), rng.normal(0, 1, (2, 3, 3)).astype(np.float32), rng.uniform(0.02, 0.1), rng.uniform(0.2, 1.2), rng.uniform(0, 6.3))
        self.gone = None

    def draw(self, t, view, S):
        """Premultiplied RGBA patch and its place, or None."""
        sp = self.sprite
        h, w = sp.shape[:2]
        if self.bend is not None:
            a, b, amp, f, ph = self.bend
            d = (a * math.sin(f * t + ph) + b * math.cos(1.3 * f * t + ph)) * amp
            dx, dy = (cv2.resize(k, (w, h), interpolation=cv2.INTER_CUBIC) for k in d)
            y, x = np.mgrid[0:h, 0:w].astype(np.float32)
            sp = cv2.remap(sp, x + dx * w, y + dy * h, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        k = self.size / max(h, w) * math.exp(np.clip(self.scale.at(t), -0.9, 0.9))
        st = math.exp(np.clip(self.stretch.at(t), -0.5, 0.5))
        m = compose(self.x.at(t), self.y.at(t), k, self.rot.at(t), st * (-1 if self.flip else 1), 1 / st) @ compose(-w / 2, -h / 2)
        m = view @ m
        # reduce first where the sprite shrinks a lot: no aliasing
        shrink = 1 / max(math.sqrt(abs(np.linalg.det(m[:2, :2]))), 1e-3)
        while shrink > 1.8 and min(sp.shape[:2]) > 8:
            hw = sp.shape[:2]
            sp = cv2.resize(sp, (max(hw[1] // 2, 1), max(hw[0] // 2, 1)), interpolation=cv2.INTER_AREA)
            m = m @ np.diag([hw[1] / sp.shape[1], hw[0] / sp.shape[0], 1])
            shrink /= 2
        h, w = sp.shape[:2]
        c = m @ np.array([[0, w, w, 0], [0, 0, h, h], [1, 1, 1, 1]], np.float64)
        x0, y0 = max(int(np.floor(c[0].min())) - 1, 0), max(int(np.floor(c[1].min())) - 1, 0)
        x1, y1 = min(int(np.ceil(c[0].max())) + 1, S), min(int(np.ceil(c[1].max())) + 1, S)
        if x1 - x0 < 1 or y1 - y0 < 1:
            return None
        m = compose(-x0 - 0.5, -y0 - 0.5) @ m @ compose(0.5, 0.5)
        patch = cv2.warpAffine(sp, m[:2], (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        g = math.exp(np.clip(self.gain.at(t), -0.5, 0.5))
        if abs(g - 1) > 0.01:
            rgb = np.minimum(patch[..., :3].astype(np.float32) * g, patch[..., 3:])
            patch = np.concatenate((rgb.astype(np.uint8), patch[..., 3:]), 2)
        return patch, y0, x0, y1, x1


# ---------------------------------------------------------------- clips

EASY = dict(size=(0.12, 0.6), speed=0.02, spin=0.05, things=(2, 6))


def clip(rng, pool, S=192, T=4, O=3, opt=EASY, gap=True):
    """frames uint8 [T,S,S,3], masks uint8 [O,T,S,S] (0..255, partly covered pixels in between), number of true targets.

    Frame 0 is the prompted frame. With `gap` some clips jump between frames 0 and 1, as if a long time had passed.
    """
    if pool.seqs is not None and rng.random() < opt.get("real", 0.0):
        return real_clip(rng, pool, S, T, O)
    if S > 250:
        opt = dict(opt, size=(opt["size"][0] * 0.5, opt["size"][1]), speed=opt["speed"] * 0.75)
    for _ in range(20):
        out = _clip(rng, pool, S, T, O, opt, gap)
        if out is not None:
            return out
    raise RuntimeError("no target")


def _clip(rng, pool, S, T, O, opt, gap):
    back = pool.back(rng)
    bh, bw = back.shape[:2]
    aspect = rng.choice([1.0, 16 / 9, 16 / 9, 4 / 3, 9 / 16])  # world is aspect x 1, squeezed into the square frame
    stretch = np.diag([S / aspect, S, 1.0])
    n = int(rng.integers(opt["things"][0], opt["things"][1] + 1))
    things = []
    for i in range(n):
        if things and rng.random() < 0.22:  # a twin: same look, other place
            o = things[rng.integers(len(things))]
            th = Thing(rng, pool, S, opt, sprite=o.sprite, size=o.size * rng.uniform(0.85, 1.2), at=np.array([rng.uniform(0.1, 0.9) * aspect, rng.uniform(0.1, 0.9)]))
            th.flip = o.flip
        else:
            th = Thing(rng, pool, S, opt, at=np.array([rng.uniform(0.1, 0.9) * aspect, rng.uniform(0.1, 0.9)]))
        things.append(th)
    times = np.cumsum(np.concatenate(([0], rng.choice([1, 1, 1, 2, 3], T - 1) * rng.choice([1.0, 1.0, 0.5]))))
    targets = list(range(n))
    # An occluder that meets a target half way.
    if rng.random() < 0.3:
        v = things[rng.integers(n)]
        tm = times[rng.integers(min(1, T - 1), T)]
        oc = Thing(rng, pool, S, opt, size=min(v.size * rng.uniform(0.7, 1.8), 0.9))
        oc.x.p = (v.x.at(tm) - oc.x.p[1] * tm,) + (oc.x.p[1], 0, 0) + oc.x.p[4:]
        oc.y.p = (v.y.at(tm) - oc.y.p[1] * tm,) + (oc.y.p[1], 0, 0) + oc.y.p[4:]
        things.append(oc)
        if rng.random() < 0.5:
            targets.append(len(things) - 1)
    if rng.random() < 0.35 and T > 2:  # something disappears for a while (or for good)
        th = things[rng.integers(n)]
        a = int(rng.integers(1, T))
        th.gone = (a, a + int(rng.integers(1, T)))
    jump = gap and rng.random() < 0.25
    if jump:
        for th in things:
            if rng.random() < 0.8:
                for p, span in (("x", aspect), ("y", 1.0)):
                    q = getattr(th, p)
                    q.offset = rng.uniform(0.05, 0.95) * span - q.at(times[1] if T > 1 else 0)
    cam = (Path2(rng, 0, opt["speed"] * 0.5, 0.01), Path2(rng, 0, opt["speed"] * 0.35, 0.01), Path2(rng, 0, 0.01, 0.02), Path2(rng, 0, 0.008, 0.01)) if rng.random() < 0.75 else None
    bscale = rng.uniform(1.05, 1.9)  # background seen through a window of itself
    bbase = compose(aspect / 2, 0.5) @ compose(scale=bscale * max(aspect / bw, 1 / bh)) @ compose(-bw / 2 + rng.uniform(-0.2, 0.2) * bw * (1 - 1 / bscale), -bh / 2 + rng.uniform(-0.2, 0.2) * bh * (1 - 1 / bscale))
    if rng.random() < 0.5:
        bbase = bbase @ compose(bw, 0, sx=-1)

    frames = np.empty((T, S, S, 3), np.uint8)
    masks = np.zeros((len(things), T, S, S), np.uint8)
    for i, t in enumerate(times):
        view = stretch
        if cam:
            z = math.exp(np.clip(cam[2].at(t), -0.4, 0.4))
            view = stretch @ compose(aspect / 2 + cam[0].at(t), 0.5 + cam[1].at(t), z, cam[3].at(t)) @ compose(-aspect / 2, -0.5)
        m = view @ bbase
        m = compose(-0.5, -0.5) @ m @ compose(0.5, 0.5)
        shrink = 1 / max(math.sqrt(abs(np.linalg.det(m[:2, :2]))), 1e-3)
        b = back
        if shrink > 1.7:
            b = cv2.resize(back, (bw // 2, bh // 2), interpolation=cv2.INTER_AREA)
            m = m @ compose(-0.5, -0.5) @ np.diag([2.0, 2.0, 1]) @ compose(0.5, 0.5)
        f = cv2.warpAffine(b, m[:2], (S, S), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        for k, th in enumerate(things):
            if th.gone and th.gone[0] <= i < th.gone[1]:
                continue
            v = view
            if jump and i > 0 and hasattr(th.x, "offset"):
                v = view @ compose(th.x.offset, th.y.offset)
            d = th.draw(t, v, S)
            if d is None:
                continue
            p, y0, x0, y1, x1 = d
            a = p[..., 3:].astype(np.uint16)
            f[y0:y1, x0:x1] = p[..., :3] + (f[y0:y1, x0:x1] * (255 - a) // 255).astype(np.uint8)
            masks[:k, i, y0:y1, x0:x1] = (masks[:k, i, y0:y1, x0:x1] * (255 - a[..., 0]) // 255).astype(np.uint8)
            masks[k, i, y0:y1, x0:x1] = p[..., 3]
        frames[i] = f
    area = (masks[:, 0] > 127).sum((1, 2))
    good = [k for k in targets if 40 * (S / 192) ** 1 < area[k] < 0.6 * S * S]
    if not good:
        return None
    rng.shuffle(good)
    # Prefer what is interesting: objects that change a lot in visible area come first.
    return spoil(rng, frames), masks[pick(good, O)], min(len(good), O)


def pick(good, O):
    return (good * O)[:O] if len(good) < O else good[:O]


def real_clip(rng, pool, S, T, O):
    """Real frames with propagated segments (pseudo-labels)."""
    F, M = pool.seqs
    i = rng.integers(len(F))
    n = F.shape[1]
    step = int(rng.integers(1, max(2, (n - 1) // max(T - 1, 1) + 1)))
    step = min(step, (n - 1) // max(T - 1, 1)) or 1
    s0 = rng.integers(0, n - step * (T - 1)) if T > 1 else rng.integers(n)
    idx = s0 + step * np.arange(T)
    if rng.random() < 0.5:
        idx = idx[::-1]
    fr, mk = np.ascontiguousarray(F[i][idx]), np.ascontiguousarray(M[i][:, idx])
    h, w = fr.shape[1:3]
    k = 1.0 if rng.random() < 0.5 else rng.uniform(0.6, 1.0)  # the whole picture, as the tracker sees it, or a crop
    ch, cw = int(h * k), int(w * min(1, k * rng.uniform(0.9, 1.1)))
    y, x = rng.integers(0, h - ch + 1), rng.integers(0, w - cw + 1)
    fr = np.stack([cv2.resize(f[y : y + ch, x : x + cw], (S, S), interpolation=cv2.INTER_AREA if ch > S else cv2.INTER_LINEAR) for f in fr])
    out = []
    for m in mk:
        m = m[:, y : y + ch, x : x + cw]
        if (m[0] > 127).sum() > 60 * (h / 192) and (m[0] > 127).mean() < 0.7:
            out.append(np.stack([cv2.resize(a, (S, S), interpolation=cv2.INTER_AREA if ch > S else cv2.INTER_LINEAR) for a in m]))
    if not out:
        return clip(rng, pool, S, T, O, dict(EASY, real=0.0))
    rng.shuffle(out)
    if rng.random() < 0.5:
        fr, out = fr[:, :, ::-1], [o[:, :, ::-1] for o in out]
    return spoil(rng, np.ascontiguousarray(fr)), np.ascontiguousarray(np.stack(pick(out, O))), min(len(out), O)


def spoil(rng, frames):
    """Camera faults: light, colour, blur, noise, compression."""
    T = len(frames)
    f = frames
    if rng.random() < 0.7:
        gain, bias = rng.normal(1, 0.15, 3) * rng.uniform(0.75, 1.25), rng.normal(0, 10)
        drift = rng.normal(0, 0.03) if rng.random() < 0.4 else 0
        for i in range(T):
            lut = np.clip(np.arange(256)[:, None] * (gain * (1 + drift * i)) + bias, 0, 255).astype(np.uint8)
            f[i] = cv2.LUT(f[i], lut[None]) if False else np.stack([lut[:, c][f[i, ..., c]] for c in range(3)], -1)
    if rng.random() < 0.1:
        f = np.repeat(f.mean(-1, keepdims=True).astype(np.uint8), 3, -1)
    r = rng.random()
    if r < 0.25:
        s = rng.uniform(0.4, 1.6)
        f = np.stack([cv2.GaussianBlur(a, (0, 0), s) for a in f])
    elif r < 0.35:
        k = int(rng.integers(3, 9))
        ker = np.zeros((k, k), np.float32)
        th = rng.uniform(0, math.pi)
        cv2.line(ker, (int(k / 2 - k / 2 * math.cos(th)), int(k / 2 - k / 2 * math.sin(th))), (int(k / 2 + k / 2 * math.cos(th)), int(k / 2 + k / 2 * math.sin(th))), 1, 1)
        ker /= max(ker.sum(), 1)
        j = rng.integers(0, T)
        for i in range(T):
            if i == j or rng.random() < 0.3:
                f[i] = cv2.filter2D(f[i], -1, ker)
    if rng.random() < 0.3:
        s = rng.uniform(2, 12)
        f = np.clip(f + (rng.standard_normal(f.shape[:3] + (1,), dtype=np.float32) * s), 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        q = int(rng.integers(25, 85))
        f = np.stack([cv2.imdecode(cv2.imencode(".jpg", a, [1, q])[1], 1) for a in f])
    return f


# ---------------------------------------------------------------- footage


def read_frames(path, every, size, limit=10**9):
    cap = cv2.VideoCapture(path)
    i, out = 0, []
    while len(out) < limit:
        ok = cap.grab()
        if not ok:
            break
        if i % every == 0:
            _, f = cap.retrieve()
            out.append(cv2.resize(f, size, interpolation=cv2.INTER_AREA)[..., ::-1])
        i += 1
    return np.ascontiguousarray(np.stack(out))


def cut_outs(rng, img, n):
    """Pieces that look like objects: grabCut started from random boxes, kept when the result has a clear, compact form."""
    h, w = img.shape[:2]
    out = []
    for _ in range(n):
        bw, bh = int(w * rng.uniform(0.1, 0.5)), int(h * rng.uniform(0.15, 0.75))
        x, y = int(rng.integers(2, w - bw - 2)), int(rng.integers(2, h - bh - 2))
        px, py = int(bw * 0.3), int(bh * 0.3)  # grabCut sees the box and a margin only
        x0, y0, x1, y1 = max(x - px, 0), max(y - py, 0), min(x + bw + px, w), min(y + bh + py, h)
        crop = np.ascontiguousarray(img[y0:y1, x0:x1, ::-1])
        m = np.zeros(crop.shape[:2], np.uint8)
        try:
            cv2.grabCut(crop, m, (x - x0, y - y0, bw, bh), np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_RECT)
        except cv2.error:
            continue
        m = ((m == 1) | (m == 3)).astype(np.uint8)
        m = cv2.morphologyEx(m, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        k, lab, st, _ = cv2.connectedComponentsWithStats(m, connectivity=4)
        if k < 2:
            continue
        j = 1 + int(np.argmax(st[1:, 4]))
        bx, by, cw, ch, area = st[j]
        if area < 350 or not 0.2 < area / (cw * ch) < 0.93 or min(cw, ch) < 10:
            continue
        full = np.zeros((h, w), np.uint8)
        full[y0:y1, x0:x1] = (lab == j) * 255
        out.append((full, (x0 + bx, y0 + by, cw, ch)))
    return out


def to_sprite(img, mask, box, limit=144):
    x, y, w, h = box
    a = cv2.GaussianBlur(cv2.erode(mask[y : y + h, x : x + w], np.ones((2, 2), np.uint8)), (0, 0), 0.7)
    a = np.pad(a, 2)
    rgb = np.pad(img[y : y + h, x : x + w], ((2, 2), (2, 2), (0, 0)), mode="edge")
    k = limit / max(a.shape)
    if k < 1:
        hw = (max(int(a.shape[1] * k), 4), max(int(a.shape[0] * k), 4))
        a, rgb = cv2.resize(a, hw, interpolation=cv2.INTER_AREA), cv2.resize(rgb, hw, interpolation=cv2.INTER_AREA)
    return premultiply(rgb, a)


def prepare(footage, out, seed=0):
    rng = np.random.default_rng(seed)
    os.makedirs(out, exist_ok=True)
    backs, sprites = [], []
    for path in sorted(glob.glob(str(Path(footage) / "*.mp4"))):
        fr = read_frames(path, 12, (480, 270))
        backs.append(fr)
        for f in fr[::2]:
            sprites += [to_sprite(f, m, b) for m, b in cut_outs(rng, f, 6)]
        print(path, len(fr), len(sprites), flush=True)
    np.save(Path(out) / "backs.npy", np.concatenate(backs))
    np.savez(Path(out) / "sprites.npz", flat=np.concatenate([s.ravel() for s in sprites]), hw=np.array([s.shape[:2] for s in sprites]))


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("command", choices=["prepare", "show"])
    ap.add_argument("--footage")
    ap.add_argument("--cache", default=None)
    ap.add_argument("--size", type=int, default=192)
    ap.add_argument("--real", type=float, default=0.0)
    a = ap.parse_args()
    if a.command == "prepare":
        prepare(a.footage, a.cache)
    else:
        import time

        rng = np.random.default_rng(5)
        pool = Pool(rng, a.cache)
        t = time.time()
        rows = []
        for _ in range(10):
            f, m, n = clip(rng, pool, a.size, 6, 2, dict(EASY, real=a.real))
            r = f.copy()
            r[..., 1] = np.maximum(r[..., 1], m[0] // 2)
            r[..., 0] = np.maximum(r[..., 0], m[1] // 2)
            rows.append(np.concatenate(list(r), 1))
        print((time.time() - t) / 10, "s per clip")
        cv2.imwrite("/tmp/clips.png", np.concatenate(rows)[..., ::-1])
