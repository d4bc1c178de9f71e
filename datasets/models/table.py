"""The rows of the registry.

Revisions, sizes and hashes are those that public code pins and checks against the Hub. A row without a revision takes
what branch main is at the first `emo2 models get`, and keeps to it from then on (lock.py).
"""

from collections.abc import Mapping

from datasets.models.entries import ModelEntry

_AUDIO = ("config.json", "preprocessor_config.json", "model.safetensors|pytorch_model.bin")
_VISION = _AUDIO
_CTC = (*_AUDIO, "vocab.json")
_CTC_OPTIONAL = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
_WHISPER = ("config.json", "model.bin", "tokenizer.json", "vocabulary.*")
_SEE_PAGE = "see its page"

# Shared by tiny, base, small and medium; and by large-v3 and its turbo, which hears in 128 bands instead of 80.
_WHISPER_V2_FILES = {
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
_WHISPER_V3_FILES = {
    "preprocessor_config.json": "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711",
    "vocabulary.json": "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1",
}


def _whisper(
    size: str,
    revision: str,
    size_bytes: int,
    sha256: Mapping[str, str],
    *,
    owner: str = "Systran",
    bands: int = 80,
) -> ModelEntry:
    """Whisper as CTranslate2 reads it; faster-whisper names the same repositories."""
    more = () if bands == 80 else ("preprocessor_config.json",)
    return ModelEntry(
        id=f"whisper-{size}",
        repo=f"{owner}/faster-whisper-{size}",
        revision=revision,
        files=(*_WHISPER, *more),
        licence="MIT",
        size_bytes=size_bytes,
        needed_by=("speech",),
        purpose="words",
        sha256=(_WHISPER_V2_FILES if bands == 80 else _WHISPER_V3_FILES) | dict(sha256),
        optional=() if more else ("preprocessor_config.json",),
    )


def _alignment(
    language: str,
    repo: str,
    revision: str | None = None,
    *,
    model_id: str | None = None,
    licence: str = "Apache-2.0",
    size_bytes: int | None = None,
    sha256: Mapping[str, str] | None = None,
) -> ModelEntry:
    """A wav2vec 2.0 with a CTC head over a language's letters."""
    return ModelEntry(
        id=model_id or f"alignment-{language}",
        repo=repo,
        revision=revision,
        files=_CTC,
        licence=licence,
        size_bytes=size_bytes,
        needed_by=("speech",),
        purpose=f"word times, {language}",
        sha256=sha256 or {},
        language=language,
        optional=_CTC_OPTIONAL,
    )


_SOUND = (
    ModelEntry(
        id="wav2vec2-base",
        repo="facebook/wav2vec2-base",
        revision="0b5b8e868dd84f03fd87d01f9c4ff0f080fecfe8",
        files=_AUDIO,
        licence="Apache-2.0",
        size_bytes=380_267_417,
        needed_by=("audio",),
        purpose="features",
        sha256={
            "config.json": "4937977e24d12d1bba70cdce8709c3c04807a8e4ae8ddac4229c48c436ae99ae",
            "preprocessor_config.json": "b225d617c025463b9e157e06afea8b90dc7078fc70b013c533328423e0486b4a",
            "pytorch_model.bin": "3249fe98bfc62fcbc26067f724716a6ec49d12c4728a2af1df659013905dff21",
        },
    ),
    ModelEntry(
        id="hubert-base",
        repo="facebook/hubert-base-ls960",
        revision="dba3bb02fda4248b6e082697eee756de8fe8aa8a",
        files=_AUDIO,
        licence="Apache-2.0",
        size_bytes=377_569_754,
        needed_by=("audio",),
        purpose="features",
        sha256={
            "preprocessor_config.json": "4a93853b74278b7c769d07f5a861e5d12ceb5db2bced5620d335f87238cb9e86",
            "pytorch_model.bin": "062249fffb353eab67547a2fbc129f7c31a2f459faf641b19e8fb007cc5c48ad",
        },
    ),
    ModelEntry(
        id="wavlm-base",
        repo="microsoft/wavlm-base",
        revision="efa81aae7ff777e464159e0f877d54eac5b84f81",
        files=_AUDIO,
        licence=_SEE_PAGE,  # the card names none, and points to a licence in the authors' repository
        size_bytes=None,
        needed_by=("audio",),
        purpose="features",
    ),
    ModelEntry(
        id="chinese-wav2vec2-base",
        repo="TencentGameMate/chinese-wav2vec2-base",
        revision="3991242c806928916fff4a8c0e4f76acf661b743",
        files=_AUDIO,
        licence="MIT",
        size_bytes=380_261_837,
        needed_by=("audio",),
        purpose="features, Chinese",
        sha256={
            "pytorch_model.bin": "be2da40c9e7ae26bfc904a3ed79ebb9e8f060bec6dba85d6a6ae86114bc38901",
        },
    ),
)

_WORDS = (
    _whisper(
        "tiny",
        "d90ca5fe260221311c53c58e660288d3deb8d356",
        78_203_619,
        {
            "config.json": "a73a28cdfe1c43ccc7202fa333d1f89c202477271407ae9a7f19afa52039cac8",
            "model.bin": "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1",
        },
    ),
    _whisper(
        "base",
        "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        147_882_941,
        {
            "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        },
    ),
    _whisper(
        "small",
        "536b0662742c02347bc0e980a01041f333bce120",
        486_212_372,
        {
            "config.json": "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828",
            "model.bin": "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671",
        },
    ),
    _whisper(
        "medium",
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        1_530_571_735,
        {
            "config.json": "3622a2ddc41ec0e0fd4e68c13c6830f03b90c38d89aaad184de02c8c642cf807",
            "model.bin": "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae",
        },
    ),
    _whisper(
        "large-v3",
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        3_090_835_702,
        {
            "config.json": "a9306624f5ec14270a014b647e5c316b6e03a662c369758d1b90697a7b0655b9",
            "model.bin": "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1",
            "tokenizer.json": "6d8cbd7cd0d8d5815e478dac67b85a26bbe77c1f5e0c6d76d1ce2abc0e5f21ca",
        },
        bands=128,
    ),
    _whisper(
        "large-v3-turbo",
        "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
        1_621_665_983,
        {
            "config.json": "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e",
            "model.bin": "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da",
            "tokenizer.json": "297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd",
        },
        owner="mobiuslabsgmbh",
        bands=128,
    ),
)

# Those that whisperX takes by default; for en, fr, de, es and it, where it takes torchaudio's, others of the Hub.
_TIMES_OF_WORDS = (
    _alignment(
        "en",
        "facebook/wav2vec2-base-960h",
        "22aad52d435eb6dbaf354bdad9b0da84ce7d6156",
        model_id="wav2vec2-base-960h",
        size_bytes=377_607_901,
        sha256={
            "config.json": "d3ec255c063d9f95057b553b19c20135b259875834a4fe9deb218a6be25b4cf3",
            "model.safetensors": "8aa76ab2243c81747a1f832954586bc566090c83a0ac167df6f31f0fa917d74a",
            "preprocessor_config.json": "b225d617c025463b9e157e06afea8b90dc7078fc70b013c533328423e0486b4a",
        },
    ),
    _alignment(
        "de",
        "jonatasgrosman/wav2vec2-large-xlsr-53-german",
        "4b8a02957378d0f2da2ef74091156b032c485a89",
    ),
    _alignment(
        "fr",
        "jonatasgrosman/wav2vec2-large-xlsr-53-french",
        "7c79e105a6525d38e1e69f640b974b4a679723cc",
    ),
    _alignment(
        "es",
        "jonatasgrosman/wav2vec2-large-xlsr-53-spanish",
        "96d7e9b4e4a78af515a3c6d3cee7c0826045d276",
    ),
    _alignment("it", "jonatasgrosman/wav2vec2-large-xlsr-53-italian"),
    _alignment(
        "pt",
        "jonatasgrosman/wav2vec2-large-xlsr-53-portuguese",
        "634ac655299bcdc46c83bc01da9bab52d2987e4f",
        sha256={"pytorch_model.bin": "c244caf8395a0c333bdc877e7b62ce5efea12ad8cfec0851c0fe6efb844b834e"},
    ),
    _alignment("nl", "jonatasgrosman/wav2vec2-large-xlsr-53-dutch"),
    _alignment(
        "pl",
        "jonatasgrosman/wav2vec2-large-xlsr-53-polish",
        "6b1cea36bd8bc5f65ec8081667cd9c0207d51970",
    ),
    _alignment(
        "ru",
        "jonatasgrosman/wav2vec2-large-xlsr-53-russian",
        "2329100508896c6d9b157019803ab5601e6f3406",
        size_bytes=1_265_908_849,
    ),
    _alignment(
        "uk",
        "Yehor/wav2vec2-xls-r-300m-uk-with-small-lm",
        "e3ced4def0d70be3aab0f2db598a59961fe9ab3b",
        licence=_SEE_PAGE,
        size_bytes=1_261_978_306,
    ),
    _alignment(
        "tr",
        "mpoyraz/wav2vec2-xls-r-300m-cv7-turkish",
        "708639f50559d7970f462e13ec64d3f059ca89f6",
        licence="CC-BY-4.0",
    ),
    _alignment("ar", "jonatasgrosman/wav2vec2-large-xlsr-53-arabic"),
    _alignment(
        "hi",
        "theainerd/Wav2Vec2-large-xlsr-hindi",
        "062f7f566e2671336992b011dcb9387cd3cffe5e",
        licence=_SEE_PAGE,
    ),
    _alignment(
        "zh",
        "jonatasgrosman/wav2vec2-large-xlsr-53-chinese-zh-cn",
        "99ccb2737be22b8bb50dcfcc39ad4d567fb90cfd",
        size_bytes=1_276_342_318,
    ),
    _alignment(
        "ja",
        "jonatasgrosman/wav2vec2-large-xlsr-53-japanese",
        "cf031e020336460d15a417eba710bbc5bb43be9a",
        size_bytes=1_271_563_035,
        sha256={"pytorch_model.bin": "4f6821dcd79770fcd4c11487c4ee5c040b3a7e1863425224014ba5ea8fbc1b67"},
    ),
    _alignment("ko", "kresnik/wav2vec2-large-xlsr-korean"),
    _alignment(
        "vi",
        "nguyenvulebinh/wav2vec2-base-vi-vlsp2020",
        "50a30dadb3ec98a0d4cdb1eb1ea315aff538f7c2",
        licence="CC-BY-NC-4.0",
    ),
)

_VOICES = ModelEntry(
    id="diarisation-community-1",
    repo="pyannote/speaker-diarization-community-1",
    revision="3533c8cf8e369892e6b79ff1bf80f7b0286a54ee",
    files=(
        "config.yaml",
        "segmentation/pytorch_model.bin",
        "embedding/pytorch_model.bin",
        "plda/plda.npz",
        "plda/xvec_transform.npz",
    ),
    licence="CC-BY-4.0",
    size_bytes=32_821_421,
    needed_by=("speech",),
    purpose="voices",
    sha256={
        "config.yaml": "5ce2bfa9a938dc132cec1172592d65173cbb8f444ea1e4133f10f9391de155be",
        "segmentation/pytorch_model.bin": "7ad24338d844fb95985486eb1a464e32d229f6d7a03c9abe60f978bacf3f816e",
        "embedding/pytorch_model.bin": "6f10ff60898a1d185fa22e1d11e0bfa8a92efec811f11bca48cb8cafebefd929",
        "plda/plda.npz": "9b77bcd840692710dd3496f62ecfeed8d8e5f002fd991b785079b244eab7d255",
        "plda/xvec_transform.npz": "325f1ce8e48f7e55e9c8aa47e05d2766b7c48c4b25b8de8dd751e7a4cc5fbe8f",
    },
    gated=True,
)

_PICTURES = (
    ModelEntry(
        id="syncnet",
        repo="ByteDance/LatentSync",
        revision="405eda8eab9f65c1a6e0c292a5dee5a08089e2ae",
        files=("auxiliary/syncnet_v2.model",),
        licence="OpenRAIL++",
        size_bytes=54_573_114,
        needed_by=("face",),
        purpose="lips and sound",
        sha256={
            "auxiliary/syncnet_v2.model": "961e8696f888fce4f3f3a6c3d5b3267cf5b343100b238e79b2659bff2c605442",
        },
    ),
    ModelEntry(
        id="clip-vit-l14",
        repo="openai/clip-vit-large-patch14",
        revision="32bd64288804d66eefd0ccbe215aa642df71cc41",
        files=_VISION,
        licence="MIT",
        size_bytes=1_710_540_580,
        needed_by=("reference",),
        purpose="embedding",
        sha256={
            "config.json": "8a09b467700c58138c29d53c605b34ebc69beaadd13274a8a2af8ad2c2f4032a",
            "model.safetensors": "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb",
            "preprocessor_config.json": "910e70b3956ac9879ebc90b22fb3bc8a75b6a0677814500101a4c072bd7857bd",
        },
    ),
    ModelEntry(
        id="clip-vit-b32",
        repo="openai/clip-vit-base-patch32",
        revision="3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268",
        files=_VISION,
        licence="MIT",
        size_bytes=605_247_071,
        needed_by=("reference",),
        purpose="embedding, small",
        sha256={
            "config.json": "b575ef3c36f2a057fa19e221650105052d61cc9c1a972ec15019c6261ec98770",
            "pytorch_model.bin": "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f",
        },
    ),
)

MODELS: tuple[ModelEntry, ...] = (*_PICTURES, *_SOUND, *_WORDS, *_TIMES_OF_WORDS, _VOICES)
