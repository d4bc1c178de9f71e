"""The flow behind the UI's form: how it ends."""

import pytest
from prefect.testing.utilities import prefect_test_harness

from flows.label import label
from flows.run_states import REFUSED
from tests.flows.labels.labelled_lakes import labelled_lake, told
from tests.flows.run_page.pages import cells, name_of, page_of


@pytest.mark.slow
def test_the_flow_labels_clips_and_refuses_in_one_sentence(tmp_path):
    lake = labelled_lake(tmp_path)
    form = {"lake": lake.uri, "style": "speaking", "clips": ["clip004"]}
    with prefect_test_harness(server_startup_timeout=180):
        done = label(form, return_state=True)
        page, name = page_of(done), name_of(done)
        refused = label(form | {"clips": ["nobody"]}, return_state=True)
    assert done.is_completed()
    assert done.message == "1 clips labelled speaking"
    assert told(lake)[4] == ("speaking", "person")
    assert name.startswith("label-speaking")
    assert cells(page["counts"])["Clips changed"] == 1
    assert refused.name == REFUSED
    assert "no clip 'nobody'" in refused.message
