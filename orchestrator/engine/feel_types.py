"""The types that a DMN document names, and what becomes of a value that is of another one: null (DMN 1.5,
10.3.2.9.4). A list of one entry counts as the entry, and the other way round."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from orchestrator.engine import (
    decimals,
    dmn_index,
    dmn_nodes,
    feel_temporal,
    feel_times,
    type_refs,
)
from orchestrator.engine.decision_tables import SINGLE
from orchestrator.engine.editions import Edition
from orchestrator.engine.feel_temporal import DURATIONS, Temporal
from orchestrator.engine.sizes import MAX_DEPTH, Spend, plain, shown
from orchestrator.engine.values import Value
from orchestrator.sentences import say

Kind = Any
"""The name of a base type, a list of the one kind of its entries, or a mapping of a context's entries."""
ANY = "Any"
_DURATION = "duration"
_NAMES = {
    "date and time": "date and time",
    "dateTime": "date and time",
    "days and time duration": _DURATION,
    "dayTimeDuration": _DURATION,
    "years and months duration": _DURATION,
    "yearMonthDuration": _DURATION,
    "integer": "number",
    "long": "number",
    "double": "number",
    **{name: name for name in ("number", "string", "boolean")},
    **{name: name for name in ("date", "time", ANY)},
}
_WRITTEN = {
    "date": re.compile(r"-?\d{4,9}-\d\d-\d\d"),
    "time": re.compile(r"\d\d:\d\d.*"),
    "date and time": re.compile(r"-?\d{4,9}-\d\d-\d\d(?:T.*)?"),
    "duration": re.compile(r"-?P.+"),
}
"""How days, times and durations are written, which we keep as texts."""
_OF_TIMES = (feel_temporal.DATE, feel_temporal.TIME, feel_temporal.MOMENT)
_MOST_PARTS = 300
"""Item definitions and components of one type; what lies beyond is not looked at."""
_DEEPEST = 8
"""Item definitions inside each other; what lies deeper is not looked at."""


_ENGINES = ("camunda.org/", "gridflow", "flowable.org", "activiti.")
"""What stands in the namespaces of files whose engines go by no types, or convert a value to one."""
_OF_CAMUNDA = ("integer", "long", "double")
"""Types that FEEL does not have."""
_NAMES_OF_RESULTS = {
    **_NAMES,
    "days and time duration": feel_temporal.SPAN,
    "dayTimeDuration": feel_temporal.SPAN,
    "years and months duration": feel_temporal.MONTHS,
    "yearMonthDuration": feel_temporal.MONTHS,
}
"""The two kinds of durations told apart, as since the eighth edition for results."""
_KINDS = frozenset((*_NAMES.values(), *_NAMES_OF_RESULTS.values()))


def is_standard(root: Any) -> bool:
    """Whether a value of another type than its place names is null there, as the standard has it. Camunda 7
    and our own tables convert it, Camunda 8 leaves it as it is."""
    return dmn_index.once(
        root,
        "is standard",
        lambda: _is_standard(root),
    )


def _is_standard(root: Any) -> bool:
    if not dmn_nodes.converts_types(root):
        return False
    named = [*root.nsmap.values(), root.get("namespace")]
    if any(mark in text for text in filter(None, named) for mark in _ENGINES):
        return False
    return not any(node.get("typeRef") in _OF_CAMUNDA for node in root.iter())


def described(
    node: Any,
    type_ref: str | None,
    names: Mapping[str, str] = _NAMES,
) -> str | None:
    """The type as a text that `conformed` reads; None where the document does not say what it is. `names`:
    what the types of FEEL are called there."""
    kind = _Definitions(dmn_index.of(node), names).kind(type_ref, 0)
    if kind is None:
        return None
    return json.dumps(
        kind,
        ensure_ascii=False,
        separators=(",", ":"),
    )


class _Definitions:
    """The item definitions of a document, of which so many parts are looked at for one type."""

    def __init__(
        self,
        index: dmn_index.Index,
        names: Mapping[str, str],
    ) -> None:
        self.index = index
        self.names = names
        self.left = _MOST_PARTS

    def kind(self, type_ref: str | None, depth: int) -> Kind:
        """The type of that name; None where nothing says what it is."""
        name = (type_ref or "").strip().rpartition(":")[2]
        if name in self.names:
            return self.names[name]
        item = self.index.items.get(name)
        if item is None:
            return None
        return self._of_item(item, depth)

    def _of_item(self, item: Any, depth: int) -> Kind:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            return None
        kind = self._alone(item, depth + 1)
        if item.get("isCollection") != "true":
            return kind
        return [_or_any(kind)]

    def _alone(self, item: Any, depth: int) -> Kind:
        """The type, or that of the entries where it is a list."""
        components = [
            node for node in item if dmn_nodes.local(node) == "itemComponent"
        ]
        written = dmn_nodes.child(item, "typeRef")
        if components:
            return {
                node.get("name") or "": _or_any(self._of_item(node, depth))
                for node in components
            }
        if written is None:
            return None
        return self.kind(written.text, depth)


def _or_any(kind: Kind) -> Kind:
    return ANY if kind is None else kind


@lru_cache(maxsize=1_000)
def _read(described_as: str) -> Kind:
    """The type that the text says. Raises TypeError for any other text: a designer may write one."""
    if not isinstance(described_as, str):
        raise TypeError
    try:
        kind = json.loads(described_as)
    except (ValueError, RecursionError):
        raise TypeError from None
    if not _is_kind(kind, 0):
        raise TypeError
    return kind


def _is_kind(kind: Any, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(kind, list):
        return len(kind) == 1 and _is_kind(kind[0], depth + 1)
    if isinstance(kind, dict):
        return all(_is_kind(part, depth + 1) for part in kind.values())
    return isinstance(kind, str) and kind in _KINDS


def conformed(value: Value, described_as: str) -> Value:
    """The value where it is of the type; null for any other."""
    kind = _read(described_as)
    if value is None or _conforms(value, kind):
        return value
    if isinstance(kind, list):
        return (
            [value]
            if _conforms(
                value,
                kind[0],
            )
            else None
        )
    for _depth in range(_DEEPEST):
        if (
            not isinstance(
                value,
                (list, tuple),
            )
            or len(value) != 1
        ):
            return None
        value = value[0]
        if _conforms(value, kind):
            return value
    return None


def _conforms(value: Any, kind: Kind) -> bool:
    if value is None or kind == ANY:
        return True
    if isinstance(value, Temporal):
        is_duration = value.kind in DURATIONS and kind not in DURATIONS
        return bool(kind == (_DURATION if is_duration else value.kind))
    if isinstance(kind, list):
        return isinstance(
            value,
            (list, tuple),
        ) and all(
            _conforms(
                entry,
                kind[0],
            )
            for entry in value
        )
    if isinstance(kind, Mapping):
        return isinstance(value, Mapping) and all(
            name in value
            and _conforms(
                value[name],
                part,
            )
            for name, part in kind.items()
        )
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return decimals.is_number(value) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind in DURATIONS:
        found = feel_temporal.read(value)
        return found is not None and found.kind == kind
    return kind == "string" or bool(_WRITTEN[kind].fullmatch(value))


def of_type(
    spend: Spend,
    value: Any,
    described_as: Any,
    column: Any = "",
) -> Value:
    """As `conformed`. Raises Refused for a value of another type where a `column` is named."""
    _pay(spend, value)
    typed = conformed(value, described_as)
    if typed is None and column:
        raise type_refs.refusal(
            value,
            _read(described_as),
            shown(column),
        )
    return typed


def is_instance(spend: Spend, value: Any, described_as: str) -> bool:
    """Whether the value is of the type. Raises Refused for a text that may be a day or a time: those are
    kept as texts."""
    _pay(spend, value)
    kind = _read(described_as)
    if kind == ANY and value is None:
        raise decimals.Refused(say("空值是不是 Any，各引擎说法不同"))
    if value is None or not _conforms(value, kind):
        return False
    if isinstance(value, Temporal):
        return True
    texts = [value] if isinstance(value, str) else _texts(value)
    if kind != ANY and any(_is_time(text) for text in texts):
        raise decimals.Refused(
            say("“{value}”是文字还是日期、时间分不清", value=shown(value)),
        )
    return True


def _pay(spend: Spend, value: Any) -> None:
    """Each part of the value is looked at as often as it is read. Raises Refused for one too large."""
    plain(value, spend)


def _texts(value: Any) -> list[str]:
    """The texts in a list or group, also inside others."""
    parts: list[Any] = []
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, (list, tuple)):
        parts = list(value)
    texts = [part for part in parts if isinstance(part, str)]
    for part in parts:
        texts += _texts(part)
    return texts


def _is_time(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in _WRITTEN.values())


def kind_of(type_ref: str | None) -> str | None:
    """What values of the type are: `duration`, `date`, `number` and so on; None for a type of the file."""
    return _NAMES.get((type_ref or "").rpartition(":")[2])


def require_comparable(value: Value, described_as: str) -> None:
    """Raises Refused for a duration, and for a time with a zone, which would be compared as texts."""
    kind = _read(described_as)
    if kind == _DURATION and not isinstance(value, Temporal):
        raise decimals.Refused(
            say("本系统不比较时长，请先换算成天数或小时数"),
        )
    if kind in ("time", "date and time"):
        feel_times.moment(value, kind)


def seen(value: Value, described_as: str) -> Any:
    """As `conformed`, a duration as what its text writes."""
    typed = conformed(value, described_as)
    if _read(described_as) != _DURATION:
        return typed
    return feel_temporal.read(typed) or typed


def demanded(
    value: Value, type_ref: str | None, column: str, edition: Edition
) -> Value:
    """The value of a table's column that has this type. Raises Refused for any other; up to the seventh
    edition not for a day that there is not."""
    kind = _NAMES.get((type_ref or "").rpartition(":")[2])
    if kind is None:
        return value
    if value is None or (value == "" and kind != "string"):
        return None
    written = json.dumps(kind)
    typed = conformed(value, written)
    is_new = edition >= Edition.EIGHTH and kind in _OF_TIMES
    if typed is None or (is_new and _is_no_time(typed)):
        raise type_refs.refusal(value, type_ref, column)
    if kind != _DURATION:
        require_comparable(typed, written)
    return typed


def _is_no_time(value: Value) -> bool:
    return isinstance(value, str) and feel_temporal.read(value) is None


def as_result(value: Value, described_as: str, edition: Edition) -> Value:
    """As `conformed`; since the eighth edition a day where the type is a day with a time is its midnight of
    UTC (DMN 1.5, 10.3.2.9.4), also in lists and contexts."""
    typed = conformed(value, described_as)
    if edition < Edition.EIGHTH:
        return typed
    return _at_midnight(typed, _read(described_as))


def _at_midnight(value: Value, kind: Kind) -> Value:
    if kind == feel_temporal.MOMENT:
        found = feel_temporal.read(value)
        if found is None or found.kind != feel_temporal.DATE:
            return value
        return f"{found}T00:00:00Z"
    if isinstance(kind, list) and isinstance(value, (list, tuple)):
        return [_at_midnight(entry, kind[0]) for entry in value]
    if isinstance(kind, Mapping) and isinstance(value, Mapping):
        return {
            name: _at_midnight(entry, kind.get(name, ANY))
            for name, entry in value.items()
        }
    return value


def of_result(decision: Any, edition: Edition) -> str | None:
    """The type of which any other result of the decision is null; None where that is the column's, and in a
    file that does not go by the standard."""
    root = decision.getroottree().getroot()
    table = dmn_nodes.child(decision, "decisionTable")
    policy = "UNIQUE" if table is None else table.get("hitPolicy") or "UNIQUE"
    if not is_standard(root) or policy not in SINGLE:
        return None
    outputs = [
        node.get("typeRef")
        for node in (() if table is None else table)
        if dmn_nodes.local(node) == "output"
    ]
    if any(outputs):
        return None
    return described(
        decision,
        dmn_nodes.type_of_result(decision),
        _NAMES if edition < Edition.EIGHTH else _NAMES_OF_RESULTS,
    )
