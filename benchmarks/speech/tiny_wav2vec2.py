"""wav2vec 2.0 with random weights and a head for letters (CTC), as transformers stores it. For tests and timing.

Runs in the speech environment. The vocabulary is that of facebook/wav2vec2-base-960h, in small letters.
"""

import json
from dataclasses import dataclass
from pathlib import Path

_LETTERS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"etaonihsrdlumwcfgypbvk'xjqz")


@dataclass(frozen=True)
class Wav2Vec2Size:
    """Dimensions of the convolutions and of the transformer."""

    width: int
    layers: int
    heads: int
    convolution: int


TINY = Wav2Vec2Size(width=32, layers=1, heads=2, convolution=16)
BASE = Wav2Vec2Size(width=768, layers=12, heads=12, convolution=512)


def write_wav2vec2(folder: Path, size: Wav2Vec2Size = TINY, *, seed: int = 0) -> Path:
    """A Hugging Face folder that `whisperx.load_align_model` takes by its path; returns `folder`."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({letter: at for at, letter in enumerate(_LETTERS)}))
    torch.manual_seed(seed)
    config = Wav2Vec2Config(
        vocab_size=len(_LETTERS),
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
        conv_dim=(size.convolution,) * 7,
        num_conv_pos_embedding_groups=16,
        pad_token_id=0,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    processor = Wav2Vec2Processor(
        Wav2Vec2FeatureExtractor(return_attention_mask=False), Wav2Vec2CTCTokenizer(str(vocabulary))
    )
    processor.save_pretrained(folder)
    return folder
