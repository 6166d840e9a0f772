"""A form as frozen values, and what is seen of it with given data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from forms.components import COMPONENTS
from forms.conditions import Condition


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    type: str
    key: str
    """Name of the variable; empty for texts, separators and groups."""
    label: str = ""
    description: str = ""
    citation: str = ""
    """The article that asks for it, in words; from the component's `properties`."""
    required: bool = False
    min_length: int | None = None
    """Characters."""
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    decimals: int | None = None
    """Digits allowed after the point; None for any number of them."""
    pattern: str | None = None
    pattern_message: str | None = None
    kind: str = ""
    """form-js validationType of a text: `email` or `phone`."""
    options: tuple[Option, ...] = ()
    options_source: str | None = None
    """Name of a list the service supplies (form-js valuesKey)."""
    suggestions: str = ""
    """Of a text: name of the list the service supplies, whose labels are offered while one types; from the
    component's `properties`."""
    multiple: bool = False
    accept: str = ""
    increment: Decimal | None = None
    """A number must be a multiple of it."""
    as_text: bool = False
    """Of a number: whether its value is the text as typed, so that 3.10 and numbers of 18 digits stay what
    they are."""
    interval: int | None = None
    """Of a time: minutes that its time of day must be a multiple of."""
    before: str = ""
    """What stands in front of the value, such as ￥."""
    after: str = ""
    """What stands behind the value, such as 万元."""
    line: str = ""
    """Fields of the same line stand beside each other."""
    columns: int | None = None
    """Of 16: how wide it is in its line."""
    subtype: str = "date"
    """What a datetime asks for: `date`, `time` or `datetime`."""
    not_before: str = ""
    """Of a datetime: `today` or a distance from today (P30D, P6M, P1Y); from the component's `properties`, as
    is `not_after`."""
    not_after: str = ""
    later_than: str = ""
    """Of a datetime: the variable that holds a day which it must lie after; from the component's
    `properties`."""
    approves: str = ""
    """Of a choice: the answer by which an instance is approved; from the component's `properties`."""
    personal: bool = False
    """Whether its value is somebody's personal data, which is shown masked; from the component's
    `properties`."""
    graded: bool = False
    """Whether it is shown to those alone who are named for it; no file says so, the city's rules do."""
    folded: bool = False
    """Whether a short page keeps it behind a line that opens; this and the next three are from the
    component's `properties`."""
    intake: int = 0
    """Its place on a page for registering what others tell; 0: after those that have one."""
    filled_with: tuple[str, ...] = ()
    """Keys of the fields whose text the browser writes into it as long as nobody typed there."""
    point: bool = False
    """Whether it holds latitude and longitude, which the browser can ask the device for."""
    drawing: bool = False
    """Of a textarea: whether it holds boundaries as GeoJSON, which the browser offers to draw on a map."""
    proposed: str = ""
    """What of the city's matrix of responsibilities it begins with: `lead`, `assisting`, `class` or
    `priority`; from the component's `properties`."""
    limit_of: str = ""
    """Of a number: the deadline that it sets for this instance, within the bounds of the city's profile; from
    the component's `properties`."""
    default: Any = None
    text: str = ""
    rows: int = 1
    """With how many empty rows a dynamiclist begins in a new form."""
    fixed_rows: bool = False
    hidden_when: Condition | None = None
    questions_source: str = ""
    """The list outside the form whose questions a group asks."""
    components: tuple[Field, ...] = ()
    """The fields inside a group or a dynamiclist."""

    @property
    def carries_value(self) -> bool:
        return COMPONENTS[self.type].carries_value


@dataclass(frozen=True, slots=True)
class Form:
    id: str
    fields: tuple[Field, ...]
    title: str = ""
    sources: frozenset[str] = field(default_factory=frozenset)
    """Option sources the service must supply."""
    rule: str = ""
    """Name of a rule of the product over its answers, from the form's own `properties`; empty where none is
    named."""
    batch: bool = False
    """Whether several tasks of the same step may be decided with one form; from the form's own
    `properties`."""
    set_aside: tuple[str, ...] = ()
    """Of a form that was deployed before: what is refused today and therefore counts for nothing in it, in
    words."""

    ignored: tuple[str, ...] = ()
    """What the file says beside and is not read, in words."""

    def inputs(self) -> Iterator[Field]:
        """The fields that carry a value; a list counts as one."""
        return inputs(self.fields)

    @property
    def field_keys(self) -> frozenset[str]:
        return frozenset(value.key for value in self.inputs())


def inputs(fields: Sequence[Field]) -> Iterator[Field]:
    """The fields that carry a value, those inside groups included."""
    for value in fields:
        if value.type == "group":
            yield from inputs(value.components)
        elif value.carries_value:
            yield value


def scope(
    fields: Sequence[Field],
    data: Mapping[str, Any],
    around: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What conditions read: the data of these fields and of the form around a row, where a hidden field is
    null."""
    own = {value.key: data.get(value.key) for value in inputs(fields)}
    read = {**(around or {}), **own}
    for _round in own:
        hidden = {value.key for value in _hidden(fields, read, False)}
        following = {
            **(around or {}),
            **{
                key: None if key in hidden else value
                for key, value in own.items()
            },
        }
        if following == read:
            break
        read = following
    return read


def is_shown(item: Field, read: Mapping[str, Any]) -> bool:
    """Whether the field is to be seen; `read` comes from scope()."""
    return item.hidden_when is None or not item.hidden_when.holds(read)


def shown_inputs(
    fields: Sequence[Field], read: Mapping[str, Any]
) -> Iterator[Field]:
    """The fields that carry a value and are to be seen."""
    for value in fields:
        if not is_shown(value, read):
            continue
        if value.type == "group":
            yield from shown_inputs(value.components, read)
        elif value.carries_value:
            yield value


def _hidden(
    fields: Sequence[Field], read: Mapping[str, Any], inside_hidden: bool
) -> Iterator[Field]:
    for value in fields:
        hidden = inside_hidden or not is_shown(value, read)
        if value.type == "group":
            yield from _hidden(value.components, read, hidden)
        elif hidden:
            yield value
