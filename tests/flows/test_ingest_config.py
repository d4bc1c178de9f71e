from flows.ingest_config import HandOptions


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
