"""The board of figures (态势) of a place and a period: totals, rates with their targets, rows by everything
that cases are counted by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.figures import (
    ALL,
    BODY,
    CLASS,
    ITEM,
    MEMBER,
    PLACE,
    STEP,
    CaseCounts,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.territory import paths_to
from orchestrator.errors import NotFound
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.figures.ranking import (
    DEPARTMENTS,
    OFFICES,
    UNITS,
    ranked_roles,
)
from orchestrator.store import figure_pages as store
from orchestrator.store.territories import Territory

MONTHS_SHOWN = 12
TITLES: Mapping[str, str] = {
    DEPARTMENTS: say("部门"),
    UNITS: say("服务单位"),
    OFFICES: say("机构"),
    PLACE: say("地区"),
    CLASS: say("类别"),
    ITEM: say("事项"),
    MEMBER: say("登记人"),
}
"""Table → what its rows are."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """The figures of one body, place, item, class or person."""

    kind: str
    key: str
    name: str
    counts: CaseCounts
    minutes: int | None
    """Median of office minutes: of a body's steps, else from registering to archiving."""
    overdue: int | None
    """Cases late now; None in the rows of one's own, where that is not counted."""
    rank: int = 0
    rank_before: int | None = None
    """In the period before; None where it had nothing."""


@dataclass(frozen=True, slots=True)
class StepHours:
    name: str
    minutes: int
    many: int


@dataclass(frozen=True, slots=True)
class Board:
    place: Territory
    above: Sequence[Territory]
    """The places around it that the reader may choose, the widest first."""
    period: str
    totals: CaseCounts
    before: CaseCounts
    """Of the period before."""
    minutes: int | None
    pressing: store.Pressing
    targets: Mapping[str, int]
    tables: Mapping[str, Sequence[BoardRow]]
    """Key of TITLES → the first rows, as many as were asked for."""
    sizes: Mapping[str, int]
    """Key of TITLES → how many rows there are."""
    steps: Sequence[StepHours]
    months: Mapping[str, CaseCounts]
    """The last MONTHS_SHOWN months, the earliest first."""


def may_count(who: access.Viewer, path: str) -> bool:
    """Whether the viewer sees the figures of everything at that place."""
    return any(path.startswith(value) for value in who.overseen_paths)


def board(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    asked: AskedBoard,
    at: Instants,
) -> Board:
    """The board of a place that the viewer oversees. Raises NotFound for another place, or for what is no
    period."""
    path = asked.path
    period = asked.period
    months = periods.months_of(period)
    if not months or not may_count(who, path):
        raise NotFound(path)
    tenant = who.tenant_id
    wider = _wider(who, path)
    places = store.territories_at(session, tenant, [*wider, path])
    if path not in places:
        raise NotFound(path)
    pressing = store.pressing(session, tenant, path, at.now, at.tonight)
    reader = _Reader(session, tenant, profile, asked, pressing, at.now)
    tables, sizes = reader.tables(asked.most)
    keys = _keys_timed(tables, asked.most)
    minutes = store.medians_of_kinds(session, tenant, path, keys, months)
    last = periods.months_back(months[-1], MONTHS_SHOWN)
    case_countses = store.counts_by_month(session, tenant, path, ALL, "", last)
    return Board(
        place=places[path],
        above=[places[value] for value in wider if value in places],
        period=period,
        totals=reader.counts[ALL].get("", CaseCounts()),
        before=reader.before[ALL].get("", CaseCounts()),
        minutes=minutes[ALL].get("", (None, 0))[0],
        pressing=pressing,
        targets=profile.figures.targets,
        tables={
            title: _with_minutes(rows, minutes)
            for title, rows in tables.items()
        },
        sizes=sizes,
        steps=[
            StepHours(name, spent, many)
            for name, (spent, many) in sorted(
                minutes[STEP].items(),
                key=lambda pair: -pair[1][0],
            )
        ],
        months={
            month: case_countses.get(month, CaseCounts()) for month in last
        },
    )


@dataclass(frozen=True, slots=True)
class AskedBoard:
    """Which figures are asked for."""

    path: str
    """Of the place."""
    period: str
    titles: Collection[str] = tuple(TITLES)
    """Of the tables."""
    most: int | None = None
    """So many first rows of each table; all for None."""


@dataclass(frozen=True, slots=True)
class Instants:
    now: datetime
    tonight: datetime


def _keys_timed(
    tables: Mapping[str, Sequence[BoardRow]], most: int | None
) -> dict[str, store.Keys]:
    """Kind → the keys whose median is shown: those of the first rows alone, for a place has thousands; in
    files of all but the bodies, most of which are not ranked."""
    kinds: dict[str, store.Keys] = {ALL: None, STEP: None}
    for title, rows in tables.items():
        kind = _kind_of(title)
        if most is None and kind != BODY:
            kinds[kind] = None
        else:
            kinds[kind] = {*(kinds.get(kind) or ()), *(r.key for r in rows)}
    return kinds


def _with_minutes(
    rows: Sequence[BoardRow],
    minutes: Mapping[str, Mapping[str, tuple[int, int]]],
) -> list[BoardRow]:
    return [
        replace(row, minutes=minutes[row.kind].get(row.key, (None, 0))[0])
        for row in rows
    ]


def _wider(who: access.Viewer, path: str) -> list[str]:
    """The paths of the places around it that the viewer may choose, the widest first."""
    *paths, _own = paths_to(path)
    return [wider for wider in paths if may_count(who, wider)]


class _Reader:
    """Rows of one place and period. What is counted by several things is read at once."""

    def __init__(
        self,
        session: Session,
        tenant_id: str,
        profile: Jurisdiction,
        asked: AskedBoard,
        pressing: store.Pressing,
        now: datetime,
    ) -> None:
        self._session = session
        self._tenant = tenant_id
        self._titles = [title for title in TITLES if title in asked.titles]
        self._pressing = pressing
        place = session, tenant_id, asked.path
        kinds = list(dict.fromkeys(map(_kind_of, self._titles)))
        self._roles = ranked_roles(profile)
        self._ranked: Mapping[str, Any] = {}
        if BODY in kinds:
            self._ranked = store.bodies_with_roles(
                session, tenant_id, set().union(*self._roles.values())
            )
        # Most bodies are asked for nothing that is ranked: who visits, who leads a grid.
        keys: dict[str, store.Keys] = dict.fromkeys([ALL, *kinds])
        keys[BODY] = self._ranked
        before = {kind: keys[kind] for kind in (ALL, BODY)}
        months = periods.months_of(asked.period)
        earlier = periods.months_of(periods.before(asked.period))
        self._sizes: dict[str, int] = {}
        if MEMBER in kinds and asked.most is not None:
            keys[MEMBER], self._sizes[MEMBER] = store.foremost(
                *place, MEMBER, months, asked.most
            )
        self.counts = store.counts_of_kinds(*place, keys, months)
        self.before = store.counts_of_kinds(*place, before, earlier)
        self._overdue: Mapping[str, Mapping[str, int]] = {}
        if any(kind in store.OF_CASES for kind in kinds):
            self._overdue = store.overdue_of_cases(*place, now)

    def tables(
        self, most: int | None
    ) -> tuple[dict[str, list[BoardRow]], dict[str, int]]:
        """The first rows of the titles, in the order of TITLES, and how many rows each has."""
        tables: dict[str, list[BoardRow]] = {}
        sizes = {}
        bodies = self._bodies()
        for title in self._titles:
            if title in bodies:
                rows = bodies[title]
                sizes[title] = len(rows)
            else:
                rows = self._of(title, most)
                found = len(self.counts[title])
                sizes[title] = self._sizes.get(title, found)
            tables[title] = rows[:most]
        return tables, sizes

    def _of(self, kind: str, most: int | None) -> list[BoardRow]:
        first = _foremost(self.counts[kind], most)
        names = store.names_of(self._session, self._tenant, kind, list(first))
        if kind == PLACE:
            overdue = self._pressing.overdue_by_place
        else:
            overdue = self._overdue[kind]
        rows = self._rows(kind, first, names, overdue)
        return sorted(
            rows, key=lambda row: (*_busiest_first(row.counts), row.name)
        )

    def _rows(
        self,
        kind: str,
        counts: Mapping[str, CaseCounts],
        names: Mapping[str, str],
        overdue: Mapping[str, int],
    ) -> list[BoardRow]:
        """Their medians are read when it is known which of them are shown."""
        return [
            BoardRow(
                kind,
                key,
                names.get(key, key),
                case_counts,
                None,
                overdue.get(key, 0),
            )
            for key, case_counts in counts.items()
        ]

    def _bodies(self) -> dict[str, list[BoardRow]]:
        """Offices, departments and service units, each ranked among themselves by what they did on time, then
        by rework."""
        result = {}
        for title, wanted in self._roles.items():
            names = {
                key: body.name
                for key, body in self._ranked.items()
                if body.role in wanted
            }
            counts = {
                key: case_counts
                for key, case_counts in self.counts[BODY].items()
                if key in names
            }
            overdue = self._pressing.overdue_by_body
            own = self._rows(BODY, counts, names, overdue)
            result[title] = _ranked(own, self.before[BODY])
        return result


def _busiest_first(counts: CaseCounts) -> tuple[int, int]:
    return -counts.registered, -counts.open


def _foremost(
    counts: Mapping[str, CaseCounts], most: int | None
) -> Mapping[str, CaseCounts]:
    """Those among which the first `most` are, whatever the names of those that are level."""
    if most is None or len(counts) <= most:
        return counts
    last = sorted(map(_busiest_first, counts.values()))[most - 1]
    return {
        key: case_counts
        for key, case_counts in counts.items()
        if _busiest_first(case_counts) <= last
    }


def _kind_of(title: str) -> str:
    """What cases are counted by in the table of that title."""
    if title in (DEPARTMENTS, UNITS, OFFICES):
        return BODY
    return title


def _ranked(
    rows: Sequence[BoardRow],
    before: Mapping[str, CaseCounts],
) -> list[BoardRow]:
    earlier = {
        row.key: before[row.key]
        for row in rows
        if before.get(row.key, CaseCounts()).closed
    }
    former = {
        key: place
        for place, key in enumerate(
            sorted(earlier, key=lambda key: _worth(earlier[key])),
            1,
        )
    }
    ordered = sorted(rows, key=lambda row: (_worth(row.counts), row.name))
    return [
        BoardRow(
            row.kind,
            row.key,
            row.name,
            row.counts,
            row.minutes,
            row.overdue,
            place,
            former.get(row.key),
        )
        for place, row in enumerate(ordered, 1)
    ]


def _worth(counts: CaseCounts) -> tuple[float, float, int]:
    """Sorts the best first; who has closed nothing comes last."""
    on_time = counts.rate("on_time")
    reworked = counts.rate("reworked")
    return (
        -on_time if on_time is not None else 1.0,
        reworked or 0.0,
        -counts.closed,
    )


def own_rows(
    session: Session,
    who: access.Viewer,
    months: Sequence[str],
) -> list[BoardRow]:
    """The figures of the viewer's own bodies, each over its own place, and of what he registered himself."""
    board_rows = []
    for body in who.bodies:
        if body.platform:
            continue
        of = (session, who.tenant_id, body.territory_path)
        key = str(who.person_id)
        asked: dict[str, store.Keys] = {BODY: [body.id], MEMBER: [key]}
        counts = store.counts_of_kinds(*of, asked, months)
        minutes = store.medians_of_kinds(*of, asked, months)
        done = counts[BODY].get(body.id, CaseCounts())
        rows = [BoardRow(BODY, body.id, body.name, done, None, None)]
        mine = counts[MEMBER].get(key)
        if mine is not None:
            rows.append(
                BoardRow(MEMBER, key, who.display_name, mine, None, None)
            )
        board_rows += _with_minutes(rows, minutes)
    return board_rows


def own_path(who: access.Viewer, kind: str, key: str) -> str | None:
    """The place over which the viewer may see that figure because it is his own body's or his own; None where
    it is neither."""
    if kind == BODY:
        return next(
            (body.territory_path for body in who.bodies if body.id == key),
            None,
        )
    if kind == MEMBER and key == str(who.person_id) and who.bodies:
        return min((body.territory_path for body in who.bodies), key=len)
    return None


def ends(
    profile: Jurisdiction,
    months: Sequence[str],
) -> tuple[datetime, datetime]:
    """The first instant of the months, and the first one after them."""
    zone = ZoneInfo(profile.timezone)
    following = periods.months_back(months[-1], 1)[0]
    year = int(following[:4])
    month = int(following[5:])
    if month == 12:
        after = (year + 1, 1)
    else:
        after = (year, month + 1)
    first = (int(months[0][:4]), int(months[0][5:]))
    return datetime(*first, 1, tzinfo=zone), datetime(*after, 1, tzinfo=zone)


def is_met(board_: Board, rate: str) -> bool | None:
    """Whether a rate reaches its target; None without a target or without cases."""
    result = board_.totals.rate(rate)
    target = board_.targets.get(rate)
    if result is None or target is None:
        return None
    return result >= target
