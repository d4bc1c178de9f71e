"""CLIP's class embedding of a picture, with weights of others from a folder of this machine.

The paper takes "the vision model from CLIP to obtain the encoded class embedding of the image" (section 3.3) and
adds it to the timestep. That is what the vision model makes of its class token, after its last layer norm: 1024
numbers for ViT-L/14. The projection beside it (768), into the space CLIP shares with text, belongs to the whole of
CLIP and not to its vision model, and a network that takes the embedding learns a projection of its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from annotators.quiet import transformers_silenced
from annotators.settings import Device
from datasets.errors import UserError


class ClipEmbedder:
    """A vision model and its preprocessing, loaded from a folder in the Hub's format.

    Reads `config.json`, `preprocessor_config.json` and the weights of a whole CLIP or of its vision model alone.
    Raises UserError where the folder does not hold them.
    """

    def __init__(self, folder: Path, device: Device = "auto") -> None:
        import torch
        from transformers import CLIPVisionModel
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

        from annotators.torch_device import torch_device

        self._device = torch_device(device)
        with _readable(folder), transformers_silenced():
            self._prepare = CLIPImageProcessorPil.from_pretrained(str(folder), local_files_only=True)
            loaded: Any = CLIPVisionModel.from_pretrained(
                str(folder), local_files_only=True, dtype=torch.float32, output_loading_info=True
            )
        model, told = loaded
        if told["missing_keys"]:
            raise UserError(
                f"the weights in {folder} lack {len(told['missing_keys'])} parts of CLIP's vision model, the first"
                f" is {min(told['missing_keys'])}: get the model again"
            )
        self._model = model.eval().to(self._device)

    def embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """(n, W) float16 of length 1, of RGB pictures (H, W, 3) uint8; n >= 1."""
        import torch

        pixels = torch.from_numpy(self.prepared(pictures)).to(self._device)
        with torch.inference_mode():
            found = self._model(pixel_values=pixels).pooler_output.float().cpu().numpy()
        return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)

    def prepared(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """(n, 3, side, side) float32: resized, cropped to the middle and normalised as the folder says."""
        made: Any = self._prepare(
            images=[np.ascontiguousarray(each) for each in pictures], return_tensors="np"
        )
        return np.asarray(made["pixel_values"], np.float32)


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Whatever transformers raises about a folder becomes one sentence about it."""
    try:
        yield
    except Exception as error:  # of a dozen classes, from OSError to those of safetensors and pickle
        reason = str(error).strip().splitlines()
        raise UserError(
            f"{folder} holds no CLIP that can be loaded ({reason[0] if reason else repr(error)}):"
            " put its config.json, preprocessor_config.json and weights there"
        ) from error
