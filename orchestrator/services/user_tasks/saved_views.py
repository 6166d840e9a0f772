"""Saved views of the inbox: kept under a name, shared with one's body, chosen as the first; and the list's
density."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.access import Viewer
from orchestrator.services.records.ids import new_id
from orchestrator.store.people import one_at_a_time
from orchestrator.store.saved_views import (
    DENSITIES,
    InboxChoice,
    SavedView,
    setting_of,
)
from orchestrator.store.session import transaction

LONGEST_NAME = 20
LONGEST_QUERY = 1_000
MOST = 20
"""Views that one person saves."""


def save(
    who: Viewer,
    name: str,
    query: str,
    share_with: str | None,
    first: bool,
    now: datetime,
) -> str:
    """Keeps the view under the name, in place of one's own of the same name; its id.

    `share_with`: one of his bodies. `first`: his inbox begins with it. Raises RuleViolated for a name that is
    missing or too long, and for one view too many; Forbidden for a body that is not his.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise RuleViolated(
            [say("请写视图名称，最多 {most} 个字", most=LONGEST_NAME)],
        )
    if len(query) > LONGEST_QUERY:
        raise RuleViolated([say("筛选条件太长，请缩短搜索的词后再保存")])
    if share_with is not None and share_with not in [
        body.id for body in who.bodies
    ]:
        raise Forbidden(say("视图只能与您所在的机构共用"))
    with transaction() as session:
        one_at_a_time(session, who.person_id)
        mine = session.scalars(
            sa.select(SavedView).where(SavedView.person_id == who.person_id),
        ).all()
        row = next((view for view in mine if view.name == name), None)
        if row is None:
            if len(mine) >= MOST:
                raise RuleViolated(
                    [say("您已保存 {most} 个视图，请先删除不用的", most=MOST)],
                )
            row = SavedView(id=new_id(now), person_id=who.person_id, name=name)
            session.add(row)
        row.query = query
        row.body_id = share_with
        row.saved_at = now
        if first:
            _choice(session, who.person_id).view_id = row.id
        else:
            _begin_elsewhere(session, who.person_id, row.id)
        return row.id


def _begin_elsewhere(session: Session, person_id: int, view_id: str) -> None:
    """His inbox begins with that view no longer."""
    choice = session.get(InboxChoice, person_id)
    if choice is not None and choice.view_id == view_id:
        choice.view_id = None


def remove(who: Viewer, view_id: str) -> str:
    """Deletes a view that he saved himself, or that was shared with his body by somebody who has left it; its
    name. Raises NotFound, also for another's."""
    with transaction() as session:
        row = session.get(SavedView, view_id)
        view = setting_of(session, who.person_id, who.body_ids).find(view_id)
        if row is None or view is None or not view.removable:
            raise NotFound(view_id)
        session.delete(row)
        return row.name


def begin_with(who: Viewer, view_id: str | None) -> None:
    """His inbox begins with that view, with the whole list for None. Raises NotFound for a view that he does
    not see."""
    with transaction() as session:
        row = None
        if view_id is not None:
            row = session.get(SavedView, view_id)
        seen = row is not None and (
            row.person_id == who.person_id or row.body_id in who.body_ids
        )
        if view_id is not None and not seen:
            raise NotFound(view_id)
        _choice(session, who.person_id).view_id = view_id


def set_density(who: Viewer, density: str) -> None:
    """His list stands so from now on. Raises NotFound for a density that there is not."""
    if density not in DENSITIES:
        raise NotFound(density)
    with transaction() as session:
        _choice(session, who.person_id).density = density


def _choice(session: Session, person_id: int) -> InboxChoice:
    one_at_a_time(session, person_id)
    row = session.get(InboxChoice, person_id)
    if row is None:
        row = InboxChoice(person_id=person_id, density=DENSITIES[0])
        session.add(row)
    return row
