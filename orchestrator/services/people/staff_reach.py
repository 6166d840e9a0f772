"""Which people of a staff list its administrator may write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.access import Viewer
from orchestrator.services.people import administering
from orchestrator.services.people.accounts import Details
from orchestrator.store import people_pages
from orchestrator.store.people import Person


def require(
    session: Session,
    viewer: Viewer,
    wanted: Mapping[str, Details],
    names: set[str],
) -> None:
    """Raises Forbidden for a body, RuleViolated for a person that the administrator does not reach."""
    administering.require_bodies(
        session,
        viewer,
        sorted({key for name in names for key in wanted[name].bodies or {}}),
    )
    beyond = _beyond(session, viewer, names)
    if beyond:
        raise RuleViolated(list(beyond.values()))


def _beyond(
    session: Session,
    viewer: Viewer,
    names: set[str],
) -> dict[str, str]:
    """User name → why the administrator does not reach him; of the table's people, also himself."""
    people = session.execute(
        sa.select(Person.username, Person.id).where(
            Person.username.in_(sorted(names)),
        ),
    ).all()
    served = people_pages.served(session, [row.id for row in people])
    beyond = {
        row.username: say(
            "“{name}”还在您管理的地方以外任职，请上级管理员办理",
            name=row.username,
        )
        for row in people
        if any(
            not administering.reaches(viewer, body.path)
            for body in served.get(row.id, ())
        )
    }
    if viewer.username in names:
        beyond[viewer.username] = say(
            "名册里有您自己的改动，请另一位管理员办理",
        )
    return beyond


def refused(
    session: Session,
    viewer: Viewer,
    wanted: Mapping[str, Details],
    names: Sequence[str],
    people: Sequence[Person],
) -> dict[str, str]:
    """User name → why the administrator may not write him."""
    reasons = {}
    for person in people:
        if person.tenant_id != viewer.tenant_id:
            why = say("已属于另一个城市，请换一个用户名")
        elif not person.active:
            why = say("已停用，请先恢复")
        else:
            continue
        reasons[person.username] = say(
            "“{name}”{why}",
            name=person.username,
            why=why,
        )
    reachable = set(names) - reasons.keys()
    reasons |= _beyond(session, viewer, reachable)
    rest = sorted(reachable - reasons.keys())
    return reasons | _beyond_bodies(session, viewer, wanted, rest)


def _beyond_bodies(
    session: Session,
    viewer: Viewer,
    wanted: Mapping[str, Details],
    names: Sequence[str],
) -> dict[str, str]:
    """User name → which of the bodies that he is to have lie beyond the administrator."""
    reasons = {}
    try:
        administering.require_bodies(
            session,
            viewer,
            sorted(
                {key for name in names for key in wanted[name].bodies or {}}
            ),
        )
    except Forbidden:
        for name in names:
            try:
                administering.require_bodies(
                    session,
                    viewer,
                    wanted[name].bodies or {},
                )
            except Forbidden as beyond:
                reasons[name] = f"“{name}”：{beyond}"
    return reasons
