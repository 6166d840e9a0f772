"""A staff list as a city keeps it: an Excel or CSV file, read within bounds, compared with who is there, and
taken over by an administrator within his territory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.people import (
    account_table,
    accounts,
    administering,
    photos,
    staff_bodies,
    staff_reach,
)
from orchestrator.services.people.account_table import Plan
from orchestrator.services.people.accounts import Details, NewAccount
from orchestrator.services.people.staff_bodies import (
    NamedBodies,
    NewBody,
    Reach,
)
from orchestrator.services.records import uploaded_tables
from orchestrator.store import people_pages
from orchestrator.store.people import EMPLOYMENTS, Person
from orchestrator.store.people_pages import PeopleFilter
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.writing import heavy

MOST_LINES = 10_000
LONGEST_CELL = 200
AT_ONCE = 100
"""People of one transaction: nobody else waits for a whole list."""
_KEY = re.compile(r"[a-z][a-z0-9_-]*:[0-9]+")
HEADINGS: Mapping[str, str] = {
    "username": "用户名",
    "display_name": "姓名",
    "body": "机构",
    "role": "角色",
    "place": "区划代码",
    "title": "职务",
    "phone": "电话",
    "employment": "用工方式",
}
"""Column → its heading in a staff list; the column's own name is taken as well. A body is named by `body`, or
by `role` and `place`."""


@dataclass(frozen=True, slots=True)
class ListedChanges:
    """What a list would change."""

    plan: Plan
    moved: Sequence[str]
    """User names among the changed whose bodies change."""
    in_hand: Mapping[str, int]
    """User name of somebody whom the list does not name → open tasks that he holds."""
    left_alone: Sequence[str] = ()
    """Why somebody whom the list names was not written after all."""
    new_bodies: Sequence[NewBody] = ()
    """Bodies that people of the list are to serve and that are set up with it."""
    body_names: Mapping[str, str] = field(default_factory=dict)
    """`role:place` → name of the bodies that the list names, and of those that its people serve until now."""

    def with_names(self, text: str) -> str:
        """The text with the bodies' names in the place of their keys."""
        return _KEY.sub(lambda key: self.body_names.get(key[0], key[0]), text)


@heavy
def read(content: bytes) -> str:
    """The file as a table with the columns of people.csv and `body`. Raises RuleViolated for what is no such
    file, or too large."""
    return _table(uploaded_tables.lines(content, MOST_LINES + 2))


@dataclass(frozen=True, slots=True)
class _Examined:
    """A list that may be taken over."""

    tenant_id: str
    wanted: Mapping[str, Details]
    changes: ListedChanges


def preview(by: int, table: str, now: datetime) -> ListedChanges:
    """What taking the table over would change within the administrator's reach. Raises Forbidden,
    RuleViolated with all that is wrong."""
    return _examine(by, table, now).changes


def _left_names(
    session: Session, tenant_id: str, plan: Plan
) -> dict[str, str]:
    """Key → name of the bodies that people of the list serve until now."""
    served = (fields.get("机构", [""])[0] for fields in plan.changed.values())
    keys = {key for text in served for key in _KEY.findall(text)}
    query = sa.select(Body.id, Body.name).where(
        Body.id.in_(f"{tenant_id}:{key}" for key in sorted(keys))
    )
    return {
        row.id.partition(":")[2]: row.name for row in session.execute(query)
    }


def _examine(by: int, table: str, now: datetime) -> _Examined:
    with transaction(writing=False) as session:
        viewer = administering.administrator(session, by)
        reach = Reach(viewer.tenant_id, viewer.administered_paths)
        wanted, named = _wanted(session, reach, table, now)
    plan = account_table.preview(viewer.tenant_id, wanted, named.new.keys())
    with transaction(writing=False) as session:
        staff_reach.require(
            session, viewer, wanted, {*plan.added, *plan.changed}
        )
        reached = PeopleFilter(viewer.tenant_id, viewer.administered_paths)
        here = {
            person.username: person.id
            for person, _body in people_pages.everybody(session, reached)
        }
        missing = tuple(name for name in plan.missing if name in here)
        tasks = people_pages.open_tasks(
            session,
            [here[name] for name in missing],
        )
        in_hand = {name: tasks.get(here[name], 0) for name in missing}
        names = {**_left_names(session, viewer.tenant_id, plan), **named.names}
    result = Plan(plan.added, plan.changed, plan.same, missing)
    changes = ListedChanges(
        result,
        [name for name, fields in plan.changed.items() if "机构" in fields],
        in_hand,
        new_bodies=tuple(named.new.values()),
        body_names=names,
    )
    return _Examined(viewer.tenant_id, wanted, changes)


def carry_out(
    by: int,
    table: str,
    now: datetime,
    setting_up: bool = False,
) -> ListedChanges:
    """Adds and changes the people of the table, a hundred in a transaction; what was done is returned. Raises
    as `preview`; a list that was interrupted is taken over again. Who was changed by somebody else meanwhile,
    so that he may not be written, is left alone and named.

    `setting_up`: the administrator has seen the new bodies of the list and sets them up. Without it
    RuleViolated is raised for a list that has any; so it is for more of them than a page shows him.
    """
    examined = _examine(by, table, now)
    new = examined.changes.new_bodies
    if new and not setting_up:
        raise RuleViolated(
            [
                say(
                    "名册里有 {count} 个还没有设立的机构，请勾选同时设立再导入",
                    count=len(new),
                )
            ]
        )
    if len(new) > staff_bodies.MOST_NEW:
        raise RuleViolated(
            [
                say(
                    "名册里有 {count} 个还没有设立的机构，一次最多设立 {most} 个，请分批导入",
                    count=len(new),
                    most=staff_bodies.MOST_NEW,
                )
            ]
        )
    changes = replace(
        examined.changes,
        new_bodies=tuple(staff_bodies.set_up(by, new, now)),
    )
    plan = changes.plan
    # People of one grid come together: its notice is written anew once.
    names = sorted(
        [*plan.added, *plan.changed],
        key=lambda name: (_places(examined.wanted[name]), name),
    )
    refused: dict[str, str] = {}
    for start in range(0, len(names), AT_ONCE):
        refused |= _write(examined, names[start : start + AT_ONCE], by, now)
    return _without(changes, refused)


def _without(
    changes: ListedChanges,
    refused: Mapping[str, str],
) -> ListedChanges:
    plan = changes.plan
    added = {
        name: details
        for name, details in plan.added.items()
        if name not in refused
    }
    changed = {
        name: fields
        for name, fields in plan.changed.items()
        if name not in refused
    }
    return ListedChanges(
        Plan(added, changed, plan.same, plan.missing),
        [name for name in changes.moved if name not in refused],
        changes.in_hand,
        list(refused.values()),
        changes.new_bodies,
        changes.body_names,
    )


def _places(details: Details) -> list[str]:
    return sorted(key.partition(":")[2] for key in details.bodies or ())


def _write(
    examined: _Examined,
    names: Sequence[str],
    by: int,
    now: datetime,
) -> Mapping[str, str]:
    """User name → why he was left alone, of those who may not be written by now."""
    tenant_id = examined.tenant_id
    wanted = examined.wanted
    with transaction() as session:
        viewer = administering.administrator(session, by)
        people = _locked(session, names)
        refused = staff_reach.refused(session, viewer, wanted, names, people)
        known = {person.username for person in people}
        _added, touched = accounts.write_all_new(
            session,
            [
                (NewAccount(tenant_id, name, ""), wanted[name])
                for name in names
                if name not in known and name not in refused
            ],
            now,
            by,
        )
        photos.refresh(session, tenant_id, touched, now)
        accounts.update_all(
            session,
            [
                (person, wanted[person.username])
                for person in people
                if person.username not in refused
            ],
            now,
            by,
        )
    return refused


def _locked(session: Session, names: Sequence[str]) -> Sequence[Person]:
    return session.scalars(
        sa.select(Person)
        .where(Person.username.in_(names))
        .order_by(Person.id)
        .with_for_update(),
    ).all()


def write(lines: Sequence[tuple[Person, people_pages.ServedBody]]) -> bytes:
    """An xlsx file that `read` takes: a line for each body of each person."""
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(say("人员名册"))
        sheet.write_row(0, 0, list(HEADINGS.values()))
        for number, (person, served) in enumerate(lines, 1):
            role, _colon, place = served.key.partition(":")
            about = (
                person.username,
                person.display_name,
                served.name,
                role,
                place,
                served.title,
            )
            for column, text in enumerate(
                (*about, person.phone, EMPLOYMENTS[served.employment]),
            ):
                sheet.write_string(number, column, text)
        sheet.set_column(0, len(HEADINGS), 18)
    return target.getvalue()


def _table(lines: Iterator[Sequence[str]]) -> str:
    heading = [text.strip().removeprefix("\ufeff") for text in next(lines, ())]
    known = {
        **{name: name for name in HEADINGS},
        **{sentence: name for name, sentence in HEADINGS.items()},
    }
    columns = {
        known[text]: place
        for place, text in enumerate(heading)
        if text in known
    }
    if not {"username", "display_name"} <= columns.keys() or not (
        "body" in columns or {"role", "place"} <= columns.keys()
    ):
        raise RuleViolated(
            [
                say(
                    "第一行应是表头，至少有：用户名、姓名、机构；或者用户名、姓名、角色、区划代码",
                ),
            ],
        )
    target = io.StringIO()
    table = csv.writer(target, lineterminator="\n")
    table.writerow(HEADINGS)
    for number, line in enumerate(lines, 2):
        if number > MOST_LINES + 1:
            raise RuleViolated(
                [say("名册超过 {most} 行，请分成几份", most=MOST_LINES)],
            )
        texts = [_cell(line, columns.get(name), number) for name in HEADINGS]
        table.writerow(texts if any(texts) else ())
    return target.getvalue()


def _cell(line: Sequence[str], place: int | None, number: int) -> str:
    if place is not None and place < len(line):
        text = " ".join(line[place].split())
    else:
        text = ""
    if len(text) > LONGEST_CELL:
        raise RuleViolated(
            [
                say(
                    "第 {number} 行有超过 {longest} 字的内容",
                    number=number,
                    longest=LONGEST_CELL,
                ),
            ],
        )
    return text


def of_everybody(
    tenant_id: str,
    content: bytes,
    now: datetime,
) -> Mapping[str, Details]:
    """The people of a file, for a command on the server, which reaches the whole jurisdiction. Raises
    RuleViolated with all that is wrong."""
    table = read(content)
    with transaction(writing=False) as session:
        wanted, _none = _wanted(session, Reach(tenant_id, None), table, now)
        return wanted


def _wanted(
    session: Session,
    reach: Reach,
    table: str,
    now: datetime,
) -> tuple[Mapping[str, Details], NamedBodies]:
    """The table's people, and the bodies that it names. Raises RuleViolated."""
    words = {sentence: key for key, sentence in EMPLOYMENTS.items()}
    reader = csv.DictReader(
        _table(csv.reader(table.splitlines())).splitlines(),
    )
    rows: dict[int, dict[str, str]] = {}
    for row in reader:
        rows[reader.line_num] = row
    named = staff_bodies.find(session, reach, rows, now)
    if named.wrong:
        raise RuleViolated(named.wrong)
    target = io.StringIO()
    lines = csv.DictWriter(
        target,
        [*account_table.COLUMNS, account_table.EMPLOYMENT],
        extrasaction="ignore",
        lineterminator="\n",
    )
    lines.writeheader()
    written = 1
    for number, row in rows.items():
        # Empty lines stay, so that a later sentence names the file's line.
        target.write("\n" * (number - written - 1))
        written = number
        lines.writerow(
            {
                **row,
                "employment": words.get(row["employment"], row["employment"]),
            },
        )
    return account_table.read(target.getvalue()), named
