"""Why an instance cannot be moved to another version; here, what was completed and the new version could not
undo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.engine import specs
from orchestrator.engine.definition import Definition
from orchestrator.engine.nameless import label
from orchestrator.engine.specs import ProcessSpec
from orchestrator.engine.token import Record
from orchestrator.sentences import say


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an instance cannot be moved."""

    element_id: str
    name: str
    """Of the element, as its present version calls it."""
    why: str
    """A Chinese sentence."""
    gone: bool = False
    """Whether the new version has no such element at all."""


def not_undoable(
    old: Definition,
    new: Definition,
    spec: ProcessSpec | None,
    records: Iterable[Record],
) -> Iterator[Obstacle]:
    """An obstacle for each activity that is done and can be undone in `old`, but not where it stands in
    `new`; `spec` is its scope there."""
    for name, _local, inner in (
        [*record, None, None][:3] for record in records
    ):
        now: Any = spec.task_specs.get(name) if spec is not None else None
        if now is not None and now.compensated_by is not None:
            continue
        inside = _inside(new, spec, name)
        if inner and inside is not None:
            yield from not_undoable(old, new, inside, inner)
        elif inner is None or inside is None or inside.compensated_by is None:
            element = old.elements.get(name)
            if element is not None:
                called = label(element)
            else:
                called = name
            yield Obstacle(
                name,
                called,
                say(
                    "“{called}”已经办完、还可以撤销，新版里没有撤销它的办法",
                    called=called,
                ),
            )


def _inside(
    definition: Definition,
    spec: ProcessSpec | None,
    name: str,
) -> ProcessSpec | None:
    """What runs inside the subprocess of that name."""
    result = None
    if spec is not None:
        result = spec.task_specs.get(
            f"{name} [child]",
            spec.task_specs.get(name),
        )
    if isinstance(result, specs.SubWorkflowTask):
        return definition.specs.get(result.spec)
    return None
