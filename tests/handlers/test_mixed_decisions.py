"""Admissions, temporary items, exits and exits of what is only planned, decided in any order with days of
effect of any order: on each day every reader shows the same list, which a slow recount finds too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from orchestrator.domain.items import published
from orchestrator.handlers import item_list
from orchestrator.handlers.context import (
    CannotCarryOut,
    Handler,
    HandlerContext,
    InstanceRef,
)
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options
from orchestrator.store import item_lists
from orchestrator.store.definitions import version_in_force
from orchestrator.store.notices import PublicNotice
from orchestrator.store.session import transaction
from orchestrator.store.territories import Territory
from tests.handlers.office import COUNTY, NOW, TENANT, Office

DAYS = 40
"""Decisions and their days of effect lie within so many days."""
LAST = 4 * DAYS
"""Days that are recounted."""
FIRST = date(2026, 11, 20)
"""The day of NOW in the county."""
NAMES = ("试甲", "试乙", "试丙")


@dataclass(frozen=True)
class Decision:
    """One approval: on which day, for which item, and the days that it names, as days from the first."""

    kind: str
    after: int
    """Days since the decision before."""
    name: str
    wanted: int | None
    last: int | None


DECISIONS = st.lists(
    st.builds(
        Decision,
        kind=st.sampled_from(["admit", "admit", "exit"]),
        after=st.integers(0, 6),
        name=st.sampled_from(NAMES),
        wanted=st.none() | st.integers(0, DAYS),
        last=st.none() | st.none() | st.integers(0, DAYS),
    ),
    min_size=1,
    max_size=9,
)


@dataclass
class Recount:
    """What was decided, told day by day: nothing of the product's own rules about stays."""

    days: dict[int, set[str]] = field(
        default_factory=lambda: {day: set() for day in range(LAST)}
    )
    exits: dict[str, int] = field(default_factory=dict)
    """Item → the day from which its exit is decided."""

    def decide(self, on: int, decision: Decision) -> bool:
        """Whether the decision can be carried out, and then its effect on every day from then on."""
        name = decision.name
        coming = [
            day
            for day, names in self.days.items()
            if day >= on and name in names
        ]
        start = max(on, decision.wanted if decision.wanted is not None else on)
        if decision.kind == "admit":
            if coming or (decision.last is not None and decision.last <= on):
                return False
            end = LAST if decision.last is None else decision.last + 1
            self._set(range(start, end), name, True)
            self.exits.pop(name, None)
            return True
        if not coming or name in self.leaving(on):
            return False
        if decision.wanted is not None and on <= decision.wanted < coming[0]:
            return False
        self._set(range(max(start, coming[0]), LAST), name, False)
        self.exits[name] = max(start, coming[0])
        return True

    def leaving(self, on: int) -> set[str]:
        """Items whose exit is decided and lies ahead."""
        return {name for name, day in self.exits.items() if day > on}

    def turns(self, on: int) -> list[int]:
        """That day, and later ones on which the list changes, each with the day before it."""
        changed = {
            day
            for day in range(on + 1, LAST)
            if self.days[day] != self.days[day - 1]
        }
        return sorted({on, LAST - 1} | changed | {day - 1 for day in changed})

    def _set(self, days: range, name: str, there: bool) -> None:
        for day in days:
            (self.days[day].add if there else self.days[day].discard)(name)


class _Undone(Exception):
    """Everything of one example is taken back."""


@dataclass
class County:
    """Jingkou's list, decided about through the handlers alone."""

    session: Session
    bundle: Bundle
    path: str
    ids: dict[str, str] = field(default_factory=dict)
    """Name → the item that was admitted last under it."""
    decided: int = 0

    def carry_out(self, on: int, decision: Decision) -> bool:
        """Whether the decision could be carried out."""
        variables: dict[str, Any] = {
            "effective_on": _text(decision.wanted),
            "opinion": "同意",
        }
        if decision.kind == "admit":
            variables |= {
                "item_name": decision.name,
                "leaves_on": _text(decision.last),
            }
            handler: Handler = item_list.publish
        else:
            variables["item_id"] = self.ids.get(decision.name, "none")
            handler = item_list.remove
        self.decided += 1
        try:
            told = handler(self._context(on, variables)) or {}
        except CannotCarryOut:
            return False
        if decision.kind == "admit":
            self.ids[decision.name] = told["item_id"]
        return True

    def _context(
        self, on: int, variables: Mapping[str, Any]
    ) -> HandlerContext:
        matter = f"mixed{self.decided}"
        instance = InstanceRef(
            matter,
            TENANT,
            COUNTY,
            self.path,
            matter,
            "",
            "item_admission",
            None,
        )

        def nothing(*_told: object, **_more: object) -> bool:
            return True

        return HandlerContext(
            self.session,
            instance,
            "publish",
            variables,
            None,
            "",
            None,
            NOW + timedelta(days=on),
            self.bundle.jurisdiction,
            {},
            *[nothing] * 7,
        )

    def shown(self, on: int) -> dict[str, set[str]]:
        """Reader → the names that it shows as in force that day."""
        day = FIRST + timedelta(days=on)
        listed = item_lists.item_list(self.session, TENANT, COUNTY, None, day)
        notice = self.session.scalars(
            sa.select(PublicNotice).where(
                PublicNotice.tenant_id == TENANT,
                PublicNotice.kind == "item-list",
                PublicNotice.subject_code == COUNTY,
            )
        ).one()
        setting = form_options.Setting(self.path, 0, NOW + timedelta(days=on))
        options = form_options.of_sources(
            self.session, self.bundle, ["items_in_force"], setting
        )
        found = {
            "register and workbook": [each.item.name for each in listed.items]
            if listed
            else [],
            "public page and files": [
                str(each["name"]) for each in published(notice.body, day).items
            ],
            "forms": [
                each.label.partition("：")[2]
                for each in options["items_in_force"]
            ],
        }
        return {
            reader: {name for name in names if name in NAMES}
            for reader, names in found.items()
        }


def _text(day: int | None) -> str | None:
    return None if day is None else (FIRST + timedelta(days=day)).isoformat()


@contextmanager
def county() -> Iterator[County]:
    """The county's list as it was loaded; what is decided is taken back at the end."""
    with suppress(_Undone), transaction() as session:
        path = session.get_one(Territory, (TENANT, COUNTY)).path
        definition = version_in_force(session, TENANT, "item_admission", None)
        assert definition is not None
        yield County(session, bundles.bundle_of(session, definition), path)
        raise _Undone


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(decisions=DECISIONS)
def test_every_reader_shows_the_list_that_a_recount_finds(
    office: Office, decisions: list[Decision]
) -> None:
    recount, today = Recount(), 0
    with county() as list_of_county:
        for decision in decisions:
            today += decision.after
            assert list_of_county.carry_out(today, decision) == recount.decide(
                today, decision
            ), decision
        list_of_county.session.flush()
        if not list_of_county.ids:
            return
        for day in recount.turns(today):
            shown = list_of_county.shown(day)
            assert all(
                names == recount.days[day] for names in shown.values()
            ), (
                day,
                shown,
            )
