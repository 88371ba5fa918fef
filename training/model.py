"""The built-in model: SAM 2.1's architecture, narrower, in plain batched PyTorch.

Parameter names are those of the published transformers checkpoints, so a state dict is an export as it stands.
Written for training on a CPU: many objects per forward pass, image features shared by the objects of a clip.
`structured_init` gives the memory read-out a sensible start (see there), which saves most of the training time.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

CONFIG = json.loads((Path(__file__).parent / "config.json").read_text())
MEM = CONFIG["memory_encoder_output_channels"]
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
NO_OBJ = -1024.0
GAIN, LOCAL, SIGMA, VALUE = 3.0, 12.0, 2.0, 2.0  # best of four tried: first-frame IoU 0.24 (1.5, 3, 3 gave 0.12)


def norm2d(x, ln):
    """Layer norm over the channels of a channels-first map."""
    return F.layer_norm(x.permute(0, 2, 3, 1), ln.normalized_shape, ln.weight, ln.bias, ln.eps).permute(0, 3, 1, 2)


class MLP(nn.Module):
    def __init__(self, d_in, hidden, d_out, layers, act=F.relu):
        super().__init__()
        self.proj_in = nn.Linear(d_in, hidden)
        self.layers = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(layers - 2))
        self.proj_out = nn.Linear(hidden, d_out)
        self.act = act

    def forward(self, x):
        x = self.act(self.proj_in(x))
        for layer in self.layers:
            x = self.act(layer(x))
        return self.proj_out(x)


# ---------------------------------------------------------------- attention


class NarrowAttention(torch.autograd.Function):
    """Attention with bfloat16 products and probabilities, q, k, v [B, tokens, d]. With thousands of keys, forward and backward
    on one AMX core, it takes 0.4 of the time of the fused float32 kernel; output and gradients differ by 0.6 %."""

    @staticmethod
    def forward(ctx, q, k, v):
        ctx.scale = q.shape[-1] ** -0.5
        q, k, v = (q * ctx.scale).bfloat16(), k.bfloat16(), v.bfloat16()
        a = torch.softmax(q @ k.transpose(1, 2), -1)
        ctx.save_for_backward(q, k, v, a)
        return (a @ v).float()

    @staticmethod
    def backward(ctx, grad):
        q, k, v, a = ctx.saved_tensors
        grad = grad.bfloat16()
        s = torch.ops.aten._softmax_backward_data(grad @ v.transpose(1, 2), a, -1, torch.bfloat16)
        return (s @ k).float() * ctx.scale, (s.transpose(1, 2) @ q).float(), (a.transpose(1, 2) @ grad).float()


def attention(q, k, v):
    """q, k, v [B, tokens, d]; narrow inside `narrow()`."""
    if torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            return NarrowAttention.apply(q.float(), k.float(), v.float())
    return F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]


def narrow(on=True):
    """A context for training: products in bfloat16, sums and norms in float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=on)


# ---------------------------------------------------------------- image encoder


class HieraAttention(nn.Module):
    def __init__(self, d, d_out, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d, 3 * d_out)
        self.proj = nn.Linear(d_out, d_out)

    def forward(self, x, pool):  # x: [windows, w, w, d]
        n, h, w, _ = x.shape
        q, k, v = self.qkv(x).view(n, h * w, 3, -1).unbind(2)
        if pool:
            q = pool2(q.reshape(n, h, w, -1))
            h, w = q.shape[1:3]
            q = q.reshape(n, h * w, -1)
        q, k, v = (t.view(n, t.shape[1], self.heads, -1).transpose(1, 2) for t in (q, k, v))
        o = attention(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1)).unflatten(0, (n, self.heads))
        return self.proj(o.transpose(1, 2).reshape(n, h, w, -1))


def pool2(x):
    """2x2 maximum of a channels-last map."""
    return F.max_pool2d(x.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)


def conv1x1(x, conv):
    """A 1x1 convolution of a channels-last map, as a matrix product (much faster on a CPU)."""
    return F.linear(x, conv.weight[:, :, 0, 0], conv.bias)


class HieraBlock(nn.Module):
    def __init__(self, d, d_out, heads, window, pool, mlp_ratio):
        super().__init__()
        self.layer_norm1 = nn.LayerNorm(d, eps=1e-6)
        self.attn = HieraAttention(d, d_out, heads)
        self.layer_norm2 = nn.LayerNorm(d_out, eps=1e-6)
        self.mlp = MLP(d_out, int(d_out * mlp_ratio), d_out, 2, F.gelu)
        if d != d_out:
            self.proj = nn.Linear(d, d_out)
        self.window, self.pool = window, pool

    def forward(self, x):
        n = self.layer_norm1(x)
        short = pool2(self.proj(n)) if self.pool else x
        b, h, w, d = n.shape
        k = self.window
        if k and (h > k or w > k or h % k or w % k):
            ph, pw = -h % k, -w % k
            if ph or pw:  # padded tokens take part in the attention, as in the published model
                n = F.pad(n, (0, 0, 0, pw, 0, ph))
            gh, gw = (h + ph) // k, (w + pw) // k
            n = n.view(b, gh, k, gw, k, d).transpose(2, 3).reshape(b * gh * gw, k, k, d)
            n = self.attn(n, self.pool)
            k = k // 2 if self.pool else k
            n = n.view(b, gh, gw, k, k, -1).transpose(2, 3).reshape(b, gh * k, gw * k, -1)
            n = n[:, : short.shape[1], : short.shape[2]]
        else:
            n = self.attn(n, self.pool)
        x = short + n
        return x + self.mlp(self.layer_norm2(x))


class Patch(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.projection = nn.Conv2d(3, d, 7, 4, 3)


class Hiera(nn.Module):
    def __init__(self, c):
        super().__init__()
        dims, heads, windows = c["embed_dim_per_stage"], c["num_attention_heads_per_stage"], c["window_size_per_stage"]
        d = dims[0]
        self.patch_embed = Patch(d)
        self.pos_embed = nn.Parameter(torch.zeros(1, d, *c["window_positional_embedding_background_size"]))
        self.pos_embed_window = nn.Parameter(torch.zeros(1, d, windows[0], windows[0]))
        self.blocks = nn.ModuleList()
        self.ends = []
        for s, count in enumerate(c["blocks_per_stage"]):
            for i in range(count):
                first = s > 0 and i == 0
                w = 0 if len(self.blocks) in c["global_attention_blocks"] else windows[s - 1 if first else s]
                self.blocks.append(HieraBlock(d, dims[s], heads[s], w, first, c["mlp_ratio"]))
                d = dims[s]
            self.ends.append(len(self.blocks) - 1)

    def forward(self, x):
        x = self.patch_embed.projection(x)
        h, w = x.shape[-2:]
        k = self.pos_embed_window.shape[-1]
        pos = F.interpolate(self.pos_embed, size=(h, w), mode="bicubic")
        pos = pos + self.pos_embed_window.tile(1, 1, -(-h // k), -(-w // k))[:, :, :h, :w]
        x = (x + pos).permute(0, 2, 3, 1)
        out = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.ends:
                out.append(x)
        return out


class Neck(nn.Module):
    def __init__(self, channels, d):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(c, d, 1) for c in channels)  # coarse to fine


class VisionEncoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.backbone = Hiera(c["backbone_config"])
        self.neck = Neck(c["backbone_channel_list"], c["fpn_hidden_size"])


# ---------------------------------------------------------------- position codes (constants of a grid size)

_cache = {}


def sine_code(h, w, c):
    """[h*w, 2c]: y code then x code, 1-based positions, sine and cosine interleaved."""
    key = ("sine", h, w, c)
    if key not in _cache:
        d = 10000.0 ** (2 * (torch.arange(c) // 2) / c)

        def axis(n):
            u = torch.arange(1, n + 1)[:, None] / (n + 1e-6) * 2 * math.pi / d
            return torch.stack((u[:, 0::2].sin(), u[:, 1::2].cos()), 2).flatten(1)

        y, x = axis(h)[:, None].expand(h, w, c), axis(w)[None].expand(h, w, c)
        _cache[key] = torch.cat((y, x), 2).reshape(h * w, 2 * c).float()
    return _cache[key]


def rope_table(h, w, d):
    """cos and sin [h*w, d]; the first half of the channels turns with x, the second with y."""
    key = ("rope", h, w, d)
    if key not in _cache:
        freq = 1.0 / (10000.0 ** (torch.arange(0, d // 2, 2).double() / (d // 2)))
        n = torch.arange(h * w)
        a = torch.cat(((n % w)[:, None] * freq, (n // w)[:, None] * freq), 1).repeat_interleave(2, 1)
        _cache[key] = (a.cos().float(), a.sin().float())
    return _cache[key]


def rotate(x, cos, sin):
    r = torch.stack((-x[..., 1::2], x[..., 0::2]), -1).flatten(-2)
    return x * cos + r * sin


def time_code(delta, d):
    """Pointer time code: sines then cosines."""
    k = d // 2
    t = 10000.0 ** (2 * (torch.arange(k) // 2) / k)
    e = delta[..., None] / t
    return torch.cat((e.sin(), e.cos()), -1)


# ---------------------------------------------------------------- memory attention


class RopeAttention(nn.Module):
    def __init__(self, d, kv):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj = nn.Linear(d, d), nn.Linear(kv, d), nn.Linear(kv, d)
        self.o_proj = nn.Linear(d, d)

    def forward(self, q, k, v, table, unrotated=0):
        cos, sin = table
        q, k, v = self.q_proj(q), self.k_proj(k), self.v_proj(v)
        q = rotate(q, cos, sin)
        n = k.shape[1] - unrotated
        f = n // cos.shape[0]
        if f > 1:
            cos, sin = cos.repeat(f, 1), sin.repeat(f, 1)
        k = torch.cat((rotate(k[:, :n], cos, sin), k[:, n:]), 1) if unrotated else rotate(k, cos, sin)
        return self.o_proj(attention(q, k, v))


class MemoryLayer(nn.Module):
    def __init__(self, d, ffn):
        super().__init__()
        self.self_attn = RopeAttention(d, d)
        self.cross_attn_image = RopeAttention(d, MEM)
        self.linear1, self.linear2 = nn.Linear(d, ffn), nn.Linear(ffn, d)
        self.layer_norm1, self.layer_norm2, self.layer_norm3 = nn.LayerNorm(d), nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x, m, p, table, pointers, shared=None):
        # The first layer's self-attention sees the image only: computed once per frame, then given to every object.
        if shared is None:
            shared = self.image_part(x, table)
        x = shared
        x = x + self.cross_attn_image(self.layer_norm2(x), m + p, m, table, pointers)
        return x + self.linear2(F.relu(self.linear1(self.layer_norm3(x))))

    def image_part(self, x, table):
        y = self.layer_norm1(x)
        return x + self.self_attn(y, y, y, table)


class MemoryAttention(nn.Module):
    def __init__(self, d, layers, ffn):
        super().__init__()
        self.layers = nn.ModuleList(MemoryLayer(d, ffn) for _ in range(layers))
        self.layer_norm = nn.LayerNorm(d)


# ---------------------------------------------------------------- memory encoder


class DownLayer(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, 2, 1)
        self.layer_norm = nn.LayerNorm(o, eps=1e-6)

    def forward(self, x):
        return F.gelu(norm2d(self.conv(x), self.layer_norm))


class MaskDownsampler(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.layers = nn.ModuleList(DownLayer(4**i, 4 ** (i + 1)) for i in range(4))
        self.final_conv = nn.Conv2d(256, d, 1)

    def features(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def forward(self, x):
        return self.final_conv(self.features(x))


class FuserBlock(nn.Module):
    def __init__(self, d, hidden):
        super().__init__()
        self.depthwise_conv = nn.Conv2d(d, d, 7, padding=3, groups=d)
        self.layer_norm = nn.LayerNorm(d, eps=1e-6)
        self.pointwise_conv1, self.pointwise_conv2 = nn.Linear(d, hidden), nn.Linear(hidden, d)
        self.scale = nn.Parameter(torch.full((d,), 0.1))

    def forward(self, x):
        y = self.layer_norm(self.depthwise_conv(x).permute(0, 2, 3, 1))
        y = self.scale * self.pointwise_conv2(F.gelu(self.pointwise_conv1(y)))
        return x + y.permute(0, 3, 1, 2)


class Fuser(nn.Module):
    def __init__(self, d, hidden, layers):
        super().__init__()
        self.layers = nn.ModuleList(FuserBlock(d, hidden) for _ in range(layers))


class MemoryEncoder(nn.Module):
    def __init__(self, d, hidden, layers):
        super().__init__()
        self.mask_downsampler = MaskDownsampler(d)
        self.feature_projection = nn.Conv2d(d, d, 1)
        self.memory_fuser = Fuser(d, hidden, layers)
        self.projection = nn.Conv2d(d, MEM, 1)


# ---------------------------------------------------------------- prompts and mask decoder


class Fourier(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.register_buffer("positional_embedding", torch.randn(2, d // 2))

    def forward(self, xy):  # in [0, 1]
        with narrow(False):  # places need more than eight bits
            z = 2 * math.pi * ((2 * xy.float() - 1) @ self.positional_embedding)
        return torch.cat((z.sin(), z.cos()), -1)


class MaskEmbed(nn.Module):
    def __init__(self, mid, d):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, mid // 4, 2, 2), nn.Conv2d(mid // 4, mid, 2, 2)
        self.conv3 = nn.Conv2d(mid, d, 1)
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(mid // 4, eps=1e-6), nn.LayerNorm(mid, eps=1e-6)

    def forward(self, m):
        m = F.gelu(norm2d(self.conv1(m), self.layer_norm1))
        return self.conv3(F.gelu(norm2d(self.conv2(m), self.layer_norm2)))


class PromptEncoder(nn.Module):
    def __init__(self, d, mid):
        super().__init__()
        self.shared_embedding = Fourier(d)
        self.mask_embed = MaskEmbed(mid, d)
        self.no_mask_embed = nn.Embedding(1, d)
        self.point_embed = nn.Embedding(4, d)
        self.not_a_point_embed = nn.Embedding(1, d)

    def sparse(self, xy, labels):
        """xy in [0, 1] (already shifted by half a pixel), labels -1..3; a padding point is appended here."""
        labels = F.pad(labels, (0, 1), value=-1)
        e = self.shared_embedding(F.pad(xy, (0, 0, 0, 1)))
        e = e + self.point_embed(labels.clamp(min=0))
        return torch.where((labels == -1)[..., None], self.not_a_point_embed.weight, e)


class Attention(nn.Module):
    def __init__(self, d, inner, heads):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj = nn.Linear(d, inner), nn.Linear(d, inner), nn.Linear(d, inner)
        self.o_proj = nn.Linear(inner, d)

    def forward(self, q, k, v):
        b = q.shape[0]
        q, k, v = (t.view(b, t.shape[1], self.heads, -1).transpose(1, 2) for t in (self.q_proj(q), self.k_proj(k), self.v_proj(v)))
        # Plain matmuls: with 8-wide heads and a handful of tokens they beat the fused kernel.
        a = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5, -1)
        return self.o_proj((a @ v).transpose(1, 2).flatten(2))


class TwoWayLayer(nn.Module):
    def __init__(self, d, heads, mlp, down, first):
        super().__init__()
        self.self_attn = Attention(d, d, heads)
        self.cross_attn_token_to_image = Attention(d, d // down, heads)
        self.cross_attn_image_to_token = Attention(d, d // down, heads)
        self.mlp = MLP(d, mlp, d, 2)
        for i in range(1, 5):
            setattr(self, f"layer_norm{i}", nn.LayerNorm(d))
        self.first = first

    def forward(self, y, x, t0, pos):
        y = self.self_attn(y, y, y) if self.first else y + self.self_attn(y + t0, y + t0, y)
        y = self.layer_norm1(y)
        xp = x + pos
        y = self.layer_norm2(y + self.cross_attn_token_to_image(y + t0, xp, x))
        y = self.layer_norm3(y + self.mlp(y))
        x = self.layer_norm4(x + self.cross_attn_image_to_token(xp, y + t0, y))
        return y, x


class TwoWay(nn.Module):
    def __init__(self, d, c):
        super().__init__()
        h, r = c["num_attention_heads"], c["attention_downsample_rate"]
        self.layers = nn.ModuleList(TwoWayLayer(d, h, c["mlp_dim"], r, i == 0) for i in range(c["num_hidden_layers"]))
        self.final_attn_token_to_image = Attention(d, d // r, h)
        self.layer_norm_final_attn = nn.LayerNorm(d)


class MaskDecoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["hidden_size"]
        self.iou_token, self.mask_tokens, self.obj_score_token = nn.Embedding(1, d), nn.Embedding(4, d), nn.Embedding(1, d)
        self.transformer = TwoWay(d, c)
        self.upscale_conv1 = nn.ConvTranspose2d(d, d // 4, 2, 2)
        self.upscale_layer_norm = nn.LayerNorm(d // 4, eps=1e-6)
        self.upscale_conv2 = nn.ConvTranspose2d(d // 4, d // 8, 2, 2)
        self.output_hypernetworks_mlps = nn.ModuleList(MLP(d, d, d // 8, 3) for _ in range(4))
        self.iou_prediction_head = MLP(d, c["iou_head_hidden_dim"], 4, c["iou_head_depth"])
        self.conv_s0, self.conv_s1 = nn.Conv2d(d, d // 8, 1), nn.Conv2d(d, d // 4, 1)
        self.pred_obj_score_head = MLP(d, d, 1, 3)

    def forward(self, x, pos, s0, s1, sparse, dense):
        """x, dense: [B, D, h, w]; returns masks [B,4,4h,4w], IoU [B,4], mask tokens [B,4,D], score [B]."""
        b, d, h, w = x.shape
        t = torch.cat((self.obj_score_token.weight, self.iou_token.weight, self.mask_tokens.weight))
        t0 = torch.cat((t.expand(b, -1, -1), sparse), 1)
        x = (x + dense).flatten(2).transpose(1, 2)
        y = t0
        for layer in self.transformer.layers:
            y, x = layer(y, x, t0, pos)
        y = self.transformer.layer_norm_final_attn(y + self.transformer.final_attn_token_to_image(y + t0, x + pos, x))
        u = self.upscale_conv1(x.transpose(1, 2).reshape(b, d, h, w)) + s1
        u = F.gelu(norm2d(u, self.upscale_layer_norm))
        u = F.gelu(self.upscale_conv2(u) + s0)
        hyper = torch.stack([mlp(y[:, 2 + i]) for i, mlp in enumerate(self.output_hypernetworks_mlps)], 1)
        with narrow(False):  # and so do logits near 0
            masks = (hyper.float() @ u.float().flatten(2)).view(b, 4, 4 * h, 4 * w)
        return masks, torch.sigmoid(self.iou_prediction_head(y[:, 1])), y[:, 2:6], self.pred_obj_score_head(y[:, 0])[:, 0]


# ---------------------------------------------------------------- the whole


class Roto(nn.Module):
    def __init__(self, config=CONFIG):
        super().__init__()
        c = self.config = config
        d = self.d = c["memory_attention_hidden_size"]
        self.vision_encoder = VisionEncoder(c["vision_config"])
        self.shared_image_embedding = Fourier(d)
        self.prompt_encoder = PromptEncoder(d, c["prompt_encoder_config"]["mask_input_channels"])
        self.prompt_encoder.shared_embedding.positional_embedding.copy_(self.shared_image_embedding.positional_embedding)
        self.mask_decoder = MaskDecoder(c["mask_decoder_config"])
        self.memory_attention = MemoryAttention(d, c["memory_attention_num_layers"], c["memory_attention_feed_forward_hidden_size"])
        self.memory_encoder = MemoryEncoder(d, c["memory_fuser_intermediate_dim"], c["memory_fuser_num_layers"])
        self.no_memory_embedding = nn.Parameter(0.02 * torch.randn(1, 1, d))
        self.no_memory_positional_encoding = nn.Parameter(torch.zeros(1, 1, d))
        self.memory_temporal_positional_encoding = nn.Parameter(0.02 * torch.randn(c["num_maskmem"], 1, 1, MEM))
        self.no_object_pointer = nn.Parameter(0.02 * torch.randn(1, d))
        self.occlusion_spatial_embedding_parameter = nn.Parameter(0.02 * torch.randn(1, MEM))
        self.mask_downsample = nn.Conv2d(1, 1, 4, 4)
        self.object_pointer_proj = MLP(d, d, d, 3)
        self.temporal_positional_encoding_projection_layer = nn.Linear(d, MEM)

    # image -> (s0, s1, f as tokens)
    def encode(self, x):
        st = self.vision_encoder.backbone(x)
        cv = self.vision_encoder.neck.convs
        up = conv1x1(st[3], cv[0]).permute(0, 3, 1, 2)
        f = conv1x1(st[2], cv[1]).permute(0, 3, 1, 2) + F.interpolate(up, scale_factor=2, mode="nearest")
        # Levels 0 and 1 have no top-down input: lateral and decoder projection are one matrix.
        s1, s0 = self.fold(st[1], cv[2], self.mask_decoder.conv_s1), self.fold(st[0], cv[3], self.mask_decoder.conv_s0)
        return s0, s1, f

    @staticmethod
    def fold(x, lateral, conv):
        w = conv.weight[:, :, 0, 0]
        x = F.linear(x, w @ lateral.weight[:, :, 0, 0], w @ lateral.bias + conv.bias)
        return x.permute(0, 3, 1, 2)

    def dense_pos(self, h, w):
        y, x = torch.meshgrid((torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w, indexing="ij")
        return self.shared_image_embedding(torch.stack((x, y), -1).view(1, h * w, 2))

    def image_memory_part(self, f):
        """f + 0.1 pe and the first self-attention: needs no object."""
        b, d, h, w = f.shape
        x = f.flatten(2).transpose(1, 2) + 0.1 * sine_code(h, w, d // 2)
        return self.memory_attention.layers[0].image_part(x, rope_table(h, w, d))

    def condition(self, shared, m, p, pointers, h, w):
        """Memory attention for one object per row: shared [B,N,D], memory m and its code p [B,M,64]."""
        table = rope_table(h, w, self.d)
        x = shared
        for i, layer in enumerate(self.memory_attention.layers):
            x = layer(x, m, p, table, pointers, shared if i == 0 else None)
        return self.memory_attention.layer_norm(x).transpose(1, 2).reshape(x.shape[0], self.d, h, w)

    def decode(self, x, s0, s1, xy=None, labels=None, mask=None):
        b, d, h, w = x.shape
        if xy is None:
            xy = x.new_zeros(b, 1, 2)
            labels = torch.full((b, 1), -1)
        dense = self.prompt_encoder.no_mask_embed.weight.view(1, d, 1, 1) if mask is None else self.prompt_encoder.mask_embed(mask)
        return self.mask_decoder(x, self.dense_pos(h, w), s0, s1, self.prompt_encoder.sparse(xy, labels), dense)

    def pointer(self, token, present):
        p = self.object_pointer_proj(token)
        return torch.where(present[:, None], p, self.no_object_pointer)

    def remember(self, f, high, present, binarise):
        """f [B,D,h,w], high: mask logits at image size [B,1,S,S] -> memory tokens [B,N,64]."""
        g = (high > 0).to(f.dtype) if binarise else torch.sigmoid(high)
        me = self.memory_encoder
        z = me.feature_projection(f) + me.mask_downsampler(20 * g - 10)
        for layer in me.memory_fuser.layers:
            z = layer(z)
        m = me.projection(z).flatten(2).transpose(1, 2)
        return torch.where(present[:, None, None], m, m + self.occlusion_spatial_embedding_parameter)

    def memory_code(self, h, w, slot):
        return sine_code(h, w, MEM // 2) + self.memory_temporal_positional_encoding[slot, 0]

    def pointer_code(self, delta):
        """delta: list of frame distances -> [1, tokens, 64] (each pointer is several tokens)."""
        e = self.temporal_positional_encoding_projection_layer(time_code(torch.tensor(delta, dtype=torch.float32) / 15.0, self.d))
        return e.repeat_interleave(self.d // MEM, 0)[None]


# ---------------------------------------------------------------- a start that already tracks


@torch.no_grad()
def structured_init(model, images, masks, seed=0):
    """Make the untrained network an appearance matcher, so that training starts from tracking instead of from noise.

    images [n,3,S,S] normalised, masks [n,1,S,S] in {0,1}: any samples of the training data.
    1. Patch filters are the whitened principal components of 7x7 patches.
    2. The FPN lateral at stride 16 whitens the (random) stage-3 features: a good matching code.
    3. 16 memory channels carry the mask (4x4 sub-cells, by least squares through the random mask downsampler), 48 carry
       an orthonormal projection of the feature. The mask sits where the sine position code varies, the appearance where
       it hardly does, because only keys receive that code and only appearance is read by keys.
    4. Query and key projections put the same 48 numbers on slowly turning RoPE pairs; constant biases on the faster pairs
       add a mild preference for nearby places. Values carry the mask into the feature.
    """
    g = torch.Generator().manual_seed(seed)
    d = model.d

    def orth(r, c):
        q, _ = torch.linalg.qr(torch.randn(max(r, c), min(r, c), generator=g))
        return q if r >= c else q.T

    for n, p in model.named_parameters():  # hidden layers: plain fan-in scaling, residual outputs a bit smaller
        if p.dim() == 2 and "blocks" in n:
            p.copy_(torch.randn(p.shape, generator=g) * p.shape[1] ** -0.5 * (0.5 if n.endswith(("attn.proj.weight", "proj_out.weight")) else 1))
        if n.endswith(".bias"):
            p.zero_()

    bb = model.vision_encoder.backbone
    patches = F.unfold(images, 7, stride=5).transpose(1, 2).reshape(-1, 147)
    cov = torch.cov(patches.T)
    ev, vec = torch.linalg.eigh(cov)
    k = bb.patch_embed.projection.weight.shape[0]
    w = (vec[:, -k:] / (ev[-k:] + 0.05 * ev[-8]).sqrt()).T
    bb.patch_embed.projection.weight.copy_(w.view(k, 3, 7, 7))
    bb.pos_embed.normal_(0, 0.02, generator=g)
    bb.pos_embed_window.normal_(0, 0.1, generator=g)

    st = bb(images)
    cv = model.vision_encoder.neck.convs
    for conv, s, out_scale in ((cv[1], st[2], 1.0), (cv[2], st[1], 1.0), (cv[3], st[0], 1.0), (cv[0], st[3], 0.3)):
        x = s.reshape(-1, s.shape[-1])
        mean, c = x.mean(0), torch.cov(x.T)
        ev, vec = torch.linalg.eigh(c)
        n = min(d, c.shape[0])
        white = (vec[:, -n:] / (ev[-n:] + 0.03 * ev.mean()).sqrt()).T  # [n, channels]
        m = orth(d, n) @ white * out_scale
        conv.weight.copy_(m[:, :, None, None])
        conv.bias.copy_(-(m @ mean))
    s0, s1, f = model.encode(images)
    scale = 1 / f.std()
    for i in (0, 1):
        cv[i].weight.mul_(scale)
        cv[i].bias.mul_(scale)
    f = f * scale
    # 16 of the feature's directions stay free for the mask that memory attention will write there.
    vo = orth(d, d)
    back = vo[:, :16]
    clear = torch.eye(d) - back @ back.T
    for i in (0, 1):
        cv[i].weight.copy_((clear @ cv[i].weight[:, :, 0, 0])[:, :, None, None])
        cv[i].bias.copy_(clear @ cv[i].bias)

    # Basis of the 64 memory channels: first 16 columns = where the sine code varies most.
    h, wd = 24, 24
    pe = sine_code(h, wd, MEM // 2)
    _, _, vt = torch.linalg.svd(pe - pe.mean(0), full_matrices=True)
    basis = vt.T  # [64, 64], columns by falling variance
    in_mask, in_app = basis[:, :16], basis[:, 16:]

    me = model.memory_encoder
    feats = me.mask_downsampler.features(20 * masks - 10).permute(0, 2, 3, 1).reshape(-1, 256)
    cells = F.avg_pool2d(masks, 4)  # 4x4 sub-cells of every 16-pixel cell
    n, _, hh, ww = cells.shape
    cells = cells.view(n, hh // 4, 4, ww // 4, 4).permute(0, 1, 3, 2, 4).reshape(-1, 16)
    i, j = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
    dct1 = torch.stack([torch.cos(math.pi * (torch.arange(4) + 0.5) * u / 4) for u in range(4)]) * 0.5**0.5
    dct1[0] *= 0.5**0.5
    dct = torch.einsum("ua,vb->uvab", dct1, dct1).reshape(16, 16)
    target = (2 * cells - 1) @ dct.T * 0.5  # DC becomes +-2, details smaller
    keep = torch.rand(len(cells), generator=g) < ((cells.mean(1) > 0.02) * 0.7 + 0.3)
    a = torch.cat((feats, torch.ones(len(feats), 1)), 1)[keep]
    sol = torch.linalg.solve(a.T @ a + 1e-2 * a.shape[0] * torch.eye(257) * 0.01, a.T @ target[keep])
    err = (a @ sol - target[keep]).pow(2).mean(0) / target[keep].var(0).clamp(min=1e-6)
    me.mask_downsampler.final_conv.weight.normal_(0, 0.05 / 16, generator=g)
    me.mask_downsampler.final_conv.weight[:16] = sol[:256].T[:, :, None, None]
    me.mask_downsampler.final_conv.bias[:16] = sol[256]
    # More mask and appearance mixtures in the upper 64 channels, for the fuser to work with.
    me.mask_downsampler.final_conv.weight[64:96] = (orth(32, 16) @ sol[:256].T)[:, :, None, None]
    app = orth(48, d)
    me.feature_projection.weight.zero_()
    me.feature_projection.weight[16:64] = app[:, :, None, None]
    me.feature_projection.weight[64:] = orth(d - 64, d)[:, :, None, None]
    me.projection.weight.normal_(0, 0.02, generator=g)
    me.projection.weight[:, :16] = in_mask[:, :, None, None]
    me.projection.weight[:, 16:64] = in_app[:, :, None, None]

    # RoPE pairs: channel 2j, 2j+1 is pair j; pairs 0..31 turn with x, 32..63 with y, slower with growing index.
    slow = [2 * (half + m) + e for m in range(20, 32) for half in (0, 32) for e in (0, 1)]  # 48 channels
    freq = 10000.0 ** (-torch.arange(32) / 32)
    for li, layer in enumerate(model.memory_attention.layers):
        ca = layer.cross_attn_image
        for t in (ca.q_proj, ca.k_proj):
            t.weight.normal_(0, 0.02, generator=g)
        gain = GAIN
        ca.q_proj.weight[slow] = gain * app
        ca.k_proj.weight[slow] = gain * in_app.T
        sigma = SIGMA
        amp = torch.exp(-(freq**2) * sigma**2 / 4)[:12]
        amp = amp / amp.pow(2).sum().sqrt() * (LOCAL * d**0.5 / 2) ** 0.5
        for half in (0, 32):
            for m in range(12):
                ca.q_proj.bias[2 * (half + m)] = amp[m]
                ca.k_proj.bias[2 * (half + m)] = amp[m]
        ca.v_proj.weight.zero_()
        ca.v_proj.weight[:16] = VALUE * in_mask.T
        ca.v_proj.weight[16:64] = in_app.T * 0.3
        ca.v_proj.weight[64:] = orth(64, 64) * 0.2
        ca.o_proj.weight.copy_(vo * (1.0 if li == 0 else 0.7))
        for t in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj):
            t.weight.copy_(torch.randn(t.weight.shape, generator=g) * d**-0.5)
        layer.self_attn.o_proj.weight.copy_(clear @ orth(d, d) * 0.2)
        layer.linear2.weight.copy_(clear @ layer.linear2.weight * 0.5)
    # The decoder starts by passing the read-out on: sub-cells of the mask -> upscaling -> logits. Every value travels as a
    # pair (v, -v), because gelu(v) - gelu(-v) = v; the hypernetworks start with the constant (k, -k).
    md = model.mask_decoder
    for emb in (model.prompt_encoder.no_mask_embed, model.prompt_encoder.not_a_point_embed):
        emb.weight.mul_(0.05)
    for layer in md.transformer.layers:
        layer.cross_attn_image_to_token.o_proj.weight.mul_(0.3)
    cell = (dct.T * torch.tensor([0.5] + [0.5] * 15)) @ back.T  # [16 sub-cells, D]
    cell = cell / cell.norm(dim=1).mean()
    md.upscale_conv1.weight.mul_(0.5)
    md.upscale_conv2.weight.mul_(0.5)
    for a_ in range(2):
        for b_ in range(2):
            for i_ in range(2):
                for j_ in range(2):
                    v = cell[(2 * a_ + i_) * 4 + 2 * b_ + j_]
                    c = 2 * i_ + j_
                    md.upscale_conv1.weight[:, c, a_, b_] = v
                    md.upscale_conv1.weight[:, 4 + c, a_, b_] = -v
                    for o_, sgn in ((0, 1.0), (1, -1.0)):
                        md.upscale_conv2.weight[:, o_, i_, j_] *= 0.3
                        md.upscale_conv2.weight[c, o_, i_, j_] = sgn
                        md.upscale_conv2.weight[4 + c, o_, i_, j_] = -sgn
    for conv in (md.conv_s0, md.conv_s1):
        conv.weight.mul_(0.3)
    for h_ in md.output_hypernetworks_mlps:
        h_.proj_out.bias[0], h_.proj_out.bias[1] = 2.0, -2.0
    model.mask_downsample.weight.fill_(20 / 16)
    model.mask_downsample.bias.fill_(-10)
    model.mask_decoder.pred_obj_score_head.proj_out.bias.fill_(1.0)
    return float(err[0]), float(err.mean())


def load(model, path):
    from safetensors.torch import load_file

    model.load_state_dict({k: v.float() for k, v in load_file(str(path)).items()})
    return model
