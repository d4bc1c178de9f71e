import pytest
from pydantic import ValidationError

from flows.forms import FormError, checked
from flows.labels.config import LabelConfig

GOOD = {"lake": "/lake", "style": "singing", "clips": ("c1",)}


@pytest.mark.parametrize(
    "fields",
    [
        {"style": "humming"},
        {"lake": ""},
        {"clips": ()},
        {"where": "keep"},
        {"clips": (), "where": ""},
        {"unknown": 1},
    ],
)
def test_the_form_refuses_what_cannot_be(fields):
    with pytest.raises(ValidationError):
        LabelConfig(**GOOD | fields)


@pytest.mark.parametrize(
    "fields", [{}, {"style": "clear"}, {"videos": ("v",)}, {"clips": (), "where": "keep"}]
)
def test_the_form_takes_what_can(fields):
    assert checked(LabelConfig, GOOD | fields).style in ("singing", "clear")


def test_a_form_without_clips_says_what_to_name():
    with pytest.raises(FormError, match=r"Where \(where\) .*name clips or videos, or choose clips by SQL"):
        checked(LabelConfig, {"lake": "/lake", "style": "singing", "clips": ["c"], "where": "keep"})
    with pytest.raises(FormError, match="Style"):
        checked(LabelConfig, {"lake": "/lake", "clips": ["c"]})
