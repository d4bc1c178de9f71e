"""What is told of each model (datasets.models.state)."""

from datasets.models.add import add_model
from datasets.models.fetch import get_model
from datasets.models.state import model_states
from tests.datasets.models.conftest import WEIGHTS
from tests.datasets.models.test_contents import write


def test_models_are_told_in_the_registrys_order_with_where_they_are(hub, registry):
    get_model("ears")
    ears, mouth = model_states()
    assert (ears.entry.id, ears.found.stamp) == ("ears", "ears@aaaaaaaaaaaa")
    assert (mouth.entry.id, mouth.found, mouth.get_command) == ("mouth", None, "emo2 models get mouth")


def test_verifying_finds_a_byte_that_changed(hub, registry):
    path = get_model("ears").path / "pytorch_model.bin"
    assert [state.flaw for state in model_states(verify=True)] == [None, None]
    path.resolve().write_bytes(WEIGHTS[:-1] + b"\0")
    assert next(iter(model_states())).flaw is None
    assert next(iter(model_states(verify=True))).flaw == "damaged or missing: pytorch_model.bin"


def test_verifying_finds_a_changed_copy_of_the_users(registry, tmp_path):
    added = add_model("mouth", write(tmp_path, {"mouth.model": WEIGHTS}))
    assert [state.flaw for state in model_states(verify=True)] == [None, None]
    write(added.path, {"auxiliary/mouth.model": WEIGHTS[::-1]})
    assert [state.flaw for state in model_states(verify=True)] == [None, "changed since it was added"]
