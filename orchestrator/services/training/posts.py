"""考核合格后方可上岗: who is given a post in a grid before his pass may do nothing but the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.services import bundles
from orchestrator.store import training as store
from orchestrator.store.people import Person


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody with the bodies (`role:place` → title) that he served and those that he serves from now on."""

    person: Person
    before: Mapping[str, str]
    bodies: Mapping[str, str]


def begin(
    session: Session,
    tenant_id: str,
    moves: Sequence[Move],
    now: datetime,
) -> None:
    """Marks as in training those whom the move gives their first post in a grid, where the profile asks for a
    pass that they have not; who has no such post any more waits for nothing."""
    if not moves:
        return
    profile = bundles.profile_in_force(session, tenant_id)
    first = []
    for move in moves:
        if not profile.members.training.pre_post or not _serves(
            profile, move.bodies
        ):
            move.person.in_training_since = None
        elif not _serves(profile, move.before):
            first.append(move.person)
    ready = store.ready_for_post(session, [person.id for person in first])
    for person in first:
        if person.id not in ready:
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
