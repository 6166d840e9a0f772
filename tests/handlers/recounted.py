"""What a slow recount finds beside the sums: each rate, and what is late now."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import figures, periods
from orchestrator.domain.figures import ITEM, MEMBER
from orchestrator.services import access, bundles
from orchestrator.services.figures import board, ranking
from orchestrator.store import figure_cases, figure_pages
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import GridCase, ServiceItem
from orchestrator.store.user_tasks import UserTask
from tests.handlers.office import TENANT, Office

CITY = "321100/"


def rates_and_what_is_late(
    session: Session, office: Office, counts: dict[Any, Counter[str]]
) -> None:
    """Each rate of each row, and what is late now by each thing that cases are counted by, looked at one by
    one."""
    for each in counts.values():
        told = figures.CaseCounts(**{n: each[n] for n in figures.MEASURES})
        for name, part, whole in (
            ("on_time", each["on_time"], each["closed"]),
            ("told", each["told"], each["to_tell"]),
            ("first_time", each["closed"] - each["reworked"], each["closed"]),
            ("reworked", each["reworked"], each["closed"]),
            ("satisfied", each["satisfied"], each["rated"]),
        ):
            rate = told.rate(name)
            assert (rate is None) is (whole == 0)
            assert rate is None or abs(rate - 100 * part / whole) <= 0.06
    now = office.now + timedelta(days=40)
    slow: dict[str, Counter[str]] = {}
    whole = Counter()
    for case, category, matter in session.execute(
        sa.select(GridCase, ServiceItem.category, ProcessInstance)
        .join(ServiceItem, ServiceItem.id == GridCase.item_id)
        .join(ProcessInstance, ProcessInstance.id == GridCase.instance_id)
    ):
        late = [
            task.due_at
            for task in session.scalars(
                sa.select(UserTask).where(
                    UserTask.instance_id == case.instance_id,
                    UserTask.state == "open",
                    UserTask.due_at.is_not(None),
                )
            )
            if task.due_at < now
        ]
        if late:
            whole["all"] += 1
            for kind, key in (
                ("item", case.item_id),
                ("class", category),
                ("member", str(matter.started_by)),
            ):
                slow.setdefault(kind, Counter())[key] += 1
    assert whole["all"] > 1
    found = figure_pages.overdue_of_cases(session, TENANT, CITY, now)
    assert found == {kind: dict(each) for kind, each in slow.items()}
    pressing = figure_pages.pressing(session, TENANT, CITY, now, now)
    assert pressing.overdue == whole["all"]
    _they_open_their_cases(session, office, found, now)


def the_first_rows_are_those_of_all(session: Session, office: Office) -> None:
    """A page reads the medians of the rows that it shows alone: they are the first of those in the files."""
    profile = bundles.profile_in_force(session, TENANT)
    at = board.Instants(office.now, office.now)
    viewer = access.viewer(session, office.person("zj-wgb"))
    assert profile is not None and viewer is not None
    period = office.now.strftime("%Y")
    asked = board.AskedBoard(CITY, period)
    whole = board.board(session, viewer, profile, asked, at)
    assert {title: len(rows) for title, rows in whole.tables.items()} == (
        whole.sizes
    )
    assert whole.sizes[ITEM] > 1 and whole.sizes[ranking.OFFICES] > 1
    assert all(row.minutes is not None for row in whole.tables[ITEM])
    for most in (1, 2):
        few = replace(asked, most=most)
        first = board.board(session, viewer, profile, few, at)
        assert (first.steps, first.minutes) == (whole.steps, whole.minutes)
        assert first.sizes == whole.sizes
        assert first.tables == {
            title: rows[:most] for title, rows in whole.tables.items()
        }
    member = access.viewer(session, office.person("zd-wgy1"))
    assert member is not None
    own = board.own_rows(session, member, periods.months_of(period))
    (mine,) = [row for row in own if row.kind == MEMBER]
    (told,) = [row for row in whole.tables[MEMBER] if row.key == mine.key]
    assert (mine.counts, mine.minutes) == (told.counts, told.minutes)


def _they_open_their_cases(
    session: Session,
    office: Office,
    found: dict[str, dict[str, int]],
    now: Any,
) -> None:
    viewer = access.viewer(session, office.person("zj-wgb"))
    for kind, each in found.items():
        for key, many in each.items():
            wanted = figure_cases.AskedFigure(
                TENANT, CITY, [], "overdue", kind, key, now=now, tonight=now
            )
            listed, _after = figure_cases.cases_behind(
                session, wanted, access.may_see(viewer), size=200
            )
            assert len(listed) == many, (kind, key)
