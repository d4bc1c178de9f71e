"""Whisper with random weights in the form faster-whisper loads: CTranslate2, with tokeniser. For tests and timing.

Runs in the speech environment. The layout of the vocabulary is that of the multilingual models (openai/whisper,
tokenizer.py): 50257 pieces of text, then special tokens, 99 languages among them, then 1501 times.
"""

import json
import random
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_PIECES = 50_257  # of text; <|endoftext|> is the next
_TIMES = 1_501  # steps of 20 ms, both ends of 30 s included
_END, _BEGIN = "<|endoftext|>", "<|startoftranscript|>"
_TASKS = ("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>")
_NO_TIMES = "<|notimestamps|>"


@dataclass(frozen=True)
class WhisperSize:
    """Dimensions, and how many tokens it says of a piece: real models say about 3 a second of steady speech."""

    width: int
    layers: int
    heads: int
    tokens: int


TINY = WhisperSize(width=32, layers=1, heads=2, tokens=12)
SIZES = {  # openai/whisper, model card
    "tiny": WhisperSize(width=384, layers=4, heads=6, tokens=50),
    "base": WhisperSize(width=512, layers=6, heads=8, tokens=50),
    "small": WhisperSize(width=768, layers=12, heads=12, tokens=50),
}


def write_whisper(
    folder: Path, size: WhisperSize = TINY, *, seed: int = 0, quantization: str = "float16"
) -> Path:
    """A model that hears English in everything and says `size.tokens` made-up words a piece; returns `folder`."""
    from ctranslate2.converters import TransformersConverter

    with tempfile.TemporaryDirectory() as told:
        _write_transformers(Path(told), size, seed)
        copied = ["tokenizer.json", "preprocessor_config.json"]
        converter = TransformersConverter(told, copy_files=copied)
        converter.convert(str(folder), quantization=quantization, force=True)
    return folder


def _write_transformers(folder: Path, size: WhisperSize, seed: int) -> None:
    import torch

    # not its names: the types of the main environment's transformers, which is another, know no such tokeniser
    transformers = import_module("transformers")
    tokenizer = _tokenizer(seed)
    ids = {token: tokenizer.token_to_id(token) for token in (_END, _BEGIN, _NO_TIMES)}
    torch.manual_seed(seed)
    model = transformers.WhisperForConditionalGeneration(_config(transformers.WhisperConfig, size, ids))
    _steer(model, size, english=tokenizer.token_to_id("<|en|>"), end=ids[_END])
    languages = {f"<|{code}|>": tokenizer.token_to_id(f"<|{code}|>") for code in _languages()}
    model.generation_config = transformers.GenerationConfig(
        suppress_tokens=[ids[_BEGIN], ids[_NO_TIMES]],
        begin_suppress_tokens=[ids[_END]],
        alignment_heads=[[0, 0]],
        lang_to_id=languages,
        is_multilingual=True,
        decoder_start_token_id=ids[_BEGIN],
        eos_token_id=ids[_END],
    )
    model.save_pretrained(folder)
    transformers.WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    wrapped = transformers.WhisperTokenizerFast(
        tokenizer_object=tokenizer, bos_token=_END, eos_token=_END, unk_token=_END, pad_token=_END
    )
    wrapped.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    preprocessor = json.loads((folder / "preprocessor_config.json").read_text())
    preprocessor.pop("mel_filters", None)  # faster-whisper makes its own
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))


def _config(kind: Any, size: WhisperSize, ids: dict[str, int]) -> Any:
    return kind(
        vocab_size=_PIECES + 2 + len(_languages()) + len(_TASKS) + 1 + _TIMES,
        num_mel_bins=80,
        d_model=size.width,
        encoder_layers=size.layers,
        decoder_layers=size.layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=4 * size.width,
        decoder_ffn_dim=4 * size.width,
        pad_token_id=ids[_END],
        bos_token_id=ids[_END],
        eos_token_id=ids[_END],
        decoder_start_token_id=ids[_BEGIN],
    )


def _steer(model: Any, size: WhisperSize, *, english: int, end: int) -> None:
    """Lets places speak for tokens: English at the first, the end after `size.tokens`, others between.

    Random weights would say one token for ever, to the longest answer there can be, and be timed by it. The
    directions given to the places are the tokens' own vectors, so that the last product of the decoder finds them.
    """
    import torch

    begin = 3  # the answer follows <|startoftranscript|>, language and task; then <|notimestamps|>
    loud, gain = 100.0 * size.width**0.5, size.width**-0.5
    with torch.no_grad():
        decoder = model.model.decoder
        vectors, places = decoder.embed_tokens.weight, decoder.embed_positions.weight
        vectors.normal_(0.0, 0.5)
        places.normal_(0.0, 2.0)
        places[0] += loud * torch.nn.functional.normalize(vectors[english], dim=0)
        places[begin + size.tokens :] += loud * torch.nn.functional.normalize(vectors[end], dim=0)
        for layer in decoder.layers:  # what is heard changes what is said
            heard = layer.encoder_attn
            for matrix, factor in (
                (heard.q_proj, 3),
                (heard.k_proj, 3),
                (heard.v_proj, 4),
                (heard.out_proj, 4),
            ):
                matrix.weight.normal_(0.0, factor * gain)


def _tokenizer(seed: int) -> Any:
    """A byte-level tokeniser: the 256 bytes, then made-up words with the space before them."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    # CTranslate2 takes a model for a multilingual one where its vocabulary holds the empty piece
    pieces = [*letters, *_words(_PIECES - len(letters) - 1, seed), ""]
    tokenizer = Tokenizer(models.BPE(vocab={piece: at for at, piece in enumerate(pieces)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    languages = [f"<|{code}|>" for code in _languages()]
    tokenizer.add_special_tokens(
        [AddedToken(token, special=True) for token in (_END, _BEGIN, *languages, *_TASKS, _NO_TIMES)]
    )
    times = [f"<|{step * 0.02:.2f}|>" for step in range(_TIMES)]
    tokenizer.add_tokens([AddedToken(token, special=False) for token in times])
    return tokenizer


def _words(count: int, seed: int) -> list[str]:
    """Different words of up to three syllables, each with a space before it as the byte alphabet writes it."""
    chance = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = (
            chance.choice("bdfgklmnprstv") + chance.choice("aeiou") for _ in range(chance.randint(1, 3))
        )
        words["Ġ" + "".join(syllables)] = None
    return list(words)


def _languages() -> list[str]:
    """The 99 codes in the order of the multilingual models: their ids follow from it."""
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    return list(LANGUAGES)[:99]
