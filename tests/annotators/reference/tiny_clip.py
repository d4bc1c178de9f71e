"""A CLIP of a few random weights, on disk as the Hub holds the real ones."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel

SIDE_PX, HIDDEN, PROJECTED = 28, 16, 8
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
# Word for word as beside the first weights of CLIP, from before image processors had that name.
PREPROCESSOR = {
    "crop_size": SIDE_PX,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": MEAN,
    "image_std": STD,
    "resample": 3,
    "size": SIDE_PX,
}


def write_tiny_clip(folder: Path, *, seed: int = 0) -> Path:
    """Both towers in one file, with the buffers that files of older releases hold besides."""
    torch.manual_seed(seed)
    vision = {
        "hidden_size": HIDDEN,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    vision |= {"image_size": SIDE_PX, "patch_size": 14}
    text = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = CLIPConfig(vision_config=vision, text_config=text | {"vocab_size": 32}, projection_dim=PROJECTED)
    CLIPModel(config).save_pretrained(folder)
    weights = folder / "model.safetensors"
    held = load_file(weights)
    held["vision_model.embeddings.position_ids"] = torch.arange(5).expand(1, -1).contiguous()
    held["text_model.embeddings.position_ids"] = torch.arange(77).expand(1, -1).contiguous()
    save_file(held, weights, metadata={"format": "pt"})
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR), encoding="utf-8")
    return folder
