"""What a list of the inbox asks, apart from the values: its statement is built once for all who ask the
same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.store.inbox_open import Filters, Official
from orchestrator.store.inbox_order import Place
from orchestrator.store.kept_statements import Parameter, Parameters, kept

_COMPARED = ("process_key", "due_from", "due_before", "new_since", "now")
"""Fields of Filters that are compared with a column."""


@dataclass(frozen=True, slots=True)
class ListShape:
    """Whose tasks, which of them and from which place on."""

    postgresql: bool
    of: Official
    filters: Filters
    place: Place | None
    keeps: bool
    """Whether all values in it are parameters; else its statement is built for them alone."""

    def build(self, build: Callable[..., Any], *more: Any) -> Any:
        """The statement that `build` makes of the shape and of what else it is given."""
        if self.keeps:
            return kept(build, self, *more)
        return build(self, *more)


def shape_of(
    session: Session,
    of: Official,
    filters: Filters,
    place: Place | None = None,
) -> tuple[ListShape, dict[str, Any]]:
    """The shape, and the values of its parameters.

    Words are searched for in as many conditions as there are, and nearly nobody stands in for others: these
    have their values in the shape.
    """
    postgresql = session.get_bind().dialect.name == "postgresql"
    if filters.text or of.standing_in:
        return ListShape(postgresql, of, filters, place, keeps=False), {}
    official, values = _whose(of, postgresql)
    chosen, of_filters = _which(filters)
    if place is not None:
        values |= {"place": place.value, "place_task": place.task_id}
        task: Any = Parameter("place_task")
        place = Place(Parameter("place"), task, place.before)
    return (
        ListShape(postgresql, official, chosen, place, keeps=True),
        values | of_filters,
    )


def _whose(of: Official, postgresql: bool) -> tuple[Official, dict[str, Any]]:
    values: dict[str, Any] = {"person": of.person_id}
    candidates: Any = ()
    if of.candidates:
        # SQLite has no arrays: there each candidate is a part of the statement.
        count = 0 if postgresql else len(of.candidates)
        candidates = Parameters("candidates", count)
        values |= candidates.values(list(of.candidates))
    person: Any = Parameter("person")
    return Official(person, candidates), values


def _which(filters: Filters) -> tuple[Filters, dict[str, Any]]:
    values: dict[str, Any] = {
        name: value for name in _COMPARED if (value := getattr(filters, name))
    }
    parameters: dict[str, Any] = {name: Parameter(name) for name in values}
    if filters.without:
        parameters["without"] = Parameters("without")
        values["without"] = list(filters.without)
    else:
        parameters["without"] = ()
    return replace(filters, tenant_id="", **parameters), values
