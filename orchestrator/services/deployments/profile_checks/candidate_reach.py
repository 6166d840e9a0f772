"""Whether a task's body can stand at the place where its procedure begins, or around it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.levels import Levels
from orchestrator.domain.territory import (
    PLACES,
    BodyRef,
    candidate_codes,
    parse_body_ref,
)
from orchestrator.engine import Definition, expressions
from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)


def candidate_reach(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A body of a narrower place than every one where the procedure may begin would never be found: `same`
    where it has no such body, `above` at the widest level."""
    profile = deployed.profile
    for definition in deployed.definitions:
        begins = _begins_at(profile, definition)
        if not begins:
            continue
        for element in definition.elements.values():
            for group in expressions.split_list(
                element.candidate_groups or "",
            ):
                if _is_out_of_reach(profile, group, begins):
                    yield Finding(
                        "candidate-reach",
                        element.id,
                        say(
                            "{named}：流程只在{levels}发起，从那里往上没有“{group}”这一机构；"
                            "下级的机构请由表单选定，写成 {example}",
                            named=named(element),
                            levels="、".join(
                                f"“{profile.levels.name(level)}”"
                                for level in begins
                            ),
                            group=group,
                            example="${…}",
                        ),
                        resource=definition.process.resource,
                    )


def _begins_at(
    profile: Jurisdiction, definition: Definition
) -> Collection[str]:
    """The levels at which people may begin the procedure; none where something else says its place."""
    if definition.about or definition.triggered_starts:
        return ()
    levels: dict[str, None] = {}
    for group in definition.starter_groups:
        role, _at, place = group.partition("@")
        if "${" in group or ":" in group:
            return ()
        if place in profile.levels.keys:
            levels[place] = None
        else:
            levels |= dict.fromkeys(_levels_of(profile, role))
    return list(levels)


def _levels_of(profile: Jurisdiction, role: str) -> list[str]:
    return [
        level
        for key in profile.roles_of(role)
        for level in profile.roles[key].levels
    ]


def _is_out_of_reach(
    profile: Jurisdiction, group: str, begins: Collection[str]
) -> bool:
    if "${" in group or ":" in group:
        return False
    try:
        reference = parse_body_ref(group)
    except ValueError:
        return False
    known = {*profile.levels.keys, *PLACES}
    known |= {f"above-{level}" for level in profile.levels.keys}
    held = set(_levels_of(profile, reference.role))
    if not held or reference.place not in known:
        return False
    return not any(
        held & set(_reached(reference, profile.levels, level))
        for level in begins
    )


def _reached(reference: BodyRef, levels: Levels, begins: str) -> list[str]:
    """The levels at which the body is looked for when the procedure begins there."""
    around = levels.keys[: levels.keys.index(begins) + 1]
    # Each place is called by its level here: where the levels lead, the codes do.
    return candidate_codes(reference, "/".join(around) + "/", levels)
