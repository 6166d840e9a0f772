"""The board of figures (态势) of a place and a period: totals, rates with their targets, rows by everything
that cases are counted by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
TITLES: Mapping[str, str] = {
    DEPARTMENTS: say("部门"),
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
    """Cases late now; None where that is not counted."""
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
) -> Board:
    """The board of a place that the viewer oversees. Raises NotFound for another place, or for what is no
    period."""
    months = periods.months_of(period)
    place = store.territory_at(session, who.tenant_id, path)
    if place is None or not months or not may_count(who, path):
        raise NotFound(path)
    tenant = who.tenant_id
    pressing = store.pressing(session, tenant, path, at.now, at.tonight)
    earlier = periods.months_of(periods.before(period))
    reader = _Reader(session, tenant, path, months, earlier, pressing)
    last = periods.months_back(months[-1], MONTHS_SHOWN)
    case_countses = store.counts_by_month(session, tenant, path, ALL, "", last)
    steps = store.medians(session, tenant, path, STEP, months)
    return Board(
        place=place,
        above=_above(session, who, path),
        period=period,
        totals=store.counts_by(session, tenant, path, ALL, months).get(
            "",
            CaseCounts(),
        ),
        before=store.counts_by(session, tenant, path, ALL, earlier).get(
            "",
            CaseCounts(),
        ),
        minutes=store.medians(session, tenant, path, ALL, months).get(
            "",
            (None, 0),
        )[0],
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


def _above(session: Session, who: access.Viewer, path: str) -> list[Territory]:
    codes = path.strip("/").split("/")
    paths = ["/".join(codes[:count]) + "/" for count in range(1, len(codes))]
    territories = [
        store.territory_at(session, who.tenant_id, path)
        for path in paths
        if may_count(who, path)
    ]
    return [territory for territory in territories if territory is not None]


class _Reader:
    """Rows of one place and period."""

    def __init__(
        self,
        session: Session,
        tenant_id: str,
        path: str,
        months: Sequence[str],
        earlier: Sequence[str],
        pressing: store.Pressing,
    ) -> None:
        self._session = session
        self._tenant = tenant_id
        self._path = path
        self._months = months
        self._earlier = earlier
        self._pressing = pressing

    def tables(self, profile: Jurisdiction) -> dict[str, list[BoardRow]]:
        result = self._bodies(profile)
        overdue = self._pressing.overdue_by_place
        result[PLACE] = self._rows(PLACE, lambda key: overdue.get(key, 0))
        for kind in (CLASS, ITEM, MEMBER):
            result[kind] = self._rows(kind, lambda _key: None)
        return {title: result[title] for title in TITLES}

    def _rows(
        self,
        kind: str,
        overdue: Callable[[str], int | None],
    ) -> list[BoardRow]:
        counts = self._counts(kind, self._months)
        minutes = store.medians(
            self._session,
            self._tenant,
            self._path,
            kind,
            self._months,
        )
        names = store.names_of(self._session, self._tenant, kind, list(counts))
        rows = [
            BoardRow(
                kind,
                key,
                names.get(key, key),
                case_counts,
                minutes.get(key, (None, 0))[0],
                overdue(key),
            )
            for key, case_counts in counts.items()
        ]
        return sorted(
            rows,
            key=lambda row: (
                -row.counts.registered,
                -row.counts.open,
                row.name,
            ),
        )

    def _counts(
        self,
        kind: str,
        months: Sequence[str],
    ) -> dict[str, CaseCounts]:
        return store.counts_by(
            self._session,
            self._tenant,
            self._path,
            kind,
            months,
        )

    def _bodies(self, profile: Jurisdiction) -> dict[str, list[BoardRow]]:
        """Offices and departments, ranked by what they did on time, then by rework."""
        late = self._pressing.overdue_by_body
        rows = self._rows(BODY, lambda key: late.get(key, 0))
        roles = {
            DEPARTMENTS: profile.roles_of(CASE_DEPARTMENT),
            OFFICES: profile.roles_of(CASE_OFFICE),
        }
        bodies = store.bodies_of(self._session, [row.key for row in rows])
        before = self._counts(BODY, self._earlier)
        result = {}
        for title, wanted in roles.items():
            own = [
                row
                for row in rows
                if row.key in bodies and bodies[row.key].role in wanted
            ]
            result[title] = _ranked(own, before)
        return result


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
