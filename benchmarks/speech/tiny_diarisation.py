"""A diarisation pipeline of pyannote with random weights, laid out as speaker-diarization-community-1.

Runs in the speech environment. The segmentation and the embedding network have the true architecture and size:
the embedding's class knows no other, and both are small.
"""

from pathlib import Path
from typing import Any

_EMBEDDING, _REDUCED = 256, 128  # widths of the network's vectors, and of what PLDA compares
_CONFIG = """\
dependencies:
  pyannote.audio: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    segmentation_batch_size: 32
    embedding: $model/embedding
    embedding_batch_size: 32
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering:
    threshold: 0.6
    Fa: 0.07
    Fb: 0.8
  segmentation:
    min_duration_off: 0.0
"""


def write_diarisation(folder: Path, *, seed: int = 0) -> Path:
    """A folder that `whisperx.diarize.DiarizationPipeline` takes by its path; returns `folder`."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(_CONFIG)
    torch.manual_seed(seed)
    _save(_segmentation(), folder / "segmentation" / "pytorch_model.bin")
    _save(_embedding(), folder / "embedding" / "pytorch_model.bin")
    _write_plda(folder / "plda", seed)
    return folder


def _segmentation() -> Any:
    """PyanNet over windows of 10 s with up to 3 voices, 2 at a time; random, and so loud that its answer changes."""
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet

    model = PyanNet(lstm={"hidden_size": 128, "num_layers": 4, "dropout": 0.5})
    model.specifications = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        classes=["speaker#1", "speaker#2", "speaker#3"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    model.build()
    with torch.no_grad():
        for name, weight in model.lstm.named_parameters():
            if "weight" in name:
                weight.mul_(3.0)
        model.classifier.weight.mul_(30.0)
    return model


def _embedding() -> Any:
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34

    model = WeSpeakerResNet34()
    model.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=10.0
    )
    return model


def _save(model: Any, path: Path) -> None:
    """As Lightning writes checkpoints, with what pyannote adds to them."""
    import lightning.pytorch
    import torch

    checkpoint: dict[str, Any] = {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": lightning.pytorch.__version__,
        "epoch": 0,
        "global_step": 0,
    }
    model.on_save_checkpoint(checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint, path)


def _write_plda(folder: Path, seed: int) -> None:
    """Means, a projection from 256 to 128, and a PLDA whose within-class covariance is about one."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    projection = np.linalg.qr(chance.normal(size=(_EMBEDDING, _EMBEDDING)))[0][:, :_REDUCED]
    mean = 0.01 * chance.normal(size=_EMBEDDING)
    np.savez(folder / "xvec_transform.npz", mean1=mean, mean2=0.01 * mean[:_REDUCED], lda=projection)
    np.savez(
        folder / "plda.npz",
        mu=np.zeros(_REDUCED),
        tr=np.linalg.qr(chance.normal(size=(_REDUCED, _REDUCED)))[0],
        psi=np.linspace(5.0, 0.1, _REDUCED),
    )
