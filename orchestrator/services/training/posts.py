"""考核合格后方可上岗: who is given a post in a grid before his pass may do nothing but the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services import bundles
from orchestrator.store import training as store
from orchestrator.store.people import Person


def begin(
    session: Session,
    person: Person,
    before: Mapping[str, str],
    bodies: Mapping[str, str],
    now: datetime,
) -> None:
    """Marks the person as in training when these bodies (`role:place` → title) give him his first post in a
    grid and the profile asks for a pass that he has not; who has no such post any more waits for nothing."""
    profile = bundles.profile_in_force(session, person.tenant_id)
    if not profile.members.training.pre_post:
        person.in_training_since = None
        return
    if not _serves(profile, bodies):
        person.in_training_since = None
        return
    if _serves(profile, before):
        return
    if not store.ready_for_post(session, [person.id]):
        person.in_training_since = now


def holds_up(session: Session, person: Person, roles: Sequence[str]) -> bool:
    """Whether the training keeps him from all other work now: the profile asks for its pass, and all of his
    present bodies, whose roles these are, are posts in a grid."""
    if person.in_training_since is None or not roles:
        return False
    profile = bundles.profile_in_force(session, person.tenant_id)
    if not profile.members.training.pre_post:
        return False
    return all(role in profile.grid_roles for role in roles)


def _serves(profile: Jurisdiction, bodies: Mapping[str, str]) -> bool:
    return any(key.partition(":")[0] in profile.grid_roles for key in bodies)
