import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from annotators.reference.embedding import ClipEmbedder
from datasets.errors import UserError
from tests.annotators.reference.stills import pictures
from tests.annotators.reference.tiny_clip import HIDDEN, MEAN, SIDE_PX, STD, write_tiny_clip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def embedder(folder):
    return ClipEmbedder(folder, "cpu")


def test_an_embedding_has_length_1_and_the_width_of_the_vision_model(embedder):
    found = embedder.embed([*pictures(2, sharp=[0])])
    assert found.shape == (2, HIDDEN)
    assert found.dtype == np.float16
    assert np.linalg.norm(found.astype(float), axis=1) == pytest.approx([1, 1], abs=2e-3)


def test_it_is_the_encoded_class_token_behind_the_last_layer_norm(embedder, folder):
    """Recomputed from the file: the paper's class embedding, not the projection into the space of text."""
    from transformers import CLIPModel

    whole = CLIPModel.from_pretrained(folder).eval()
    pixels = torch.from_numpy(embedder.prepared([pictures(1)[0]]))
    with torch.inference_mode():
        token = whole.vision_model(pixels).last_hidden_state[:, 0]
    held = load_file(folder / "model.safetensors")
    normed = torch.nn.functional.layer_norm(
        token,
        (HIDDEN,),
        held["vision_model.post_layernorm.weight"],
        held["vision_model.post_layernorm.bias"],
    )
    expected = (normed / normed.norm()).numpy()[0]
    assert embedder.embed([pictures(1)[0]])[0] == pytest.approx(expected, abs=2e-3)


def test_pictures_are_resized_cropped_and_normalised_as_the_folder_says(embedder):
    flat = np.full((704, 512, 3), (10, 128, 250), np.uint8)
    expected = (np.array([10, 128, 250]) / 255 - MEAN) / STD
    prepared = embedder.prepared([flat])
    assert prepared.shape == (1, 3, SIDE_PX, SIDE_PX)
    np.testing.assert_allclose(prepared[0].reshape(3, -1).T, np.tile(expected, (SIDE_PX**2, 1)), atol=1e-5)


def test_the_middle_of_the_picture_is_seen(embedder):
    picture = np.zeros((704, 512, 3), np.uint8)
    picture[: (704 - 512) // 2 - 20] = 255  # above the square in the middle, but for the filter's reach
    assert embedder.prepared([picture])[0] == pytest.approx(embedder.prepared([picture * 0])[0], abs=1e-5)


def test_pictures_are_embedded_each_by_itself(embedder):
    sharp, blurred = pictures(2, sharp=[0])
    together = embedder.embed([sharp, blurred])
    assert together[1] == pytest.approx(embedder.embed([blurred])[0], abs=1e-3)
    turned = cv2.rotate(sharp, cv2.ROTATE_180)
    assert np.abs(together[0] - embedder.embed([turned])[0]).max() > 0.01


def test_a_folder_without_a_model_is_told_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"holds no CLIP that can be loaded .*preprocessor_config\.json"):
        ClipEmbedder(tmp_path, "cpu")


def test_weights_that_lack_a_part_are_refused(tmp_path):
    folder = write_tiny_clip(tmp_path)
    held = load_file(folder / "model.safetensors")
    del held["vision_model.embeddings.class_embedding"]
    save_file(held, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"lack 1 parts of CLIP's vision model.*class_embedding"):
        ClipEmbedder(folder, "cpu")


def test_weights_that_were_cut_off_are_told_in_one_sentence(tmp_path):
    folder = write_tiny_clip(tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(UserError, match="holds no CLIP that can be loaded"):
        ClipEmbedder(folder, "cpu")


def test_loading_says_nothing_of_the_half_that_nobody_needs(folder, capfd):
    ClipEmbedder(folder, "cpu")
    assert "UNEXPECTED" not in "".join(capfd.readouterr())
