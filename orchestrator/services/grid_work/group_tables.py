"""The organisations and teams of many grids as a table: read out for a file, and taken over from one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.grid_work import GRID_GROUP
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.grid_work import grid_groups, reach
from orchestrator.services.grid_work.entries import lock
from orchestrator.services.grid_work.grid_groups import GroupGiven
from orchestrator.services.records import uploaded_tables
from orchestrator.services.records.entry_sights import EntrySights
from orchestrator.store import grid_groups as store
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from orchestrator.store.territories import inside
from orchestrator.store.writing import heavy

MOST_LINES = 2_000
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
REQUIRED = {"grid_code", "kind", "name"}
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class TakenOver:
    added: int
    changed: int


def lines(
    session: Session, who: access.Viewer, profile: Jurisdiction, now: datetime
) -> list[list[str]]:
    """The table of all grids that he oversees, heading first; what is graded and hidden from him is empty."""
    rows = session.scalars(
        sa.select(store.GridGroup)
        .where(
            store.GridGroup.tenant_id == who.tenant_id,
            inside(store.GridGroup.territory_path, who.overseen_paths),
            store.GridGroup.ended_on.is_(None),
        )
        .order_by(
            store.GridGroup.grid_code,
            store.GridGroup.kind,
            store.GridGroup.name,
        )
    )
    sights = EntrySights(session, who, now)
    table = [list(COLUMNS.values())]
    for row in rows:
        rule = grid_groups.rule_of(profile, row.kind)
        sight = sights.at(GRID_GROUP, row.territory_path)
        table.append(
            [
                row.grid_code,
                rule.name if rule else row.kind,
                row.name,
                rule.forms.get(row.form, row.form) if rule else row.form,
                row.head,
                row.phone if sight.shows("phone") else "",
                "" if row.households is None else str(row.households),
                row.remark if sight.shows("remark") else "",
            ]
        )
    return table


@heavy
def read(content: bytes) -> list[Mapping[str, str]]:
    """The file's lines, field by field. Raises RuleViolated."""
    rows = list(uploaded_tables.lines(content, MOST_LINES + 2))
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
    if len(rows) > MOST_LINES + 1:
        raise RuleViolated(
            [say("文件超过 {most} 行，请分成几份", most=MOST_LINES)]
        )
    return [
        {field: _cell(row, at) for field, at in places.items()}
        for row in rows[1:]
        if any(cell.strip() for cell in row)
    ]


def _cell(row: Sequence[str], at: int) -> str:
    if at < len(row):
        return " ".join(row[at].split())[:400].replace("\0", "")
    return ""


def take_over(
    by: int, table: Sequence[Mapping[str, str]], now: datetime
) -> TakenOver:
    """Adds what is new and writes over what is there, or nothing where a line is wrong; what the file leaves
    out stays. Raises RuleViolated with the wrong lines."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        grids: dict[str, Grid] = {}
        wrong: list[str] = []
        given: list[tuple[str, GroupGiven]] = []
        seen: set[tuple[str, str, str]] = set()
        for number, line in enumerate(table, 2):
            one = _given(profile, line)
            told = grid_groups.objections(profile, one)
            told += _no_grid(session, who, profile, line["grid_code"], grids)
            key = (line["grid_code"], one.kind, one.name)
            if key in seen:
                told.append(say("与前面的一行重复"))
            seen.add(key)
            given.append((line["grid_code"], one))
            wrong += [
                say("第 {number} 行：{told}", number=number, told=sentence)
                for sentence in told
            ]
        if wrong:
            raise RuleViolated(wrong[:MOST_TOLD])
        return _written(session, who, grids, given, now)


def _no_grid(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    code: str,
    grids: dict[str, Grid],
) -> list[str]:
    """Why the line's grid is none that he keeps; the others stand in `grids`."""
    if code in grids:
        return []
    try:
        grid = reach.grid(session, who, profile, code)
    except NotFound:
        return [say("网格编码“{code}”不是您主管的现有网格", code=code)]
    if not grid_groups.may_keep(who, grid.territory_path):
        return [say("网格编码“{code}”不是您主管的现有网格", code=code)]
    grids[code] = grid
    return []


def _written(
    session: Session,
    who: access.Viewer,
    grids: Mapping[str, Grid],
    given: Sequence[tuple[str, GroupGiven]],
    now: datetime,
) -> TakenOver:
    sights = EntrySights(session, who, now)
    added = changed = 0
    for code, grid in sorted(grids.items()):
        lock(session, grid)
        there = store.by_names(session, grid.tenant_id, code)
        sight = sights.at(GRID_GROUP, grid.territory_path)
        for at, one in given:
            if at != code:
                continue
            row = there.get((one.kind, one.name))
            if row is None:
                row = grid_groups.fresh(grid, one.kind, now, who.person_id)
                session.add(row)
                added += 1
            else:
                changed += 1
            kept = (row.phone, row.remark)
            grid_groups.write(row, one, who.person_id, now, now.date())
            if not sight.shows("phone"):
                row.phone = kept[0] or ""
            if not sight.shows("remark"):
                row.remark = kept[1] or ""
    return TakenOver(added, changed)


def _given(profile: Jurisdiction, line: Mapping[str, str]) -> GroupGiven:
    kinds = {rule.name: rule.key for rule in profile.grid_work.groups}
    kind = kinds.get(line["kind"], "")
    rule = grid_groups.rule_of(profile, kind)
    form = line.get("form", "")
    if rule is not None:
        keys = {name: key for key, name in rule.forms.items()}
        form = keys.get(form, form)
    return GroupGiven(
        kind,
        line["name"],
        form,
        line.get("head", ""),
        line.get("phone", ""),
        line.get("households", ""),
        line.get("remark", ""),
    )
