"""Who may start which procedure, and in the name of which body."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from orchestrator.domain.territory import parse_body_ref
from orchestrator.services import access, bundles
from orchestrator.store.definitions import ProcessDefinition, versions_in_force
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.territories import Body


def startable(
    session: Session, who: access.Viewer, now: datetime
) -> list[tuple[ProcessDefinition, Body]]:
    """The process definitions in force that the viewer may start, each with the body in whose name; not those
    that must be about another instance."""
    results = []
    for definition, body in _startable(session, who.bodies, now):
        drawn = bundles.bundle_of(session, definition.id).definition
        by_itself = not drawn.about or drawn.about_is_optional
        if by_itself and drawn.plain_start is not None:
            results.append((definition, body))
    return results


def startable_about(
    session: Session,
    who: access.Viewer,
    subject: ProcessInstance,
    now: datetime,
) -> list[tuple[ProcessDefinition, Body]]:
    """Those that he may start about this running instance, each once, in the name of the body nearest to
    it."""
    result: dict[str, tuple[ProcessDefinition, Body]] = {}
    if subject.state != "active":
        return []
    for definition, body in sorted(
        _startable(session, who.bodies, now),
        key=lambda pair: len(pair[1].territory_path),
    ):
        if (
            subject.process_key
            in bundles.bundle_of(session, definition.id).definition.about
        ):
            result[definition.key] = (definition, body)
    return list(result.values())


def _startable(
    session: Session, bodies: Sequence[Body], now: datetime
) -> list[tuple[ProcessDefinition, Body]]:
    results = []
    for tenant_id in {body.tenant_id for body in bodies}:
        for definition in versions_in_force(session, tenant_id, now):
            results += [
                (definition, body)
                for body in bodies
                if body.tenant_id == tenant_id
                and may_start(definition.starter_groups, body)
            ]
    return results


def may_start(groups: Any, body: Body) -> bool:
    """Whether one of the groups, spelled out by the profile, names this body's role (or family) at its
    level; a body that runs the platform starts nothing."""
    return not body.platform and may_start_as(
        groups, body.role, body.family, body.level, body.territory_code
    )


def may_start_as(
    groups: Any, role: str, family: str, level: str, code: str
) -> bool:
    """Answers what `may_start` answers, for a body that has no row."""
    references = [parse_body_ref(text) for text in groups]
    return any(
        reference.role in (role, family) and reference.place in (level, code)
        for reference in references
    )
