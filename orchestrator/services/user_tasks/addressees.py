"""Bodies and people that somebody names in a line of text."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.store.people import Person
from orchestrator.store.territories import Body

MOST = 20
"""Named in one line."""
BETWEEN = re.compile(r"[、，,;；\s]+")


def find_addressees(
    session: Session,
    tenant_id: str,
    text: str,
) -> Mapping[str, str]:
    """Key of each body, or `user:NAME`, → name; of those named in the text, with commas or blanks between.

    A body is named in full, a person by user name or name. Raises RuleViolated for none, for too many, and
    for names that mean nobody or several.
    """
    wanted = [part for part in BETWEEN.split(text.strip()) if part]
    if not wanted:
        raise RuleViolated([say("请填写机构或人员")])
    if len(wanted) > MOST:
        raise RuleViolated([say("一次最多写 {most} 个机构或人员", most=MOST)])
    meant: dict[str, list[tuple[str, str]]] = {}
    bodies = sa.select(Body.id, Body.name).where(
        Body.tenant_id == tenant_id,
        Body.platform == "",
        Body.name.in_(wanted),
    )
    for body_id, name in session.execute(bodies):
        meant.setdefault(name, []).append((body_id, name))
    people = sa.select(Person.username, Person.display_name).where(
        Person.tenant_id == tenant_id,
        Person.active,
        sa.or_(Person.username.in_(wanted), Person.display_name.in_(wanted)),
    )
    for username, name in session.execute(people):
        for value in {username, name}:
            meant.setdefault(value, []).append((f"user:{username}", name))
    unknown = [value for value in dict.fromkeys(wanted) if value not in meant]
    several = [
        value
        for value in dict.fromkeys(wanted)
        if len(meant.get(value, ())) > 1
    ]
    reasons = []
    if unknown:
        reasons.append(
            say(
                "没有找到：{names}。请写机构全称、用户名或姓名",
                names=joined("、", unknown),
            ),
        )
    if several:
        reasons.append(
            say(
                "不止一个：{names}。请改写用户名", names=joined("、", several)
            ),
        )
    if reasons:
        raise RuleViolated(reasons)
    return dict(meant[value][0] for value in dict.fromkeys(wanted))
