"""网格队伍: posts and vacancies of grids, the people who serve them, their files and badges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import segno
from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import member_issues, members
from orchestrator.services.people.member_issues import IssueGiven
from orchestrator.services.people.members import FileGiven
from orchestrator.store import member_issues as store
from orchestrator.store import members as queries
from web import bounds, pressed
from web.auth import permission, who
from web.errors import sentence
from web.shown import needed_profile, today

blueprint = Blueprint("members", __name__, url_prefix="/members")


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    """The grids with what they lack, and the people who serve them."""
    viewer = who()
    profile = needed_profile()
    session = reading()
    args = request.args
    paths = viewer.overseen_paths
    if not paths:
        return redirect(url_for("members.person", person_id=viewer.person_id))
    roles = profile.grid_roles
    text = args.get("q", "").strip()[:40]
    people, after = queries.page_of_people(
        session,
        viewer.tenant_id,
        paths,
        roles,
        text,
        args.get("after", "")[:60],
    )
    strength = members.strength(session, profile, paths, today())
    names = queries.grid_names(
        session, viewer.tenant_id, list(strength.by_grid)[:SHOWN]
    )
    return render_template(
        "members/index.html",
        strength=strength,
        rules=profile.members,
        posts={post.key: post for post in profile.members.posts},
        grid_names=names,
        people=[
            members.view(viewer, profile, serving_person, today())
            for serving_person in people
        ],
        after=after,
        text=text,
    )


SHOWN = 20
"""Grids with vacancies that the page lists."""


@blueprint.get("/<int:person_id>")
@permission("signed-in")
def person(person_id: int) -> Any:
    member = members.readable(
        reading(),
        who(),
        needed_profile(),
        person_id,
        today(),
    )
    return _file(member, None, ())


@blueprint.post("/<int:person_id>")
@permission("signed-in")
def keep(person_id: int) -> Any:
    profile = needed_profile()
    member = members.readable(reading(), who(), profile, person_id, today())
    born = request.form.get("born_on", "").strip()
    proofs = {
        condition.key: request.form.get(f"seen-{condition.key}", "").strip()
        for condition in profile.members.conditions
    }
    given = FileGiven(
        bounds.day(born),
        request.form.get("schooling", "")[:20],
        proofs,
        request.form.get("as_of", "")[:40],
    )
    typed = {
        "born_on": born[:10],
        "schooling": given.schooling,
        "seen": proofs,
    }
    if born and given.born_on is None:
        return _file(
            member, typed, (_("出生日期应写成 1990-05-01 的样子"),)
        ), 422
    try:
        members.keep(
            who().person_id,
            person_id,
            given,
            datetime.now(UTC),
            today(),
        )
    except RuleViolated as refused:
        return _file(
            member, typed, sentence(refused).splitlines()
        ), refused.status
    flash(_("已登记"), "success")
    return redirect(url_for("members.person", person_id=person_id))


@blueprint.post("/<int:person_id>/badge")
@permission("signed-in")
def badge(person_id: int) -> Any:
    """Gives a badge with a new number, or takes it back."""
    now = datetime.now(UTC)
    if request.form.get("act") == "withdraw":
        members.withdraw_badge(who().person_id, person_id, now, today())
        flash(_("工作证已作废，扫码会显示无效"), "success")
    else:
        members.give_badge(
            who().person_id,
            person_id,
            now,
            today(),
            pressed.key("badge", str(person_id)),
        )
        flash(_("已发工作证，可以打印"), "success")
    return redirect(url_for("members.person", person_id=person_id))


@blueprint.get("/<int:person_id>/card")
@permission("signed-in")
def card(person_id: int) -> Any:
    """The badge and the contact card (民情联系卡), to be printed."""
    member = members.readable(
        reading(),
        who(),
        needed_profile(),
        person_id,
        today(),
    )
    file = member.of.file
    if file is None or file.badge_no is None:
        raise NotFound(str(person_id))
    grids = [
        (body.name, _code("public.grid", code=body.territory_code))
        for body, _employment in member.of.serves
    ]
    return render_template(
        "members/card.html",
        found=member,
        number=file.badge_no,
        code=_code("public.badge", number=file.badge_no),
        grids=grids,
    )


@blueprint.post("/<int:person_id>/issues")
@permission("signed-in")
def issue(person_id: int) -> Any:
    """Registers equipment or an insurance, or that he has it no more."""
    now = datetime.now(UTC)
    returned = request.form.get("returned", "")[:24]
    if returned:
        member_issues.give_back(
            who().person_id,
            person_id,
            returned,
            now,
            today(),
        )
    else:
        given = IssueGiven(
            request.form.get("kind", "")[:12],
            request.form.get("name", "").strip(),
            request.form.get("number", "").strip(),
            bounds.day_typed(request.form.get("from_on", "")),
            bounds.day_typed(request.form.get("until_on", "")),
        )
        member_issues.add(who().person_id, person_id, given, now, today())
    flash(_("已登记"), "success")
    return redirect(url_for("members.person", person_id=person_id))


def _code(endpoint: str, **values: Any) -> str:
    """QR code of a public page, as the address of a picture."""
    root = current_app.extensions[
        "gridflow"
    ].public_url or request.url_root.rstrip("/")
    address = root + url_for(endpoint, tenant_id=who().tenant_id, **values)
    return str(segno.make(address, error="m").svg_data_uri(border=1))


def _file(
    member: members.MemberView, typed: dict[str, Any] | None, outcome: Any
) -> Any:
    file = member.of.file
    stands = {
        "born_on": file.born_on.isoformat() if file and file.born_on else "",
        "schooling": file.schooling if file else "",
        "seen": {
            key: value.get("proof", "")
            for key, value in (file.seen if file else {}).items()
        },
    }
    return render_template(
        "members/person.html",
        found=member,
        typed=typed or stands,
        as_of=request.form.get("as_of", members.stamp(file))[:40],
        told=outcome,
        rules=needed_profile().members,
        issues=store.of_person(reading(), member.of.person.id),
        lacking=member_issues.lacking(
            reading(), needed_profile(), member, today()
        ),
        insurances={
            rule.key: rule.name for rule in needed_profile().members.insurances
        },
        today=today(),
    )
