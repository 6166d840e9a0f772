"""A grid's register taken over from an Excel or CSV file: compared first, written when it is confirmed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from orchestrator.domain.grid_work import (
    GRADED_FIELDS,
    HOUSEHOLD,
    PERSONAL_FIELDS,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.grid_work import entries, reach
from orchestrator.services.grid_work.entries import EntryGiven
from orchestrator.services.records import uploaded_tables
from orchestrator.services.records.entry_sights import EntrySights
from orchestrator.store import grid_entries as store
from orchestrator.store import grid_groups as groups
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from orchestrator.store.writing import heavy

MOST_LINES = 2_000
"""Lines of one file: a grid has some hundred households."""
COLUMNS = {
    "kind": "类别",
    "name": "名称",
    "address": "地址",
    "phone": "电话",
    "identity": "证件号码",
    "attention": "关注类别",
    "remark": "备注",
    "cluster": "联户单位",
}
"""Field → its heading in the file."""
REQUIRED = {"kind", "name", "address"}
"""Without these it is not known which entry a line is."""
SHORT_KINDS = {
    "户": "household",
    "人": "person",
    "地": "place",
    "物": "thing",
    "组织": "organisation",
}
"""What stands in the column 类别."""


@dataclass
class Compared:
    """What taking a file over would do."""

    added: list[EntryGiven] = field(default_factory=list)
    changed: list[EntryGiven] = field(default_factory=list)
    unseen: list[EntryGiven] = field(default_factory=list)
    """Those whose visible fields stay, with a field that its sender does not read: it is written, and nobody
    is told whether it differs."""
    same: int = 0

    @property
    def written(self) -> list[EntryGiven]:
        """What is written over entries that are there."""
        return [*self.changed, *self.unseen]


@heavy
def read(content: bytes) -> str:
    """The file's lines as JSON text, which `preview` and `carry_out` take. Raises RuleViolated."""
    rows = list(uploaded_tables.lines(content, MOST_LINES + 2))
    heading: Sequence[str] = ()
    if rows:
        heading = [text.strip().removeprefix("\ufeff") for text in rows[0]]
    places = {
        field: heading.index(sentence)
        for field, sentence in COLUMNS.items()
        if sentence in heading
    }
    if not places.keys() >= REQUIRED:
        raise RuleViolated(
            [
                say(
                    "第一行应是表头，至少有“类别”“名称”“地址”，还可以有{others}",
                    others="、".join(list(COLUMNS.values())[3:]),
                ),
            ],
        )
    if len(rows) > MOST_LINES + 1:
        raise RuleViolated(
            [say("文件超过 {most} 行，请分成几份", most=MOST_LINES)],
        )
    results = []
    for row in rows[1:]:
        results.append({key: _cell(row, at) for key, at in places.items()})
    return json.dumps(results, ensure_ascii=False)


def _cell(row: Sequence[str], at: int) -> str:
    if at < len(row):
        return " ".join(row[at].split())[:400]
    return ""


def preview(by: int, code: str, table: str, now: datetime) -> Compared:
    """What the lines would change in the grid's register. Raises NotFound, RuleViolated with every wrong
    line."""
    with transaction(writing=False) as session:
        who, profile = reach.writer(session, by)
        grid = reach.grid(session, who, profile, code)
        seen = EntrySights(session, who, now)
        return _compared(session, profile, grid, table, seen)


def carry_out(
    by: int,
    code: str,
    table: str,
    now: datetime,
    today: date,
) -> Compared:
    """Adds and changes the entries; those that the file does not name stay. Raises as `preview`."""
    with transaction() as session:
        who, profile = reach.writer(session, by)
        grid = reach.grid(session, who, profile, code)
        entries.lock(session, grid)
        seen = EntrySights(session, who, now)
        comparison = _compared(session, profile, grid, table, seen)
        there = store.by_names(session, grid.tenant_id, grid.code)
        for given in comparison.added:
            entry = entries.fresh(grid, given.kind, by, now, today)
            entries.write(entry, given, by, now, today)
            session.add(entry)
        for given in comparison.written:
            entry = there[given.kind, given.name, given.address]
            household = entry.household_id
            entries.write(entry, given, by, now, today)
            entry.household_id = household
        return comparison


def _compared(
    session: Session,
    profile: Jurisdiction,
    grid: Grid,
    table: str,
    sights: EntrySights,
) -> Compared:
    lines = _lines(table)
    comparison = Compared()
    wrong: list[str] = []
    there = store.by_names(session, grid.tenant_id, grid.code)
    clusters = _clusters(session, profile, grid)
    seen: set[tuple[str, str, str]] = set()
    for number, line in enumerate(lines, 2):
        if not any(line.values()):
            continue
        key = _key(line)
        given = _given(profile, line, there.get(key), sights)
        sentences = entries.objections(profile, given)
        named = line.get("cluster")
        if named is not None and given.kind == HOUSEHOLD:
            cluster_id = next(iter(clusters.get(named, ())), "")
            given = replace(given, cluster_id=cluster_id)
        sentences += _about_cluster(profile, given.kind, named, clusters)
        if key in seen:
            sentences.append(say("与前面的一行重复"))
        seen.add(key)
        for value in sentences:
            wrong.append(
                say("第 {number} 行：{told}", number=number, told=value),
            )
        stands = there.get(key)
        hidden = _hidden(stands, given, line, sights)
        _sort_in(comparison, stands, given, hidden)
    if wrong:
        raise RuleViolated(wrong[:50])
    return comparison


def _clusters(
    session: Session, profile: Jurisdiction, grid: Grid
) -> dict[str, list[str]]:
    """Name → ids of the grid's clusters (联户单位) that have it: one, but for two of different kinds."""
    kinds = profile.grid_work.clusters
    named: dict[str, list[str]] = {}
    for row in groups.clusters_of(session, grid.tenant_id, grid.code, kinds):
        named.setdefault(row.name, []).append(row.id)
    return named


def _about_cluster(
    profile: Jurisdiction,
    kind: str,
    named: str | None,
    clusters: Mapping[str, Collection[str]],
) -> list[str]:
    """What is wrong with the cluster that a line names; an empty cell names none."""
    if not named:
        return []
    what = "、".join(profile.grid_work.clusters.values()) or say("联户单位")
    if kind != HOUSEHOLD:
        return [say("只有户可以写{what}，请清空这一格", what=what)]
    found = len(clusters.get(named, ()))
    if not found:
        return [
            say("本网格没有登记名为“{name}”的{what}", name=named, what=what)
        ]
    if found > 1:
        return [
            say(
                "本网格有 {found} 个名为“{name}”的{what}，请先改成不同的名称",
                found=found,
                name=named,
                what=what,
            )
        ]
    return []


def _sort_in(
    comparison: Compared,
    stands: store.GridEntry | None,
    given: EntryGiven,
    hidden: Collection[str],
) -> None:
    if stands is None:
        comparison.added.append(given)
        return
    visible = [
        name for name in (*GRADED_FIELDS, "attention") if name not in hidden
    ]
    alike = all(
        getattr(stands, name) == getattr(given, name) for name in visible
    )
    if given.cluster_id is not None:
        alike = alike and (stands.cluster_id or "") == given.cluster_id
    if not alike or stands.gone_on is not None:
        comparison.changed.append(given)
    elif hidden:
        comparison.unseen.append(given)
    else:
        comparison.same += 1


def _hidden(
    stands: store.GridEntry | None,
    given: EntryGiven,
    line: Mapping[str, str],
    sights: EntrySights,
) -> set[str]:
    """Masked fields that the file fills in over something: whether both are the same would tell him what
    stands there."""
    if stands is None:
        return set()
    sight = sights.of(stands)
    return {
        name
        for name in PERSONAL_FIELDS.intersection(line)
        if sight.takes_over(name)
        and not sight.shows(name)
        and getattr(stands, name)
        and getattr(given, name)
    }


def _lines(table: str) -> list[Mapping[str, str]]:
    try:
        result = json.loads(table)
    except ValueError:
        result = None
    if not isinstance(result, list) or len(result) > MOST_LINES:
        raise RuleViolated([say("请重新选择要导入的文件")])
    lines: list[Mapping[str, str]] = []
    for value in result:
        if not isinstance(value, dict) or not value.keys() >= REQUIRED:
            raise RuleViolated([say("请重新选择要导入的文件")])
        lines.append(
            {str(key): _storable(text) for key, text in value.items()}
        )
    return lines


def _storable(text: object) -> str:
    """The text without characters that no database keeps: what was sent need not be what a preview wrote."""
    sound = str(text).encode("utf-8", "ignore").decode()
    return sound.replace("\0", "")


def _key(line: Mapping[str, str]) -> tuple[str, str, str]:
    kind = line["kind"]
    return SHORT_KINDS.get(kind, kind), line["name"], line["address"]


def _given(
    profile: Jurisdiction,
    line: Mapping[str, str],
    stands: store.GridEntry | None,
    sights: EntrySights,
) -> EntryGiven:
    """What the line says. Of columns that the file does not have, and of fields that the writer may not see,
    what stands."""
    named = {
        sentence: key for key, sentence in profile.grid_work.attentions.items()
    }
    details = dict(line)
    if "attention" in details:
        details["attention"] = named.get(
            details["attention"], details["attention"]
        )
    if stands is not None:
        sight = sights.of(stands)
        for name in GRADED_FIELDS:
            if not sight.takes_over(name):
                details[name] = getattr(stands, name)
    for column in COLUMNS:
        details.setdefault(column, getattr(stands, column, ""))
    kind, name, address = _key(line)
    return EntryGiven(
        kind,
        name,
        address,
        details["phone"],
        details["identity"],
        details["attention"],
        details["remark"],
    )
