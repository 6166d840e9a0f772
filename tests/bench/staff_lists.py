"""How long a city's staff list takes to be taken over, from a workbook and from a CSV file in GBK, beside a
plain insert of the same rows."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from datetime import datetime

import psycopg
import sqlalchemy as sa
import xlsxwriter
from psycopg.types.json import Json

from orchestrator.services.people import staff_list
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.base import table
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import Body
from tests.bench.asked import listening
from tests.bench.city import NOW, TENANT

Figure = tuple[str, float, str]
Lines = Sequence[Sequence[str]]
HEAD = ("用户名", "姓名", "角色", "区划代码", "职务", "电话", "用工方式")
WRITTEN = (Person, Membership, AccountEvent)
"""The rows of a new account."""


def staff_lists(administrator: int, many: int) -> Iterator[Figure]:
    """Seconds, rows a second and statements a row of a first list of `many` people in each kind of file, of
    the same one with other titles, and the ratios to a plain insert."""
    plain = 0.0
    for kind, content in (
        ("xlsx", _workbook(_lines("xlsx", many))),
        ("gbk", _gbk(_lines("gbk", many))),
    ):
        seconds, statements = _taken_over(administrator, content, NOW)
        plain = plain or _plainly(f"bench-{kind}-%", many)
        yield (
            f"staff_list_{kind}_s",
            seconds,
            f"s to read, show and take over {many:,} people; goal < 60 for 3,000; {many / seconds:,.0f} "
            f"rows/s, {statements / many:.2f} statements a row; a plain insert of the same rows: "
            f"{plain:.2f} s",
        )
        yield (
            f"staff_list_{kind}_ratio",
            plain / seconds,
            "of the rate of a plain insert of the same rows with psycopg",
        )
    changed = [[*line[:4], "组长", *line[5:]] for line in _lines("xlsx", many)]
    seconds, statements = _taken_over(administrator, _workbook(changed), NOW)
    yield (
        "staff_list_changed_s",
        seconds,
        f"s for the same people with other titles, {statements / many:.2f} statements a row",
    )


def _taken_over(
    administrator: int, content: bytes, now: datetime
) -> tuple[float, int]:
    """Seconds and statements of what the two requests do: the file is read and shown, then carried out."""
    begun = time.perf_counter()
    with listening() as heard:
        content_table = staff_list.read(content)
        staff_list.preview(administrator, content_table, now)
        staff_list.carry_out(administrator, content_table, now)
    return time.perf_counter() - begun, len(heard.asked)


def _lines(kind: str, many: int) -> list[list[str]]:
    """Two of three serve a grid, the others a department or an office."""
    with transaction(writing=False) as session:
        query = sa.select(Body.id, Body.role).where(
            Body.tenant_id == TENANT,
            Body.platform.is_(None) | (Body.platform == ""),
        )
        bodies = session.execute(query.order_by(Body.id)).all()
    grids = [row.id for row in bodies if row.role.startswith("grid-member")]
    others = [row.id for row in bodies if row.id not in set(grids)]
    lines = []
    for number in range(many):
        among = others if number % 3 == 0 else grids
        _city, role, place = among[number % len(among)].split(":")
        lines.append(
            [
                f"bench-{kind}-{number:05}",
                f"王小{number}",
                role,
                place,
                "网格员",
                f"1390511{number:04}",
                "专职",
            ]
        )
    return lines


def _workbook(lines: Lines) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate([HEAD, *lines]):
            sheet.write_row(number, 0, line)
    return target.getvalue()


def _gbk(lines: Lines) -> bytes:
    return "\r\n".join(",".join(line) for line in [HEAD, *lines]).encode("gbk")


def _plainly(names: str, many: int) -> float:
    """Seconds in which psycopg writes the same rows again, in transactions of as many people as the list's,
    and takes them away."""
    chosen = sa.select(Person.id).where(Person.username.like(names))
    with transaction(writing=False) as session:
        rows = {
            model: [
                dict(row)
                for row in session.execute(
                    sa.select(table(model)).where(
                        (model.id if model is Person else model.person_id).in_(
                            chosen
                        )
                    )
                ).mappings()
            ]
            for model in WRITTEN
        }
    assert len(rows[Person]) == many
    url = db.engine.url
    ids = {row["id"]: row["id"] + 10**7 for row in rows[Person]}
    with psycopg.connect(
        host=url.query["host"],
        user="postgres",
        dbname=url.database,
        autocommit=True,
    ) as connection:
        begun = time.perf_counter()
        for start in range(0, many, staff_list.AT_ONCE):
            with connection.transaction():
                some = rows[Person][start : start + staff_list.AT_ONCE]
                mine = {row["id"] for row in some}
                for model in WRITTEN:
                    for row in rows[model]:
                        key = row["id" if model is Person else "person_id"]
                        if key in mine:
                            _insert(connection, model, row, ids[key])
        seconds = time.perf_counter() - begun
        for model in reversed(WRITTEN):
            key = "id" if model is Person else "person_id"
            connection.execute(
                f"DELETE FROM {table(model).name} WHERE {key} > %s", [10**7]
            )
    return seconds


def _insert(
    connection: psycopg.Connection, model: type, row: dict, key: int
) -> None:
    changed = {"id" if model is Person else "person_id": key}
    if model is Person:
        changed["username"] = f"plain-{key}"
    else:
        row = {name: value for name, value in row.items() if name != "id"}
    given = {
        name: Json(value) if isinstance(value, dict | list) else value
        for name, value in {**row, **changed}.items()
    }
    columns, places = ", ".join(given), ", ".join(f"%({n})s" for n in given)
    connection.execute(
        f"INSERT INTO {table(model).name} ({columns}) VALUES ({places})", given
    )
