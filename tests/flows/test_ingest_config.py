from typing import get_args

import pytest

from annotators.settings import ModelSettings
from flows.ingest_config import AnnotatorName, HandOptions, IngestConfig, ResourcesOfAnnotators


def test_the_deadline_of_clips_grows_with_every_backend_elsewhere(monkeypatch, tmp_path):
    file = tmp_path / "backends.toml"
    file.write_text(
        '[hamer]\npython = "p"\nfolder = "f"\nstart_deadline_s = 90\ndeadline_s_per_frame = 2\n'
        '[wilor]\npython = "p"\nfolder = "f"\nstart_deadline_s = 30\ndeadline_s_per_frame = 1\n'
    )
    monkeypatch.setenv("EMO2_BACKENDS", str(file))
    assert HandOptions().backends_deadline_s(100) == 0
    assert HandOptions(backend="hamer").backends_deadline_s(100) == 290
    assert HandOptions(backend="hamer", second_backend="wilor").backends_deadline_s(100) == 420


@pytest.mark.parametrize(
    ("videos_per_shard", "commit_clips", "at_risk"), [(100, 256, 50), (1000, 256, 256), (1, 256, 1)]
)
def test_a_kill_costs_less_than_a_shard(videos_per_shard, commit_clips, at_risk):
    config = IngestConfig(
        source="/videos", lake="/lake", videos_per_shard=videos_per_shard, commit_clips=commit_clips
    )
    assert config.clips_at_risk == at_risk


def test_every_slot_is_filled_unless_told_otherwise_and_has_its_resources():
    assert IngestConfig(source="/a", lake="/l").annotators == get_args(AnnotatorName)
    assert set(ResourcesOfAnnotators.model_fields) == set(get_args(AnnotatorName))
    assert set(ModelSettings.model_fields) <= set(get_args(AnnotatorName))
    chosen = IngestConfig(source="/a", lake="/l", resources={"speech": {"cpus": 4, "gpus": 0.5}})
    assert chosen.resources_of("speech").cpus == 4


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("body", "motion"), "motion needs hands too: add them, or leave motion out"),
        (("speech", "speaker"), "speaker needs audio and face too: add them, or leave speaker out"),
    ],
)
def test_a_slot_without_those_it_is_measured_on_is_refused(names, sentence):
    with pytest.raises(ValueError, match=sentence):
        IngestConfig(source="/a", lake="/l", annotators=names)
