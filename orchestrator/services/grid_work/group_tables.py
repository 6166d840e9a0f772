"""The organisations and teams of many grids as a table: read out for a file, and taken over from one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.domain.grid_work import GRID_GROUP
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.grid_work import grid_groups, reach
from orchestrator.services.grid_work.entries import lock
from orchestrator.services.grid_work.grid_groups import GroupGiven
from orchestrator.services.records import uploaded_tables
from orchestrator.services.records.entry_sights import (
    EntrySight,
    EntrySights,
)
from orchestrator.store import grid_groups as store
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from orchestrator.store.territories import inside
from orchestrator.store.writing import heavy

MOST_LINES = 2_000
"""Of one file; an export of more has several parts."""
COLUMNS = {
    "grid_code": "网格编码",
    "kind": "类别",
    "name": "名称",
    "form": "形式",
    "head": "负责人",
    "phone": "电话",
    "households": "户数",
    "remark": "备注",
}
"""Field → its heading in the file."""
REMARK = "# "
"""Begins a line that is no row: who exported the file."""
REQUIRED = {"grid_code", "kind", "name"}
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class TakenOver:
    added: int
    changed: int


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A line of a file."""

    number: int
    """Where it stands there; the heading has 1."""
    cells: Mapping[str, str]
    """Field → text, of the columns that the file has."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A grid that the file names, locked."""

    grid: Grid
    there: dict[tuple[str, str], GridGroup]
    """(kind, name) → row."""
    sight: EntrySight


def parts(session: Session, who: access.Viewer) -> int:
    """Of how many files the table consists."""
    rows = session.scalar(sa.select(sa.func.count()).select_from(_of(who)))
    return max(1, -(-(rows or 0) // MOST_LINES))


def lines(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    now: datetime,
    part: int = 1,
) -> list[list[str]]:
    """A part of the table of all active grids that he oversees, heading first, as `take_over` takes it; what
    is graded and hidden from him is empty, and a kind that the profile has no more is left out."""
    named = aliased(GridGroup, _of(who))
    rows = session.scalars(
        sa.select(named)
        .order_by(named.grid_code, named.kind, named.name)
        .limit(MOST_LINES)
        .offset((part - 1) * MOST_LINES)
    )
    sights = EntrySights(session, who, now)
    table = [list(COLUMNS.values())]
    for row in rows:
        rule = grid_groups.rule_of(profile, row.kind)
        if rule is None:
            continue
        sight = sights.at(GRID_GROUP, row.territory_path)
        table.append(
            [
                row.grid_code,
                rule.name,
                row.name,
                rule.forms.get(row.form, row.form),
                row.head,
                row.phone if sight.shows("phone") else "",
                "" if row.households is None else str(row.households),
                _one_line(row.remark) if sight.shows("remark") else "",
            ]
        )
    return table


def _of(who: access.Viewer) -> sa.Subquery:
    """The rows of all active grids that he oversees."""
    return (
        sa.select(GridGroup)
        .join(
            Grid,
            sa.and_(
                Grid.tenant_id == GridGroup.tenant_id,
                Grid.code == GridGroup.grid_code,
            ),
        )
        .where(
            GridGroup.tenant_id == who.tenant_id,
            inside(GridGroup.territory_path, who.overseen_paths),
            GridGroup.ended_on.is_(None),
            Grid.state == "active",
        )
        .subquery()
    )


@heavy
def read(content: bytes) -> list[GroupLine]:
    """The file's lines, without those that are empty or a remark. Raises RuleViolated."""
    # The heading, the remark of who exported, and one that is too many.
    rows = list(uploaded_tables.lines(content, MOST_LINES + 3))
    heading: Sequence[str] = ()
    if rows:
        heading = [text.strip().removeprefix("\ufeff") for text in rows[0]]
    places = {
        field: heading.index(title)
        for field, title in COLUMNS.items()
        if title in heading
    }
    if not places.keys() >= REQUIRED:
        raise RuleViolated(
            [say("第一行应是表头，至少有“网格编码”“类别”“名称”")]
        )
    if len(rows) > MOST_LINES + 2:
        raise RuleViolated(
            [say("文件超过 {most} 行，请分成几份", most=MOST_LINES)]
        )
    return [
        GroupLine(
            number, {field: _cell(row, at) for field, at in places.items()}
        )
        for number, row in enumerate(rows[1:], 2)
        if _is_row(row)
    ]


def _is_row(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    if len(filled) == 1:
        return not filled[0].startswith(REMARK)
    return bool(filled)


def _cell(row: Sequence[str], at: int) -> str:
    if at < len(row):
        text = uploaded_tables.without_apostrophe(row[at].lstrip(" "))
        return _one_line(text)[:400].replace("\0", "")
    return ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def take_over(by: int, table: Sequence[GroupLine], now: datetime) -> TakenOver:
    """Adds what is new and writes over what is there, or nothing where a line is wrong; rows, and columns,
    that the file leaves out stay. Raises RuleViolated with the wrong lines."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        codes = {line.cells["grid_code"] for line in table}
        places = _places(session, who, profile, codes, now)
        wrong: list[str] = []
        given: list[tuple[_Place, GroupGiven]] = []
        seen: set[tuple[str, str, str]] = set()
        for line in table:
            code = line.cells["grid_code"]
            place = places.get(code)
            one = _given(profile, line.cells, place)
            told = grid_groups.objections(profile, one)
            if place is None:
                told.append(
                    say("网格编码“{code}”不是您主管的现有网格", code=code)
                )
            else:
                given.append((place, one))
            key = (code, one.kind, one.name)
            if key in seen:
                told.append(say("与前面的一行重复"))
            seen.add(key)
            wrong += [
                say("第 {number} 行：{told}", number=line.number, told=each)
                for each in told
            ]
        if wrong:
            raise RuleViolated(wrong[:MOST_TOLD])
        return _written(session, who, given, now)


def _places(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    codes: Iterable[str],
    now: datetime,
) -> dict[str, _Place]:
    """The grids that he keeps among those of the file, each locked, in the order of their codes: two files
    do not wait for each other."""
    sights = EntrySights(session, who, now)
    places: dict[str, _Place] = {}
    for code in sorted(codes):
        try:
            grid = reach.grid(session, who, profile, code)
        except NotFound:
            continue
        if not grid_groups.may_keep(who, grid.territory_path):
            continue
        lock(session, grid)
        places[code] = _Place(
            grid,
            store.by_names(session, grid.tenant_id, code),
            sights.at(GRID_GROUP, grid.territory_path),
        )
    return places


def _written(
    session: Session,
    who: access.Viewer,
    given: Sequence[tuple[_Place, GroupGiven]],
    now: datetime,
) -> TakenOver:
    added = changed = 0
    for place, one in given:
        row = place.there.get((one.kind, one.name))
        if row is None:
            row = grid_groups.fresh(place.grid, one.kind, now, who.person_id)
            session.add(row)
            added += 1
        else:
            changed += 1
        grid_groups.write(row, one, who.person_id, now, now.date())
    return TakenOver(added, changed)


def _given(
    profile: Jurisdiction, cells: Mapping[str, str], place: _Place | None
) -> GroupGiven:
    """What is to stand there after the line: a column that the file leaves out, or that he does not read,
    keeps what the row has."""
    kinds = {rule.name: rule.key for rule in profile.grid_work.groups}
    kind = kinds.get(cells["kind"], "")
    rule = grid_groups.rule_of(profile, kind)
    texts = dict(cells)
    if rule is not None and "form" in texts:
        keys = {name: key for key, name in rule.forms.items()}
        texts["form"] = keys.get(texts["form"], texts["form"])
    row = None
    if place is not None:
        row = place.there.get((kind, cells["name"]))
        for field in grid_groups.GRADED:
            if not place.sight.shows(field):
                texts.pop(field, None)
    stands = _texts(row) if row is not None else {}
    if texts.get("remark") == _one_line(stands.get("remark", "")):
        texts.pop("remark", None)
    texts = stands | texts
    return GroupGiven(
        kind,
        cells["name"],
        texts.get("form", ""),
        texts.get("head", ""),
        texts.get("phone", ""),
        texts.get("households", ""),
        texts.get("remark", ""),
    )


def _texts(row: GridGroup) -> dict[str, str]:
    """What stands in the row, as a form types it."""
    return {
        "form": row.form,
        "head": row.head,
        "phone": row.phone,
        "households": "" if row.households is None else str(row.households),
        "remark": row.remark,
    }
