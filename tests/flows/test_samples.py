import numpy as np

from flows.samples import SampleStore


def filled(folder, seconds: int) -> SampleStore:
    store = SampleStore(folder)
    for index in range(seconds * 25):
        if store.wants(index / 25):
            store.add(index / 25, np.full((36, 64, 3), index // 25 * 20, np.uint8))
    return store


def test_about_one_still_a_second_is_kept(tmp_path):
    store = filled(tmp_path, seconds=5)
    assert [sample.time_s for sample in store.between(0, 5, most=10)] == [0, 1, 2, 3, 4]


def test_stills_come_from_inside_the_half_open_span_spread_evenly(tmp_path):
    store = filled(tmp_path, seconds=10)
    samples = store.between(1, 9, most=3)
    assert [sample.time_s for sample in samples] == [1, 4, 8]
    assert [int(sample.rgb.mean().round()) for sample in samples] == [20, 80, 160]


def test_a_span_without_stills_is_empty(tmp_path):
    assert filled(tmp_path, seconds=2).between(5, 9, most=3) == []


def test_stills_of_a_standing_picture_share_a_file(tmp_path):
    store = SampleStore(tmp_path)
    for time_s, level in enumerate([50, 50, 50, 200, 50]):
        store.add(float(time_s), np.full((36, 64, 3), level, np.uint8))
    assert len(list(tmp_path.iterdir())) == 3
    assert [round(sample.rgb.mean()) for sample in store.between(0, 9, most=5)] == [50, 50, 50, 200, 50]
