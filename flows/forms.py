"""What a form, a schedule or an automation sent: checked when the run begins, and refused in one sentence.

Flows take their configuration unchecked (`validate_parameters=False`), since Prefect's own check ends a run in a
text of many lines that names no remedy.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from datasets.errors import UserError
from flows.roots import refuse_outside_roots, shown

_Form = TypeVar("_Form", bound=BaseModel)
_EMPTY = ("missing", "string_too_short")


class FormError(UserError):
    """A value that cannot be; the sentence names the field as its form does."""


def checked(form: type[_Form], given: object) -> _Form:
    """The configuration, from a form's fields or as it is.

    Raises FormError for the first value that cannot be used, and RootsError for a place that may not be.
    """
    made = given if isinstance(given, form) else _made(form, given)
    refuse_outside_roots(made)
    return made


def _made(form: type[_Form], given: object) -> _Form:
    if not isinstance(given, Mapping):
        raise FormError(f"{_form_title(form)} cannot be {shown(given)}: give its fields, {_fields(form)}")
    try:
        return form.model_validate(given)
    except ValidationError as error:
        sentence = first_problem(form, error)
    raise FormError(sentence)  # outside of `except`, so that no traceback repeats what may be a password


def first_problem(form: type[BaseModel], error: ValidationError) -> str:
    """One sentence: the field's title and name, its value, what is wrong with it and what is possible."""
    problem = error.errors(include_url=False)[0]
    spot = _spot(form, problem["loc"])
    kind, value = problem["type"], problem["input"]
    if kind == "extra_forbidden":
        return _unknown(spot.form, spot.names[-1], value)
    if not spot.names:
        return f"{_form_title(form)}: {_reason(problem['msg'])}"
    if kind in _EMPTY or (isinstance(value, str) and not value.strip()):
        return f"{spot.told} is not set: {_possible(spot) or 'give a value'}"
    told = f"{spot.told} cannot be {shown(value)}"
    if kind == "value_error" or not (possible := _possible(spot)):
        return f"{told}: {_reason(problem['msg'])}"
    return f"{told}: {possible}"


@dataclass(frozen=True)
class _Spot:
    """Where a value stands: the form around it, its field, and what may stand there."""

    form: type[BaseModel]
    annotation: Any
    field: FieldInfo | None = None
    names: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """As in "Backend (hands.backend)"."""
        name = ".".join(self.names)
        return f"{self.field.title} ({name})" if self.field and self.field.title else name


def _spot(form: type[BaseModel], path: Sequence[int | str]) -> _Spot:
    """Follows the path of a problem; a part that names a choice of a union, and no field, is left out."""
    spot = _Spot(form, form)
    for part in path:
        choices = _choices(spot.annotation)
        if len(choices) > 1:
            spot = replace(spot, annotation=_chosen(choices, str(part)))
        else:
            spot = _inside(spot, choices[0], str(part))
    return spot


def _inside(spot: _Spot, annotation: Any, part: str) -> _Spot:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(part)
        inner = field.annotation if field else None
        return _Spot(annotation, inner, field, (*spot.names, part))
    if part == "[key]":
        return replace(spot, annotation=get_args(annotation)[0])
    items = [each for each in get_args(annotation) if each is not Ellipsis]
    return replace(spot, annotation=items[-1] if items else None, names=(*spot.names, part))


def _choices(annotation: Any) -> list[Any]:
    """The members of a union but None, each without its marks."""
    if get_origin(annotation) is Annotated:
        return _choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        members = [each for each in get_args(annotation) if each is not type(None)]
        return [inner for each in members for inner in _choices(each)]
    return [annotation]


def _chosen(choices: Sequence[Any], label: str) -> Any:
    """The member that the label of a problem stands for, where it is a form; else all of them."""
    named = [each for each in choices if getattr(each, "__name__", None) == label]
    return named[0] if named else Union[tuple(choices)]  # noqa: UP007


def _possible(spot: _Spot) -> str:
    """What may stand there, as the field tells; empty where only the problem's own words say it."""
    told = [_one_possible(each, spot.field) for each in _choices(spot.annotation)]
    none = ", or None" if _may_be_none(spot.annotation) else ""
    return " or ".join(told) + none if all(told) else ""


def _one_possible(annotation: Any, field: FieldInfo | None) -> str:
    if get_origin(annotation) is Literal:
        return f"choose {_listed(get_args(annotation), 'or')}"
    if annotation in (int, float):
        return f"give a {'whole number' if annotation is int else 'number'}{_bounds(field)}"
    if annotation is bool:
        return "choose true or false"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"give its fields, {_fields(annotation)}"
    if get_origin(annotation) is tuple:
        inner = _one_possible(get_args(annotation)[0], None)
        return f"give a list; for each, {inner}" if inner else "give a list"
    if get_origin(annotation) is dict:
        return "give names with their values"
    if field is not None and field.description:
        return f"give text ({_in_a_sentence(field.description)})"
    return "give text"


def _may_be_none(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _in_a_sentence(text: str) -> str:
    """Without the capital of its first word, unless that is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _bounds(field: FieldInfo | None) -> str:
    """As in " from 1 to 1000", " above 0" or nothing."""
    found: dict[str, Any] = {}
    for mark in field.metadata if field else ():
        found |= {name: getattr(mark, name) for name in ("ge", "gt", "le", "lt") if hasattr(mark, name)}
    if "ge" in found and "le" in found:
        return f" from {found['ge']:g} to {found['le']:g}"
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    told = [f"{words[name]} {found[name]:g}" for name in ("ge", "gt", "le", "lt") if name in found]
    return " " + " and ".join(told) if told else ""


def _unknown(form: type[BaseModel], name: str, value: object) -> str:
    near = get_close_matches(name, form.model_fields, n=1)
    remedy = f"did you mean {near[0]}" if near else f"it has {_fields(form)}"
    return f"{_form_title(form)} has no field {shown(name)[1:-1]} (given as {shown(value)}): {remedy}"


def _form_title(form: type[BaseModel]) -> str:
    return form.model_config.get("title") or form.__name__


def _fields(form: type[BaseModel]) -> str:
    return _listed(tuple(form.model_fields), "and")


def _listed(names: Sequence[object], last: str) -> str:
    *others, final = map(str, names)
    return f"{', '.join(others)} {last} {final}" if others else final


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
