"""Small speech models with random weights, on disk exactly as the Hub has the real ones.

Tests and benchmarks load them through the code that loads the real ones. Like the real one, a checkpoint holds the
whole of pretraining: names begin with "wav2vec2.", and there are heads that features do not need.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

ModelKind = Literal["wav2vec2", "hubert", "wavlm"]
WeightsFile = Literal["model.safetensors", "pytorch_model.bin"]

# Of wav2vec2-base, whose cost a benchmark measures; all that it does not name is transformers' default.
BASE_FIELDS: Mapping[str, Any] = {
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "conv_dim": (512,) * 7,
    "num_conv_pos_embeddings": 128,
    "num_conv_pos_embedding_groups": 16,
}
# What configs of 2021 say and today's do not know.
_OLD_FIELDS: Mapping[str, Any] = {
    "freeze_feat_extract_train": True,
    "gradient_checkpointing": True,
    "mask_channel_selection": "static",
    "mask_time_other": 0.0,
    "no_mask_time_overlap": False,
    "num_feat_extract_layers": 7,
    "transformers_version": "4.7.0.dev0",
}
# The names that older checkpoints use for the weight norm of the positional convolution.
_OLD_NAMES = {
    "parametrizations.weight.original0": "weight_g",
    "parametrizations.weight.original1": "weight_v",
}


def save_speech_model(
    folder: Path,
    *,
    kind: ModelKind = "wav2vec2",
    weights: WeightsFile = "model.safetensors",
    normalise: bool = True,
    **fields: Any,
) -> Path:
    """A model of 2 layers, 768 wide, with the real one's convolutions made narrow; 20 MB.

    normalise: what preprocessor_config.json says of the input; fields: of the config, instead of the small ones.
    pytorch_model.bin is written as in 2021, with the old names. Returns the folder. The same arguments give the
    same weights.
    """
    import torch
    import transformers

    names = {"wav2vec2": "Wav2Vec2ForPreTraining", "hubert": "HubertModel", "wavlm": "WavLMModel"}
    model_class = getattr(transformers, names[kind])
    small = {
        "hidden_size": 768,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "conv_dim": (32,) * 7,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 16,
        "codevector_dim": 32,
        "proj_codevector_dim": 32,
        "num_codevectors_per_group": 8,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = model_class(model_class.config_class(**(small | fields)))
    extractor = transformers.Wav2Vec2FeatureExtractor(do_normalize=normalise, return_attention_mask=False)
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    if weights == "pytorch_model.bin":
        (folder / "model.safetensors").unlink()
        torch.save({_old_name(name): value for name, value in model.state_dict().items()}, folder / weights)
        config = folder / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | _OLD_FIELDS))
    return folder


def _old_name(name: str) -> str:
    for new, old in _OLD_NAMES.items():
        name = name.replace(new, old)
    return name
