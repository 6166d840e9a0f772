"""Bodies as an administrator types them: by name, or as `role:place`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services.access import Viewer
from orchestrator.store.people import FULL_TIME
from orchestrator.store.territories import Body, inside

MOST = 20
"""Bodies of one person."""
OFFERED = 400
"""Names that a page offers."""


@dataclass(frozen=True, slots=True)
class TypedBody:
    """A line of the form: a body that a person is to serve."""

    name: str
    """As it was typed: a name, or `role:place`."""
    title: str = ""
    employment: str = FULL_TIME
    key: str = ""
    """`role:place`, where the page knew it."""


def near(session: Session, viewer: Viewer, paths: Sequence[str]) -> list[str]:
    """Names of bodies within the administrator's reach, those near the paths first, then from the widest
    territory down."""
    close = [
        sa.case((inside(Body.territory_path, [path]), 0), else_=1)
        for path in paths[:3]
    ]
    rows = session.scalars(
        sa.select(Body.name)
        .where(
            Body.tenant_id == viewer.tenant_id,
            inside(Body.territory_path, viewer.administered_paths),
        )
        .where(Body.dissolved_at.is_(None))
        .order_by(
            *close,
            sa.func.length(Body.territory_path),
            Body.territory_path,
            Body.role,
        )
        .limit(OFFERED),
    )
    return list(dict.fromkeys(rows))


def resolve(
    session: Session,
    viewer: Viewer,
    typed: Sequence[TypedBody],
) -> list[TypedBody]:
    """The lines with the keys of their bodies. Raises RuleViolated with all that is wrong."""
    typed_bodies = []
    wrong = []
    for line in typed:
        keys = _keys(session, viewer, line)
        if len(keys) == 1:
            typed_bodies.append(replace(line, key=keys[0]))
        elif keys:
            wrong.append(
                say(
                    "有 {count} 个机构叫“{name}”，请写代码：{keys}",
                    count=len(keys),
                    name=line.name,
                    keys=joined("、", keys[:5]),
                ),
            )
        else:
            wrong.append(
                say(
                    "您管理的地方没有叫“{name}”的机构，请从列出的名称中选",
                    name=line.name,
                ),
            )
    twice = {
        line.key
        for line in typed_bodies
        if sum(other.key == line.key for other in typed_bodies) > 1
    }
    if twice:
        wrong.append(
            say(
                "同一个机构写了两次：{names}",
                names=joined("、", sorted(twice)),
            ),
        )
    if wrong:
        raise RuleViolated(wrong)
    return typed_bodies


def _keys(session: Session, viewer: Viewer, line: TypedBody) -> list[str]:
    """Keys of the bodies that the line may mean; those within reach come before all others."""
    named = sa.select(Body.id).where(
        Body.tenant_id == viewer.tenant_id,
        Body.dissolved_at.is_(None),
        sa.or_(
            Body.name == line.name,
            Body.id == f"{viewer.tenant_id}:{line.name}",
        ),
    )
    reached = named.where(
        inside(Body.territory_path, viewer.administered_paths),
    )
    for query in (reached, named):
        keys = [
            value.partition(":")[2]
            for value in session.scalars(query.order_by(Body.id).limit(50))
        ]
        # A line that nobody touched means the body it was drawn for, whatever others are called.
        if line.key in keys:
            return [line.key]
        if keys:
            return keys
    return []
