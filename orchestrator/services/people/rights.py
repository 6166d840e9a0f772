"""Who may do what: for each role of the profile, what it may start, what it does in which procedure, and what
it sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import FUNCTIONS, Jurisdiction
from orchestrator.engine.nameless import label
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.instances.starters import may_start_as
from orchestrator.store.definitions import versions_in_force
from orchestrator.store.territories import DESIGNS, OPERATES


@dataclass(frozen=True, slots=True)
class RoleRights:
    """What people of a role may do."""

    key: str
    name: str
    levels: Sequence[str]
    """Keys of the levels at which its bodies stand."""
    oversees: bool
    """Whether they see every instance of their territory."""
    operates: bool
    """Whether they administer people, bodies and the platform."""
    designs: bool
    functions: Sequence[str]
    """In words."""
    starts: Sequence[str]
    """Names of the procedures that they may start."""
    steps: Sequence[tuple[str, Sequence[str]]]
    """(name of a procedure, names of its steps that may be theirs)."""


def by_role(
    session: Session,
    tenant_id: str,
    now: datetime,
) -> list[RoleRights]:
    """The roles in the order of the profile, with what the versions in force say of them."""
    profile = bundles.profile_in_force(session, tenant_id, now)
    running = [
        bundles.bundle_of(session, version.id)
        for version in sorted(
            versions_in_force(session, tenant_id, now),
            key=lambda definition: definition.key,
        )
    ]
    return [_rights(profile, key, running) for key in profile.roles]


def _rights(
    profile: Jurisdiction,
    key: str,
    running: Sequence[Bundle],
) -> RoleRights:
    role = profile.roles[key]
    platform = profile.platform(key)
    having = [
        name for name, roles in profile.functions.items() if key in roles
    ]
    steps = [
        (
            bundle.definition.name,
            tuple(dict.fromkeys(_steps(profile, key, bundle))),
        )
        for bundle in running
    ]
    return RoleRights(
        key,
        role.name,
        role.levels,
        role.oversees,
        platform == OPERATES,
        platform == DESIGNS,
        [FUNCTIONS[name] for name in having],
        [
            bundle.definition.name
            for bundle in running
            if _may_start(profile, key, bundle)
        ],
        [(name, rights) for name, rights in steps if rights],
    )


def _may_start(profile: Jurisdiction, key: str, running: Bundle) -> bool:
    if profile.platform(key):
        return False
    role = profile.roles[key]
    groups = profile.spelled_out(running.definition.starter_groups)
    return any(
        may_start_as(groups, key, role.family, level, "")
        for level in role.levels
    )


def _steps(profile: Jurisdiction, key: str, running: Bundle) -> Iterator[str]:
    for element in running.definition.elements.values():
        named = (
            group.strip().partition("@")[0]
            for group in (element.candidate_groups or "").split(",")
        )
        if any(
            key in profile.roles_of(name)
            for name in named
            if name and "$" not in name
        ):
            yield label(element)
