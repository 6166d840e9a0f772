"""member.*: who was chosen is given his post, who was dismissed loses it; notices and badges follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.domain.members import PostRule, beyond_plan
from orchestrator.handlers.appointments import (
    account_of,
    applicant_of,
    await_training,
    body_of,
    keep_file,
    note,
    post_of,
    serve,
)
from orchestrator.handlers.context import CannotCarryOut, HandlerContext
from orchestrator.handlers.grid_notices import badge_notices, grid_notices
from orchestrator.sentences import say
from orchestrator.store.members import MemberFile, grid_names
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body


@dataclass(frozen=True, slots=True)
class _Hire:
    """Somebody who was chosen."""

    name: str
    username: str
    grid: str
    """The grid's code."""


def appoint(context: HandlerContext) -> Mapping[str, Any]:
    """Gives the person who was chosen his post in the grid, with a file of what was checked. Raises
    CannotCarryOut."""
    hire = _Hire(
        _text(context.variables.get("hired_name")),
        _text(context.variables.get("hired_username")),
        _text(context.variables.get("post_grid")),
    )
    return {"appointed": _appoint(context, [hire])}


def appoint_several(context: HandlerContext) -> Mapping[str, Any]:
    """Gives everybody on the list of those who were chosen his post in his grid, or nobody. Raises
    CannotCarryOut."""
    hires = [
        _Hire(
            _text(row.get("name")),
            _text(row.get("username")),
            _text(row.get("post_grid")),
        )
        for row in context.variables.get("hires") or ()
    ]
    if not hires:
        raise CannotCarryOut(say("拟聘人员名单是空的，请补上"))
    _refuse_twice([hire.name for hire in hires])
    _refuse_twice([hire.username for hire in hires])
    _refuse_beyond_plan(context, [hire.grid for hire in hires])
    return {"appointed": _appoint(context, hires)}


def name_leader(context: HandlerContext) -> Mapping[str, Any]:
    """Gives the person who was determined the post in the grid; who had it before leaves it. Raises
    CannotCarryOut."""
    post = post_of(context)
    hire = _Hire(
        _text(context.variables.get("leader_name")),
        _text(context.variables.get("leader_username")),
        _text(context.variables.get("post_grid")),
    )
    body = body_of(context, post, hire.grid)
    phone = _text(context.variables.get("leader_phone"))
    person = account_of(context, hire.name, hire.username, phone)
    before = context.session.scalars(
        sa.select(Membership).where(
            Membership.body_id == body,
            Membership.until_on.is_(None),
            Membership.person_id != person.id,
        ),
    ).all()
    for membership in before:
        membership.until_on = context.today
        replaced = {"replaced": context.instance.id}
        note(context, membership.person_id, "changed", replaced)
    serve(context, person, body, post)
    _publish(context, [hire.grid])
    return {"appointed": person.username}


def dismiss(context: HandlerContext) -> Mapping[str, Any]:
    """Ends every post in a grid of the member, and his badge. Raises CannotCarryOut for somebody who has
    none."""
    username = str(context.variables.get("member") or "")
    session = context.session
    tenant_id = context.instance.tenant_id
    rows = session.execute(
        sa.select(Membership, Body.territory_code)
        .join(Body, Body.id == Membership.body_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Person.username == username,
            Body.tenant_id == tenant_id,
            Body.role.in_(context.jurisdiction.grid_roles),
            Membership.until_on.is_(None),
        )
        .order_by(Membership.id),
    ).all()
    if not rows:
        raise CannotCarryOut(
            say("“{name}”在网格里已经没有任职", name=username),
        )
    person_id = rows[0][0].person_id
    for membership, _code in rows:
        membership.until_on = context.today
    session.get_one(Person, person_id).in_training_since = None
    file = session.get(MemberFile, person_id)
    if file is not None and file.badge_no is not None:
        badge_notices(
            session,
            context.jurisdiction,
            tenant_id,
            [person_id],
            context.now,
            valid=False,
        )
        file.badge_no = None
    note(context, person_id, "changed", {"dismissed": context.instance.id})
    _publish(context, sorted({code for _membership, code in rows}))
    return {"dismissed": username}


def _text(value: object) -> str:
    return str(value or "").strip()


def _refuse_twice(values: Sequence[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise CannotCarryOut(
                say("拟聘人员名单上“{value}”写了两次，请更正", value=value)
            )


def _refuse_beyond_plan(context: HandlerContext, codes: Sequence[str]) -> None:
    """Raises CannotCarryOut. The form asks it too, but not one that was frozen before it had the rule."""
    places = context.variables.get("places")
    if not places:
        return
    names = grid_names(context.session, context.instance.tenant_id, codes)
    told = beyond_plan(codes, places, names)
    if told:
        raise CannotCarryOut(told[0])


def _appoint(context: HandlerContext, hires: Sequence[_Hire]) -> str:
    """User names of those who have their posts now."""
    post = post_of(context)
    names = [_appoint_one(context, post, hire) for hire in hires]
    _publish(context, sorted({hire.grid for hire in hires}))
    return "、".join(names)


def _appoint_one(context: HandlerContext, post: PostRule, hire: _Hire) -> str:
    applicant = applicant_of(context, hire.name)
    body = body_of(context, post, hire.grid)
    phone = _text(applicant.get("phone"))
    person = account_of(context, hire.name, hire.username, phone)
    serve(context, person, body, post)
    keep_file(context, person, applicant)
    await_training(context, person)
    return person.username


def _publish(context: HandlerContext, codes: Sequence[str]) -> None:
    """The notices of these grids show who serves them now."""
    context.session.flush()
    grid_notices(
        context.session,
        context.jurisdiction,
        context.instance.tenant_id,
        list(codes),
        context.now,
        context.instance.id,
    )
