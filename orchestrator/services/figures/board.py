"""The board of figures (态势) of a place and a period: totals, rates with their targets, rows by everything
that cases are counted by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from orchestrator.domain.jurisdiction.functions import (
    CASE_DEPARTMENT,
    CASE_OFFICE,
)
from orchestrator.errors import NotFound
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.store import figure_pages as store
from orchestrator.store.territories import Territory

MONTHS_SHOWN = 12
OFFICES = "offices"
DEPARTMENTS = "departments"
UNITS = "units"
"""Who handles cases and is no department: water, gas, heat."""
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
    """Key of TITLES → rows."""
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
    path: str,
    period: str,
    at: Instants,
    titles: Collection[str] = TITLES,
) -> Board:
    """The board of a place that the viewer oversees, with the tables of these titles. Raises NotFound for
    another place, or for what is no period."""
    months = periods.months_of(period)
    if not months or not may_count(who, path):
        raise NotFound(path)
    tenant = who.tenant_id
    wider = _wider(who, path)
    places = store.territories_at(session, tenant, [*wider, path])
    if path not in places:
        raise NotFound(path)
    pressing = store.pressing(session, tenant, path, at.now, at.tonight)
    earlier = periods.months_of(periods.before(period))
    spans = months, earlier
    reader = _Reader(session, tenant, path, titles, *spans, pressing, at.now)
    last = periods.months_back(months[-1], MONTHS_SHOWN)
    case_countses = store.counts_by_month(session, tenant, path, ALL, "", last)
    steps = reader.minutes[STEP]
    return Board(
        place=places[path],
        above=[places[value] for value in wider if value in places],
        period=period,
        totals=reader.counts[ALL].get("", CaseCounts()),
        before=reader.before[ALL].get("", CaseCounts()),
        minutes=reader.minutes[ALL].get("", (None, 0))[0],
        pressing=pressing,
        targets=profile.figures.targets,
        tables=reader.tables(profile),
        steps=[
            StepHours(name, minutes, many)
            for name, (minutes, many) in sorted(
                steps.items(),
                key=lambda pair: -pair[1][0],
            )
        ],
        months={
            month: case_countses.get(month, CaseCounts()) for month in last
        },
    )


@dataclass(frozen=True, slots=True)
class Instants:
    now: datetime
    tonight: datetime


def _wider(who: access.Viewer, path: str) -> list[str]:
    """The paths of the places around it that the viewer may choose, the widest first."""
    codes = path.strip("/").split("/")
    paths = ["/".join(codes[:count]) + "/" for count in range(1, len(codes))]
    return [wider for wider in paths if may_count(who, wider)]


class _Reader:
    """Rows of one place and period. What is counted by several things is read at once."""

    def __init__(
        self,
        session: Session,
        tenant_id: str,
        path: str,
        titles: Collection[str],
        months: Sequence[str],
        earlier: Sequence[str],
        pressing: store.Pressing,
        now: datetime,
    ) -> None:
        self._session = session
        self._tenant = tenant_id
        self._titles = [title for title in TITLES if title in titles]
        self._pressing = pressing
        place = session, tenant_id, path
        kinds = list(dict.fromkeys(map(_kind_of, self._titles)))
        self.counts = store.counts_of_kinds(*place, [ALL, *kinds], months)
        self.before = store.counts_of_kinds(*place, [ALL, BODY], earlier)
        self._overdue: Mapping[str, Mapping[str, int]] = {}
        if any(kind in store.OF_CASES for kind in kinds):
            self._overdue = store.overdue_of_cases(*place, now)
        self.minutes = store.medians_of_kinds(
            *place, [ALL, STEP, *kinds], months
        )

    def tables(self, profile: Jurisdiction) -> dict[str, list[BoardRow]]:
        """The tables of the titles, in the order of TITLES."""
        bodies = self._bodies(profile)
        return {
            title: bodies[title] if title in bodies else self._of(title)
            for title in self._titles
        }

    def _of(self, kind: str) -> list[BoardRow]:
        names = store.names_of(
            self._session, self._tenant, kind, list(self.counts[kind])
        )
        if kind == PLACE:
            return self._rows(kind, names, self._pressing.overdue_by_place)
        return self._rows(kind, names, self._overdue[kind])

    def _rows(
        self,
        kind: str,
        names: Mapping[str, str],
        overdue: Mapping[str, int],
    ) -> list[BoardRow]:
        minutes = self.minutes[kind]
        rows = [
            BoardRow(
                kind,
                key,
                names.get(key, key),
                case_counts,
                minutes.get(key, (None, 0))[0],
                overdue.get(key, 0),
            )
            for key, case_counts in self.counts[kind].items()
        ]
        return sorted(
            rows,
            key=lambda row: (
                -row.counts.registered,
                -row.counts.open,
                row.name,
            ),
        )

    def _bodies(self, profile: Jurisdiction) -> dict[str, list[BoardRow]]:
        """Offices, departments and service units, each ranked among themselves by what they did on time, then
        by rework."""
        if BODY not in self.counts:
            return {}
        departments, *units = profile.compared(CASE_DEPARTMENT) or ((),)
        roles = {
            DEPARTMENTS: departments,
            UNITS: sum(units, ()),
            OFFICES: profile.roles_of(CASE_OFFICE),
        }
        bodies = store.bodies_of(self._session, list(self.counts[BODY]))
        names = {key: body.name for key, body in bodies.items()}
        rows = self._rows(BODY, names, self._pressing.overdue_by_body)
        result = {}
        for title, wanted in roles.items():
            own = [
                row
                for row in rows
                if row.key in bodies and bodies[row.key].role in wanted
            ]
            result[title] = _ranked(own, self.before[BODY])
        return result


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
        counts = store.counts_by(*of, BODY, months).get(body.id, CaseCounts())
        minutes = store.medians(*of, BODY, months).get(body.id, (None, 0))[0]
        board_rows.append(
            BoardRow(BODY, body.id, body.name, counts, minutes, None)
        )
        key = str(who.person_id)
        mine = store.counts_by(*of, MEMBER, months).get(key)
        if mine is not None:
            spent = store.medians(*of, MEMBER, months).get(key, (None, 0))[0]
            board_rows.append(
                BoardRow(MEMBER, key, who.display_name, mine, spent, None),
            )
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
