"""People from a table: what it would change is told first, and all of it is done in one transaction or
nothing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from orchestrator.errors import RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services.people import (
    account_facts,
    accounts,
    passwords,
    photos,
)
from orchestrator.services.people.accounts import Details
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

COLUMNS = ("username", "display_name", "role", "place", "title", "phone")
"""As in a jurisdiction's people.csv; a line for each body that a person serves."""
EMPLOYMENT = "employment"
"""A column that may be left out: who serves a body full-time or part-time stays as it is then."""
MOST = 5_000
"""People of one table."""
MOST_PASSWORDS = 200
"""New people whose one-time passwords are made: each takes 20 ms and is told once. More get links."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table changes."""

    added: Mapping[str, Details]
    changed: Mapping[str, Mapping[str, list[str]]]
    """User name → field → before and after."""
    same: int
    """How many people stay as they are."""
    missing: tuple[str, ...]
    """User names of people in service that the table does not name; they are left alone."""


def read(text: str) -> dict[str, Details]:
    """User name → details. Raises RuleViolated with every wrong line."""
    rows = csv.DictReader(text.splitlines())
    missing = [
        column for column in COLUMNS if column not in (rows.fieldnames or ())
    ]
    if missing:
        raise RuleViolated(
            [
                say(
                    "第 1 行：缺少列 {names}，应有 {columns}",
                    names=joined("、", missing),
                    columns=",".join(COLUMNS),
                ),
            ],
        )
    detailses: dict[str, Details] = {}
    wrong = []
    try:
        for row in rows:
            given = {column: (row[column] or "").strip() for column in COLUMNS}
            name = given["username"]
            known = detailses.get(given["username"])
            facts = (given["display_name"], given["phone"])
            if not name or not given["role"] or not given["place"]:
                wrong.append(
                    say(
                        "第 {line_num} 行：username、role、place 都要填写",
                        line_num=rows.line_num,
                    ),
                )
            elif known is not None and (known.name, known.phone) != facts:
                wrong.append(
                    say(
                        "第 {line_num} 行：“{name}”的姓名或电话与前面的行不同",
                        line_num=rows.line_num,
                        name=name,
                    ),
                )
            elif known is not None and _other_title(known, given):
                wrong.append(
                    say(
                        "第 {line_num} 行：“{name}”在同一机构的职务与前面的行不同，请改成一致",
                        line_num=rows.line_num,
                        name=name,
                    ),
                )
            else:
                body = f"{given['role']}:{given['place']}"
                employment = (row.get(EMPLOYMENT) or "").strip()
                before = known or Details(bodies={})
                employments = {
                    **before.employments,
                    **({body: employment} if employment else {}),
                }
                detailses[name] = Details(
                    *facts,
                    {**(before.bodies or {}), body: given["title"]},
                    employments,
                )
    except csv.Error as broken:
        wrong.append(
            say(
                "第 {line_num} 行：不是 CSV（{broken}）",
                line_num=rows.line_num,
                broken=broken,
            ),
        )
    if len(detailses) > MOST:
        wrong.append(
            say(
                "一张表最多 {most} 人，现有 {count} 人，请分成几张",
                most=MOST,
                count=len(detailses),
            ),
        )
    if wrong:
        raise RuleViolated(wrong)
    return detailses


def _other_title(known: Details, given: Mapping[str, str]) -> bool:
    """Whether the person has the body of this line already, with another title."""
    body = f"{given['role']}:{given['place']}"
    before = (known.bodies or {}).get(body)
    return before is not None and before != given["title"]


def preview(
    tenant_id: str,
    wanted: Mapping[str, Details],
    new_bodies: Iterable[str] = (),
) -> Plan:
    """What `carry_out` would do, once the new bodies (`role:place`) are set up. Raises RuleViolated with all
    that is wrong."""
    added = {}
    changed = {}
    wrong = list[str]()
    same = 0
    with transaction(writing=False) as session:
        known = {
            person.username: person
            for person in session.scalars(
                sa.select(Person).where(Person.username.in_(list(wanted))),
            )
        }
        facts = account_facts.read(
            session,
            tenant_id,
            wanted.values(),
            [person.id for person in known.values()],
        ).with_bodies(f"{tenant_id}:{key}" for key in new_bodies)
        for name, details in wanted.items():
            wrong += [
                f"“{name}”：{objection}"
                for objection in account_facts.objections(
                    facts,
                    tenant_id,
                    name,
                    details,
                )
            ]
            person = known.get(name)
            if person is None:
                added[name] = details
            elif person.tenant_id != tenant_id or not person.active:
                here = person.tenant_id == tenant_id
                if here:
                    why = say("已停用，请先恢复")
                else:
                    why = say("已属于另一个城市，请换一个用户名")
                wrong.append(say("“{name}”{why}", name=name, why=why))
            elif differences := account_facts.differences(
                facts, person, details
            ):
                changed[name] = differences
            else:
                same += 1
        serving = session.scalars(
            sa.select(Person.username).where(
                Person.tenant_id == tenant_id,
                Person.active,
                ~Person.is_demo,
            ),
        )
        missing = tuple(sorted(set(serving) - wanted.keys()))
    if wrong:
        raise RuleViolated(wrong)
    return Plan(added, changed, same, missing)


def carry_out(
    tenant_id: str,
    wanted: Mapping[str, Details],
    now: datetime,
) -> dict[str, str]:
    """Adds and changes the people; user name → one-time password of those added, empty where there are more
    than MOST_PASSWORDS of them: these have none yet. Raises RuleViolated; nothing is done then."""
    plan = preview(tenant_id, wanted)
    passwords_of = dict.fromkeys(plan.added, "")
    if len(plan.added) <= MOST_PASSWORDS:
        passwords_of = {
            name: passwords.one_time_password() for name in plan.added
        }
    hashed = {
        name: passwords.hash_password(password) if password else ""
        for name, password in passwords_of.items()
    }
    with transaction() as session:
        _people, touched = accounts.write_all_new(
            session,
            [
                (accounts.NewAccount(tenant_id, name, hashed[name]), details)
                for name, details in plan.added.items()
            ],
            now,
            None,
        )
        photos.refresh(session, tenant_id, touched, now)
        accounts.update_all(
            session,
            [
                (person, wanted[person.username])
                for person in accounts.all_named(session, list(plan.changed))
            ],
            now,
            None,
        )
    return passwords_of
