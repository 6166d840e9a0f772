"""What the forms of recruiting members and naming leaders must keep to: conditions of the post, grids of the
plan, the village or community of the grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import in_words
from orchestrator.domain.members import (
    MemberCondition,
    MemberFacts,
    PostRule,
    bars,
    beyond_plan,
)
from orchestrator.domain.periods import written_day
from orchestrator.errors import FormInvalid
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.store.members import grid_names
from orchestrator.store.people import FULL_TIME, Membership, Person
from orchestrator.store.registers import Grid
from orchestrator.store.territories import Body, inside


def applicants(
    bundle: Bundle, values: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """Everybody meets the conditions of the post, or is excepted with a reason where the text says 一般."""
    rules = bundle.jurisdiction.members
    barred = _named_alike(values)
    for applicant in values.get("applicants") or []:
        proof = str(applicant.get("proof") or "")
        facts = MemberFacts(
            written_day(applicant.get("born_on")),
            str(applicant.get("schooling") or ""),
            {condition.key: proof for condition in rules.conditions},
            (str(values.get("post") or ""),),
        )
        excepted = bool(str(applicant.get("exception") or "").strip())
        for condition in bars(rules, facts, excepted, today):
            barred.append(_barred(str(applicant.get("name") or ""), condition))
    if not values.get("applicants"):
        barred.append(say("请至少登记一名报名人员"))
    if barred:
        raise FormInvalid({"applicants": barred})
    return {}


def _named_alike(values: Mapping[str, Any]) -> list[str]:
    """An appointment finds the applicant by his name: two of one name are told apart in it."""
    names = Counter(
        str(applicant.get("name") or "").strip()
        for applicant in values.get("applicants") or ()
    )
    return [
        say(
            "名单上有 {count} 名“{name}”，请在姓名后注明区别",
            count=count,
            name=name,
        )
        for name, count in names.items()
        if count > 1
    ]


def _barred(name: str, condition: MemberCondition) -> str:
    ground = in_words(condition.citation)
    if condition.usual:
        return say(
            "“{name}”不符合“{text}”（{ground}），拟作例外的请写明例外理由",
            name=name,
            text=condition.text,
            ground=ground,
        )
    return say(
        "“{name}”不符合“{text}”（{ground}），不能进入考试，请移出名单",
        name=name,
        text=condition.text,
        ground=ground,
    )


def _people(key: str, value: Any) -> int:
    """A number of people. Raises FormInvalid for anything else: a form of the designer's own may ask for a
    text there."""
    if value in (None, ""):
        return 0
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != int(number) or number < 0:
        raise FormInvalid(
            {key: [say("人数应是整数，“{value}”不是", value=str(value)[:20])]}
        )
    return int(number)


def plan(
    bundle: Bundle, values: Mapping[str, Any], today: date
) -> dict[str, Any]:
    """Each grid stands in the plan once, and those who are there with those who are to come keep within the
    number of posts, where the form asks for it."""
    given = values.get("places")
    rows = given if isinstance(given, list | tuple) else ()
    places = [row for row in rows if isinstance(row, Mapping)]
    if not places:
        raise FormInvalid({"places": [say("请至少写明一个网格的招聘人数")]})
    counted = Counter(str(place.get("post_grid")) for place in places)
    if max(counted.values()) > 1:
        raise FormInvalid(
            {"places": [say("同一个网格请只写一行，人数写在一起")]}
        )
    wanted = sum(_people("places", place.get("wanted")) for place in places)
    quota = values.get("quota")
    there = _people("serving", values.get("serving"))
    if quota is not None and there + wanted > _people("quota", quota):
        raise FormInvalid(
            {
                "places": [
                    say(
                        "现有 {there} 人，再招聘 {wanted} 人，超过员额 {quota} 人，请减少人数或者先调整员额",
                        there=there,
                        wanted=wanted,
                        quota=quota,
                    )
                ]
            }
        )
    return {}


def planned_grids(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> dict[str, Any]:
    """Every grid of the plan has the post, and people are recruited for it there."""
    post = _post(bundle, values)
    codes = [place.get("post_grid") for place in values.get("places") or ()]
    grids = session.scalars(
        sa.select(Grid)
        .where(Grid.tenant_id == bundle.jurisdiction.key, Grid.code.in_(codes))
        .order_by(Grid.code)
    )
    told = [
        _not_recruited(bundle, post, grid)
        for grid in grids
        if post is not None and not post.recruits(grid.kind)
    ]
    if told:
        raise FormInvalid({"places": told})
    return {}


def hires(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    known: Mapping[str, Any],
) -> dict[str, Any]:
    """Those who were chosen keep to the plan of the instance, where it has one."""
    places = known.get("places")
    if not places:
        return {}
    codes = [str(hire.get("post_grid")) for hire in values.get("hires") or ()]
    names = grid_names(session, bundle.jurisdiction.key, codes)
    told = beyond_plan(codes, places, names)
    if told:
        raise FormInvalid({"hires": told})
    return {}


def leader(
    session: Session,
    bundle: Bundle,
    values: Mapping[str, Any],
    path: str,
) -> dict[str, Any]:
    """Whoever is asked to agree is of the grid's own village or community; who is put forward as a full-time
    member is one."""
    tenant_id = bundle.jurisdiction.key
    grid = session.get(Grid, (tenant_id, values.get("post_grid")))
    errors: dict[str, list[str]] = {}
    for key in ("committee", "party_organisation"):
        body = session.get(Body, values.get(key) or "")
        if grid and body and body.territory_code != grid.community_code:
            errors[key] = [
                say(
                    "{body}不在{grid}所在的村（社区），请另选",
                    body=body.name,
                    grid=grid.name,
                )
            ]
    username = str(values.get("leader_username") or "")
    full_time = values.get("leader_position") == FULL_TIME
    if full_time and not username:
        errors["leader_username"] = [say("请填写专职网格员的用户名")]
    elif full_time and not _serves_full_time(session, bundle, username):
        errors["leader_username"] = [
            say(
                "“{username}”不是在任的专职网格员，请核对用户名或者改选担任人员的身份",
                username=username,
            )
        ]
    if errors:
        raise FormInvalid(errors)
    return {}


def _post(bundle: Bundle, values: Mapping[str, Any]) -> PostRule | None:
    posts = bundle.jurisdiction.members.posts
    return next(
        (post for post in posts if post.key == values.get("post")), None
    )


def _not_recruited(bundle: Bundle, post: PostRule, grid: Grid) -> str:
    if post.grids and grid.kind not in post.grids:
        kind = bundle.jurisdiction.grid.kinds.get(grid.kind, grid.kind)
        return say(
            "“{grid}”是{kind}，不在{post}的招聘范围（{ground}），请移出",
            grid=grid.name,
            kind=kind,
            post=post.name,
            ground=in_words(post.citation),
        )
    return say(
        "“{grid}”不在{post}统一招聘的范围（{ground}），请移出",
        grid=grid.name,
        post=post.name,
        ground=in_words(post.recruited_citation),
    )


def _serves_full_time(session: Session, bundle: Bundle, username: str) -> bool:
    # Whoever serves an office full time is no member of a grid: the body's role tells.
    posts = _posts_in_grids(bundle, username)
    full_time = posts.where(Membership.employment == FULL_TIME)
    return session.scalar(full_time.limit(1)) is not None


def post_of_member(
    session: Session, bundle: Bundle, values: Mapping[str, Any], path: str
) -> dict[str, Any]:
    """`member_post`: the names of the grid bodies at the place where the member serves. A title says them and
    not who the member is."""
    posts = _posts_in_grids(bundle, str(values.get("member") or ""))
    here = posts.where(inside(Body.territory_path, [path])).order_by(
        Body.territory_code, Body.role
    )
    return {"member_post": "、".join(session.scalars(here))}


def _posts_in_grids(bundle: Bundle, username: str) -> sa.Select[str]:
    """Names of the grid bodies that the person serves now."""
    return (
        sa.select(Body.name)
        .join(Membership, Membership.body_id == Body.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Person.tenant_id == bundle.jurisdiction.key,
            Person.username == username,
            Body.role.in_(bundle.jurisdiction.grid_roles),
            Membership.until_on.is_(None),
        )
    )
