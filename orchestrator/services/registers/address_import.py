"""The city's table of addresses taken over from an Excel or CSV file: compared first, written when it is
confirmed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.points import GroundPoint, read_point
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.records import uploaded_tables
from orchestrator.services.registers.addresses import count
from orchestrator.store import addresses as store
from orchestrator.store.address_search import id_of
from orchestrator.store.addresses import Address
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from orchestrator.store.writing import heavy

MOST_LINES = 10_000
"""Lines of one file."""
MOST_BYTES = 4_000_000
"""Of the lines on their way from the preview to the act: the form that carries them holds little more."""
MOST_ADDRESSES = 300_000
"""Of one city."""
LONGEST = 120
"""Characters of an address."""
COLUMNS = {
    "text": "地址",
    "latitude": "纬度",
    "longitude": "经度",
    "grid_code": "网格编码",
}
"""Field → its heading in the file."""
REQUIRED = {"text", "latitude", "longitude"}
MOST_TOLD = 50
"""Wrong lines that are named at once."""
AT_ONCE = 500
"""Addresses that one statement asks for, and that are written together."""


@dataclass(
    frozen=True,
    slots=True,
)
class AddressLine:
    """A line of the file that holds."""

    id: str
    text: str
    point: GroundPoint
    grid: str


@dataclass
class AddressChanges:
    """What taking a file over would do."""

    added: list[AddressLine] = field(default_factory=list)
    changed: list[AddressLine] = field(default_factory=list)
    same: int = 0


@heavy
def read(content: bytes) -> str:
    """The file's lines as JSON text, which `preview` and `carry_out` take. Raises RuleViolated."""
    rows = list(
        uploaded_tables.lines(
            content,
            MOST_LINES + 2,
        )
    )
    heading: Sequence[str] = ()
    if rows:
        heading = [text.strip().removeprefix("\ufeff") for text in rows[0]]
    places = {
        key: heading.index(name)
        for key, name in COLUMNS.items()
        if name in heading
    }
    if not places.keys() >= REQUIRED:
        raise RuleViolated(
            [say("第一行应是表头：“地址”“纬度”“经度”，还可以有“网格编码”")]
        )
    if len(rows) > MOST_LINES + 1:
        raise RuleViolated(
            [
                say(
                    "文件超过 {most} 行，请分成几份",
                    most=MOST_LINES,
                )
            ]
        )
    lines = [
        {key: _cell(row, at) for key, at in places.items()} for row in rows[1:]
    ]
    text = json.dumps(
        lines,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise RuleViolated([say("文件的内容太多，请分成几份")])
    return text


def _cell(row: Sequence[str], at: int) -> str:
    if at < len(row):
        return " ".join(row[at].split())[: LONGEST + 1]
    return ""


def preview(tenant_id: str, content: str) -> AddressChanges:
    """What the lines would change. Raises RuleViolated with the wrong lines."""
    with transaction(writing=False) as session:
        return _compared(
            session,
            tenant_id,
            _given(
                session,
                tenant_id,
                content,
            ),
        )


def carry_out(tenant_id: str, content: str) -> AddressChanges:
    """Adds and changes the addresses; those that the file does not name stay. Raises as `preview`.

    It is written in parts, so that nobody waits long; what failed half-way is completed by doing it again.
    """
    with transaction(writing=False) as session:
        comparison = _compared(
            session,
            tenant_id,
            _given(
                session,
                tenant_id,
                content,
            ),
        )
        _require_room(
            session,
            tenant_id,
            len(comparison.added),
        )
    # In one order, so that two who do this at once do not block each other.
    written = sorted(
        [*comparison.added, *comparison.changed],
        key=lambda line: line.id,
    )
    for start in range(0, len(written), AT_ONCE):
        part = written[start : start + AT_ONCE]
        rows = [_row(tenant_id, line) for line in part]
        words = store.words_of(
            tenant_id,
            store.OF_ADDRESS,
            {line.id: [line.text] for line in part},
        )
        with transaction() as session:
            store.write(session, rows)
            # Of a changed one too: somebody may have emptied the table.
            store.write_words(session, words)
    return comparison


def clear(tenant_id: str) -> int:
    """Takes all addresses of the city away, in parts; returns how many there were."""
    number = 0
    while removed := _remove_some(tenant_id):
        number += removed
    return number


def _remove_some(tenant_id: str) -> int:
    with transaction() as session:
        ids = session.scalars(
            sa.select(Address.id)
            .where(Address.tenant_id == tenant_id)
            .order_by(Address.id)
            .limit(AT_ONCE)
        ).all()
        session.execute(
            sa.delete(Address).where(
                Address.tenant_id == tenant_id, Address.id.in_(ids)
            )
        )
        store.forget(
            session,
            tenant_id,
            store.OF_ADDRESS,
            ids,
        )
        return len(ids)


def _row(tenant_id: str, line: AddressLine) -> dict[str, object]:
    return {
        "tenant_id": tenant_id,
        "id": line.id,
        "text": line.text,
        "latitude": line.point.latitude,
        "longitude": line.point.longitude,
        "grid_code": line.grid,
    }


def _require_room(session: Session, tenant_id: str, added: int) -> None:
    if added and count(session, tenant_id) + added > MOST_ADDRESSES:
        raise RuleViolated(
            [
                say(
                    "地址表最多 {most} 条，请先清空或者只导入常用的地址",
                    most=MOST_ADDRESSES,
                )
            ]
        )


def _compared(
    session: Session, tenant_id: str, given: Sequence[AddressLine]
) -> AddressChanges:
    there = dict[str, Address]()
    ids = [line.id for line in given]
    for start in range(0, len(ids), AT_ONCE):
        rows = session.scalars(
            sa.select(Address).where(
                Address.tenant_id == tenant_id,
                Address.id.in_(ids[start : start + AT_ONCE]),
            )
        )
        there |= {row.id: row for row in rows}
    comparison = AddressChanges()
    for line in given:
        stands = there.get(line.id)
        if stands is None:
            comparison.added.append(line)
        elif (stands.latitude, stands.longitude, stands.grid_code) == (
            line.point.latitude,
            line.point.longitude,
            line.grid,
        ):
            comparison.same += 1
        else:
            comparison.changed.append(line)
    return comparison


def _given(
    session: Session, tenant_id: str, content: str
) -> Sequence[AddressLine]:
    grids = set(
        session.scalars(
            sa.select(Grid.code).where(
                Grid.tenant_id == tenant_id, Grid.state == "active"
            )
        )
    )
    lines = dict[str, AddressLine]()
    wrong: list[str] = []
    for number, line in enumerate(_lines(content), 2):
        if not any(line.values()):
            continue
        objection, given = _examined(line, grids)
        if given is not None and given.id in lines:
            objection = say("与前面的一行重复")
        if objection:
            wrong.append(
                say(
                    "第 {number} 行：{told}",
                    number=number,
                    told=objection,
                )
            )
        elif given is not None:
            lines[given.id] = given
    if wrong:
        raise RuleViolated(wrong[:MOST_TOLD])
    return list(lines.values())


def _examined(
    line: Mapping[str, str], grids: set[str]
) -> tuple[str, AddressLine | None]:
    """What is wrong with the line, and what it says."""
    text = line["text"]
    if not text or len(text) > LONGEST:
        return say(
            "地址应有 1 至 {longest} 个字",
            longest=LONGEST,
        ), None
    point = read_point(f"{line['latitude']},{line['longitude']}")
    if point is None:
        return (
            say("纬度、经度应是数字，例如 32.204501 和 119.452753"),
            None,
        )
    grid = line.get("grid_code", "")
    if grid and grid not in grids:
        return say(
            "没有编码为 {code} 的网格",
            code=grid,
        ), None
    return "", AddressLine(
        id_of(text),
        text,
        point,
        grid,
    )


def _lines(content: str) -> list[Mapping[str, str]]:
    again = RuleViolated([say("请重新选择要导入的文件")])
    try:
        lines = json.loads(content)
    except ValueError:
        raise again from None
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        raise again
    for line in lines:
        if not isinstance(line, dict) or not line.keys() >= REQUIRED:
            raise again
    return [
        {str(key): _storable(text) for key, text in line.items()}
        for line in lines
    ]


def _storable(text: object) -> str:
    """The text without characters that no database keeps: what was sent need not be what a preview wrote."""
    sound = (
        str(text)
        .encode(
            "utf-8",
            "ignore",
        )
        .decode()
    )
    return sound.replace("\0", "")[: LONGEST + 1]
