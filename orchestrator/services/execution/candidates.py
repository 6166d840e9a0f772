"""Whom a task is offered to: candidate groups to bodies, usernames to people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from orchestrator.domain.jurisdiction import FUNCTIONS
from orchestrator.domain.territory import (
    BodyRef,
    candidate_codes,
    missing_body_sentence,
    parse_body_ref,
)
from orchestrator.sentences import say, sentence_of
from orchestrator.services.execution.instance import Instance

BodiesAt = Callable[[str, str, str], Sequence[str]]
"""bodies_at(tenant, territory code, role or family of roles): ids of the bodies there."""
PlaceName = Callable[[str, str], str]
"""place_name(tenant, territory code): what the place is called; empty for a code that nothing has."""


@dataclass(frozen=True, slots=True)
class MissingCandidate:
    """A candidate group that leads nowhere."""

    group: str
    sentence: str
    """For the administrator: which body is missing and what to do."""


class Directory(Protocol):
    """The bodies and people of a jurisdiction, as a backend knows them."""

    def bodies(
        self, instance: Instance, groups: Iterable[str]
    ) -> tuple[list[str], list[MissingCandidate]]:
        """Ids of the bodies the groups mean for this instance, and the groups that mean none."""

    def users(self, instance: Instance, usernames: Iterable[str]) -> list[str]:
        """Candidates `user:NAME` for those of the instance's jurisdiction."""

    def person_id(
        self, instance: Instance, username: str | None
    ) -> int | None:
        """None when nobody at work in the instance's jurisdiction has that name."""

    def named(
        self,
        instance: Instance,
        text: str,
        bodies: Sequence[str],
    ) -> int | None:
        """The one person of these bodies whom the text names, by name, user name or both; None when it names
        none of them, or several."""

    def any_at_work(
        self,
        instance: Instance,
        usernames: Iterable[str],
        bodies: Iterable[str],
    ) -> bool:
        """Whether somebody is there who could take a task offered to them."""

    def names(self, bodies: Iterable[str]) -> list[str]:
        """The bodies' names, in the same order."""


def resolve(
    instance: Instance,
    groups: Iterable[str],
    bodies_at: BodiesAt,
    place_name: PlaceName,
) -> tuple[list[str], list[MissingCandidate]]:
    """Ids of the bodies the groups mean for this instance, and the groups that mean none."""
    results: list[str] = []
    missing: list[MissingCandidate] = []
    for group in groups:
        try:
            reference = parse_body_ref(group)
        except ValueError as invalid:
            missing.append(MissingCandidate(group, sentence_of(invalid)))
            continue
        tenant = reference.tenant or instance.tenant_id
        if tenant != instance.tenant_id:
            missing.append(
                MissingCandidate(
                    group,
                    say(
                        "办理机构“{group}”属于别的辖区，不能办理本辖区的事项",
                        group=group,
                    ),
                )
            )
            continue
        bodies = _nearest(instance, reference, bodies_at)
        if not bodies:
            sentence = _sentence(instance, reference, place_name)
            missing.append(MissingCandidate(group, sentence))
        results += sorted(bodies)
    return list(dict.fromkeys(results)), missing


def _nearest(
    instance: Instance, reference: BodyRef, bodies_at: BodiesAt
) -> Sequence[str]:
    """The bodies of the preferred place that has any; none that runs the platform, which takes part in no
    instance."""
    profile = instance.bundle.jurisdiction
    roles = [
        role
        for role in named_roles(instance, reference)
        if not profile.platform(role)
    ]
    for code in candidate_codes(
        reference, instance.territory_path, instance.bundle.jurisdiction.levels
    ):
        bodies = [
            body
            for role in roles
            for body in bodies_at(instance.tenant_id, code, role)
        ]
        if bodies:
            return bodies
    return ()


def platform_sentence(role_name: str) -> str:
    """Why no task is given to a body of that role, and what to do."""
    return say(
        "“{role_name}”只管理平台或设计流程，不办理事项，请改由办理机构承担",
        role_name=role_name,
    )


def named_roles(instance: Instance, reference: BodyRef) -> tuple[str, ...]:
    """The roles that a reference by function means, as the frozen profile says it; else the name itself."""
    return instance.bundle.jurisdiction.functions.get(reference.role) or (
        reference.role,
    )


def _sentence(
    instance: Instance, reference: BodyRef, place_name: PlaceName
) -> str:
    profile = instance.bundle.jurisdiction
    meant = named_roles(instance, reference)
    if all(profile.platform(key) for key in meant):
        return platform_sentence(profile.roles[meant[0]].name)
    role = profile.roles.get(reference.role)
    if role:
        name = role.name
    else:
        name = FUNCTIONS.get(reference.role, reference.role)
    return missing_body_sentence(
        reference,
        instance.territory_path,
        profile.levels,
        name,
        partial(place_name, instance.tenant_id),
    )
