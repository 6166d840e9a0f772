"""Names in the city's second language: an office enters them for the grids that it oversees, and the public
notices show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.handlers.grid_notices import grid_notices
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid, GridArea
from orchestrator.store.second_names import SecondName, second_names
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body, inside

GRIDS = 20
"""Grids of one page."""
LONGEST = 160
"""Characters of a name."""


@dataclass(
    frozen=True,
    slots=True,
)
class NamedGrid:
    code: str
    names: Sequence[tuple[str, str]]
    """What its notice says, each with its name in the second language; empty where it has none."""


def page(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    after: str,
) -> tuple[list[NamedGrid], str]:
    """The next grids that he oversees, and the code after which the page goes on; empty at the end. Raises
    NotFound in a city of one language."""
    _require_language(profile)
    rows = session.execute(
        sa.select(
            Grid.code,
            PublicNotice.title,
            PublicNotice.body,
        )
        .join(
            PublicNotice,
            (PublicNotice.tenant_id == Grid.tenant_id)
            & (PublicNotice.subject_code == Grid.code)
            & (PublicNotice.kind == "grid"),
        )
        .where(
            Grid.tenant_id == who.tenant_id,
            Grid.state == "active",
            Grid.code > after,
            inside(
                Grid.territory_path,
                who.overseen_paths,
            ),
        )
        .order_by(Grid.code)
        .limit(GRIDS + 1)
    ).all()
    shown = rows[:GRIDS]
    texts = {
        row.code: shown_names(
            row.title,
            row.body,
        )
        for row in shown
    }
    every = {text for listed in texts.values() for text in listed}
    known = second_names(
        session,
        who.tenant_id,
        every,
    )
    grids = [
        NamedGrid(
            code,
            [(text, known.get(text, "")) for text in listed],
        )
        for code, listed in texts.items()
    ]
    last = ""
    if len(rows) > GRIDS:
        last = shown[-1].code
    return grids, last


def shown_names(title: str, body: Mapping[str, object]) -> list[str]:
    """The names that a grid's notice shows: its own, of its areas and of its people."""
    areas = body.get("area")
    members = body.get("members")
    names = [title]
    if isinstance(areas, list):
        names += [str(area) for area in areas]
    if isinstance(members, list):
        names += [str(member["name"]) for member in members]
    return list(dict.fromkeys(name for name in names if name))


def keep(
    by: int,
    codes: Sequence[str],
    given: Mapping[str, str],
    now: datetime,
) -> int:
    """Keeps what is given for names that the notices of those grids show, and writes anew each notice that
    shows one of them; an empty name is taken away. Returns how many names changed.

    Raises Forbidden for a grid that he does not oversee, NotFound in a city of one language, RuleViolated for
    a name that is too long.
    """
    too_long = [text for text, name in given.items() if len(name) > LONGEST]
    if too_long:
        raise RuleViolated(
            [
                say(
                    "“{text}”的译名超过 {longest} 个字",
                    text=too_long[0],
                    longest=LONGEST,
                )
            ]
        )
    with transaction() as session:
        who = access.viewer(session, by)
        if who is None:
            raise Forbidden(say("您的账号已经停用"))
        profile = bundles.profile_in_force(
            session,
            who.tenant_id,
        )
        _require_language(profile)
        offered = _offered(session, who, codes)
        known = second_names(
            session,
            who.tenant_id,
            offered,
        )
        changed = {
            text: name.strip()
            for text, name in given.items()
            if text in offered and name.strip() != known.get(text, "")
        }
        for text, name in changed.items():
            _write(
                session,
                who.tenant_id,
                text,
                name,
            )
        session.flush()
        _renew(
            session,
            who.tenant_id,
            profile,
            set(changed),
            now,
        )
        return len(changed)


def _offered(
    session: Session, who: access.Viewer, codes: Sequence[str]
) -> set[str]:
    """The names that the notices of those grids show. Raises Forbidden."""
    wanted = set(codes)
    rows = session.execute(
        sa.select(
            Grid.code,
            PublicNotice.title,
            PublicNotice.body,
        )
        .join(
            PublicNotice,
            (PublicNotice.tenant_id == Grid.tenant_id)
            & (PublicNotice.subject_code == Grid.code)
            & (PublicNotice.kind == "grid"),
        )
        .where(
            Grid.tenant_id == who.tenant_id,
            Grid.code.in_(wanted),
            inside(
                Grid.territory_path,
                who.overseen_paths,
            ),
        )
    ).all()
    if {row.code for row in rows} != wanted:
        raise Forbidden(say("只有督导这些网格的机构可以填写译名"))
    return {
        name
        for row in rows
        for name in shown_names(
            row.title,
            row.body,
        )
    }


def _write(session: Session, tenant_id: str, text: str, name: str) -> None:
    row = session.get(
        SecondName,
        (tenant_id, text),
    )
    if not name:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(
            SecondName(
                tenant_id=tenant_id,
                text=text,
                name=name,
            )
        )
    else:
        row.name = name


def _renew(
    session: Session,
    tenant_id: str,
    profile: Jurisdiction,
    texts: set[str],
    now: datetime,
) -> None:
    """Writes the notices anew that show one of the names, also of grids of other places."""
    if not texts:
        return
    named = sa.select(Grid.code).where(
        Grid.tenant_id == tenant_id, Grid.name.in_(texts)
    )
    around = sa.select(GridArea.grid_code).where(
        GridArea.tenant_id == tenant_id, GridArea.name.in_(texts)
    )
    served = (
        sa.select(Body.territory_code)
        .join(Membership, Membership.body_id == Body.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Body.tenant_id == tenant_id, Person.display_name.in_(texts))
    )
    showing = sa.union(
        named,
        around,
        served,
    ).subquery()
    codes = session.scalars(
        sa.select(Grid.code)
        .where(
            Grid.tenant_id == tenant_id,
            Grid.state == "active",
            Grid.code.in_(sa.select(showing.c[0])),
        )
        .order_by(Grid.code)
    ).all()
    grid_notices(
        session,
        profile,
        tenant_id,
        codes,
        now,
        None,
    )


def _require_language(profile: Jurisdiction) -> None:
    if len(profile.languages) < 2:
        raise NotFound(profile.key)
