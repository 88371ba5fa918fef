"""Writes a full-size SAM 2 checkpoint with name-keyed weights in both published file forms.

    python3 parity/make-checkpoints.py --sam2 PATH_TO_OFFICIAL_CODE --config tiny --version 2.1 --out DIR [--sigma -1]

DIR/hf/config.json, DIR/hf/model.safetensors   written by transformers' Sam2VideoModel.save_pretrained
DIR/sam2.1_hiera_tiny.pt                       the official model's state dict, torch.save({"model": ...})

The name table here is written in the direction HF -> official, apart from the TypeScript one, so that each checks
the other. Needs torch, transformers, numpy, and for the .pt the official repository (facebookresearch/sam2).
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fill as keyed  # noqa: E402

# What varies with the size; everything else is the default of Sam2VideoConfig.
SIZES = {
    "tiny": dict(yaml="t", dim=96, heads=1, blocks=[1, 2, 7, 2], windows=[8, 4, 14, 7], attend=[5, 7, 9], grid=7),
    "small": dict(yaml="s", dim=96, heads=1, blocks=[1, 2, 11, 2], windows=[8, 4, 14, 7], attend=[7, 10, 13], grid=7),
    "base-plus": dict(
        yaml="b+", dim=112, heads=2, blocks=[2, 3, 16, 3], windows=[8, 4, 14, 7], attend=[12, 16, 20], grid=14
    ),
    "large": dict(
        yaml="l", dim=144, heads=2, blocks=[2, 6, 36, 4], windows=[8, 4, 16, 8], attend=[23, 33, 43], grid=7
    ),
}

# Applied in this order to an HF name; the result is the official name.
HF_TO_OFFICIAL = [
    (r"^memory_temporal_positional_encoding$", "maskmem_tpos_enc"),
    (r"^no_memory_embedding$", "no_mem_embed"),
    (r"^no_memory_positional_encoding$", "no_mem_pos_enc"),
    (r"^no_object_pointer$", "no_obj_ptr"),
    (r"^occlusion_spatial_embedding_parameter$", "no_obj_embed_spatial"),
    (r"^temporal_positional_encoding_projection_layer\.", "obj_ptr_tpos_proj."),
    (
        r"^(shared_image_embedding|prompt_encoder\.shared_embedding)\.positional_embedding$",
        "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
    ),
    (r"^object_pointer_proj\.", "obj_ptr_proj."),
    (r"^vision_encoder\.backbone\.", "image_encoder.trunk."),
    (r"^vision_encoder\.neck\.convs\.(\d+)\.", r"image_encoder.neck.convs.\1.conv."),
    (r"^image_encoder\.trunk\.patch_embed\.projection\.", "image_encoder.trunk.patch_embed.proj."),
    (r"^prompt_encoder\.", "sam_prompt_encoder."),
    (r"\.mask_embed\.conv1\.", ".mask_downscaling.0."),
    (r"\.mask_embed\.layer_norm1\.", ".mask_downscaling.1."),
    (r"\.mask_embed\.conv2\.", ".mask_downscaling.3."),
    (r"\.mask_embed\.layer_norm2\.", ".mask_downscaling.4."),
    (r"\.mask_embed\.conv3\.", ".mask_downscaling.6."),
    (r"^mask_decoder\.", "sam_mask_decoder."),
    (r"\.upscale_conv1\.", ".output_upscaling.0."),
    (r"\.upscale_layer_norm\.", ".output_upscaling.1."),
    (r"\.upscale_conv2\.", ".output_upscaling.3."),
    (r"^memory_encoder\.projection\.", "memory_encoder.out_proj."),
    (r"^memory_encoder\.feature_projection\.", "memory_encoder.pix_feat_proj."),
    (r"^memory_encoder\.mask_downsampler\.final_conv\.", "memory_encoder.mask_downsampler.encoder.12."),
    (r"\.depthwise_conv\.", ".dwconv."),
    (r"\.pointwise_conv(\d)\.", r".pwconv\1."),
    (r"\.scale$", ".gamma"),
    (r"^memory_encoder\.memory_fuser\.", "memory_encoder.fuser."),
    (r"layer_norm(\d?)(_final_attn)?\.", r"norm\1\2."),
    (r"\.o_proj\.", ".out_proj."),
]
THREE_LAYER_MLP = re.compile(r"(output_hypernetworks_mlps\.\d+|iou_prediction_head|pred_obj_score_head|obj_ptr_proj)\.")


def official_name(hf: str) -> str:
    name = hf
    downsampler = re.match(r"memory_encoder\.mask_downsampler\.layers\.(\d)\.(conv|layer_norm)\.(\w+)$", name)
    if downsampler:
        index = 3 * int(downsampler[1]) + (downsampler[2] == "layer_norm")
        return f"memory_encoder.mask_downsampler.encoder.{index}.{downsampler[3]}"
    for pattern, replacement in HF_TO_OFFICIAL:
        name = re.sub(pattern, replacement, name)
    if THREE_LAYER_MLP.search(name):
        name = name.replace(".layers.0.", ".layers.1.").replace(".proj_in.", ".layers.0.")
        return name.replace(".proj_out.", ".layers.2.")
    return name.replace(".mlp.proj_in.", ".mlp.layers.0.").replace(".mlp.proj_out.", ".mlp.layers.1.")


def hf_tensor(hf: str, shape: tuple[int, ...], sigma: int) -> np.ndarray:
    if hf == "prompt_encoder.point_embed.weight":
        rows = [f"sam_prompt_encoder.point_embeddings.{k}.weight" for k in range(shape[0])]
        return np.concatenate([keyed.fill(row, (1, shape[1]), sigma) for row in rows])
    return keyed.fill(official_name(hf), shape, sigma)


def write_hf(size: dict, version: str, sigma: int, out: Path) -> int:
    from transformers import Sam2VideoConfig, Sam2VideoModel

    widths = [size["dim"] * 2**stage for stage in range(4)]
    config = Sam2VideoConfig(
        vision_config=dict(
            backbone_config=dict(
                model_type="sam2_hiera_det_model",
                hidden_size=size["dim"],
                num_attention_heads=size["heads"],
                blocks_per_stage=size["blocks"],
                embed_dim_per_stage=widths,
                num_attention_heads_per_stage=[size["heads"] * 2**stage for stage in range(4)],
                window_size_per_stage=size["windows"],
                global_attention_blocks=size["attend"],
                window_positional_embedding_background_size=[size["grid"]] * 2,
            ),
            backbone_channel_list=widths[::-1],
        ),
        enable_temporal_pos_encoding_for_object_pointers=version == "2.1",
        enable_occlusion_spatial_embedding=version == "2.1",
    )
    model = Sam2VideoModel(config).eval()
    state = model.state_dict()
    filled = {name: torch.from_numpy(hf_tensor(name, tuple(t.shape), sigma)) for name, t in state.items()}
    model.load_state_dict(filled, strict=True)
    model.save_pretrained(out)
    return len(filled)


def write_official(repository: Path, size: dict, version: str, sigma: int, out: Path) -> int:
    sys.path.insert(0, str(repository))
    from sam2.build_sam import build_sam2

    stem = "sam2.1/sam2.1" if version == "2.1" else "sam2/sam2"
    model = build_sam2(f"configs/{stem}_hiera_{size['yaml']}.yaml", device="cpu")
    state = model.state_dict()
    filled = {name: torch.from_numpy(keyed.fill(name, tuple(t.shape), sigma)) for name, t in state.items()}
    model.load_state_dict(filled, strict=True)
    torch.save({"model": model.state_dict()}, out)
    return len(filled)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sam2", type=Path, help="checkout of facebookresearch/sam2; needed for the .pt form")
    parser.add_argument("--config", choices=SIZES, required=True)
    parser.add_argument("--version", choices=["2.0", "2.1"], default="2.1")
    parser.add_argument("--sigma", type=int, choices=[1, -1], default=1, help="-1: tracked objects are absent")
    parser.add_argument("--forms", default="hf,pt", help="which forms to write")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    forms = set(args.forms.split(","))
    if not forms <= {"hf", "pt"}:
        parser.error("--forms takes hf, pt or hf,pt")
    if "pt" in forms and args.sam2 is None:
        parser.error("the .pt form needs --sam2, a checkout of the official code")

    keyed.check()
    args.out.mkdir(parents=True, exist_ok=True)
    size = SIZES[args.config]
    if "hf" in forms:
        count = write_hf(size, args.version, args.sigma, args.out / "hf")
        print(f"{args.out / 'hf'}: {count} tensors")
    if "pt" in forms:
        stem = "sam2.1" if args.version == "2.1" else "sam2"
        path = args.out / f"{stem}_hiera_{args.config.replace('-', '_')}.pt"
        count = write_official(args.sam2, size, args.version, args.sigma, path)
        print(f"{path}: {count} tensors")


if __name__ == "__main__":
    main()
