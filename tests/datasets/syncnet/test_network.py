"""The network in the shape of the published weights, with weights at random."""

import numpy as np
import pytest
import torch

from datasets.errors import UserError
from datasets.syncnet.network import SyncNet, embeddings, load_syncnet

# Some layers as they are named and sized in syncnet_v2.model.
PUBLISHED = {
    "netcnnaud.0.weight": (64, 1, 3, 3),
    "netcnnaud.4.weight": (192, 64, 3, 3),
    "netcnnaud.8.weight": (384, 192, 3, 3),
    "netcnnaud.15.running_var": (256,),
    "netcnnaud.18.weight": (512, 256, 5, 4),
    "netfcaud.0.weight": (512, 512),
    "netfcaud.3.weight": (1024, 512),
    "netfclip.3.bias": (1024,),
    "netcnnlip.0.weight": (96, 3, 5, 7, 7),
    "netcnnlip.4.weight": (256, 96, 1, 5, 5),
    "netcnnlip.14.weight": (256, 256, 1, 3, 3),
    "netcnnlip.18.weight": (512, 256, 1, 6, 6),
}
PUBLISHED_BYTES = 54_573_114


@pytest.fixture(scope="module")
def network() -> SyncNet:
    torch.manual_seed(0)
    return SyncNet().eval()


@pytest.fixture
def saved(network, tmp_path):
    """A folder laid out as a repository of weights, whose file is as old as the published one."""
    state = {name: value for name, value in network.state_dict().items() if "num_batches" not in name}
    (tmp_path / "auxiliary").mkdir()
    path = tmp_path / "auxiliary" / "syncnet_v2.model"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(scope="module")
def clip() -> tuple[np.ndarray, np.ndarray]:
    """Ten frames of noise and their sound."""
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (10, 224, 224, 3), np.uint8)
    return faces, random.normal(0, 0.1, 10 * 640).astype(np.float32)


def test_it_has_the_layers_of_the_published_weights(network):
    state = network.state_dict()
    assert {name: tuple(state[name].shape) for name in PUBLISHED} == PUBLISHED
    held = sum(value.numel() * value.element_size() for value in state.values())
    assert held == pytest.approx(PUBLISHED_BYTES, rel=0.001)


def test_weights_come_back_from_a_file_and_from_the_folder_around_it(network, saved, clip):
    wanted, _ = embeddings(network, *clip)
    for path in (saved, saved.parents[1]):
        found, _ = embeddings(load_syncnet(path), *clip)
        assert np.array_equal(found, wanted)


def test_there_is_an_embedding_for_every_frame_but_the_last_five(network, clip):
    lips, sound = embeddings(network, *clip)
    assert lips.shape == sound.shape == (5, 1024)
    assert np.isfinite(lips).all()
    assert np.isfinite(sound).all()


@pytest.mark.parametrize("frames", [1, 5])
def test_a_clip_shorter_than_six_frames_has_none(network, clip, frames):
    lips, sound = embeddings(network, clip[0][:frames], clip[1][: 640 * frames])
    assert lips.shape == sound.shape == (0, 1024)


def test_an_embedding_is_of_its_own_five_frames_and_200_ms(network, clip):
    faces, audio = clip[0].copy(), clip[1].copy()
    before = embeddings(network, faces, audio)
    faces[7:], audio[7 * 640 :] = 0, 0.0
    after = embeddings(network, faces, audio)
    for old, new in zip(before, after, strict=True):
        assert new[:2] == pytest.approx(old[:2], abs=1e-5)  # windows of frames 0 to 5
        assert np.abs(new[3:] - old[3:]).max() > 1e-3


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda state: state.pop("netfcaud.0.weight"), "it lacks netfcaud.0.weight"),
        (lambda state: state.update(extra=torch.zeros(1)), "it holds extra"),
        (lambda state: state.update({"netfclip.3.bias": torch.zeros(2)}), "netfclip.3.bias is"),
    ],
)
def test_other_weights_are_refused_by_name(network, tmp_path, spoil, told):
    state = dict(network.state_dict())
    spoil(state)
    torch.save(state, tmp_path / "syncnet_v2.model")
    with pytest.raises(UserError, match=told.replace(".", r"\.")):
        load_syncnet(tmp_path)


def test_a_file_that_is_no_table_of_weights_is_refused(tmp_path):
    file = tmp_path / "syncnet_v2.model"
    file.write_bytes(b"not a model")
    with pytest.raises(UserError, match="is no SyncNet"):
        load_syncnet(file)
    torch.save([1, 2], file)
    with pytest.raises(UserError, match="holds a list"):
        load_syncnet(file)
    with pytest.raises(UserError, match=r"no syncnet_v2.model in"):
        load_syncnet(tmp_path / "elsewhere")
