"""Where a new instance stands: at its starter's own place, or at the place below it that the starter
names."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.store.registers import Grid
from orchestrator.store.territories import Body, Territory


def must_name(bundle: Bundle, level: str) -> bool:
    """Whether who starts it for a body of that level must name the place where it stands."""
    wanted = bundle.definition.place_level
    return bool(wanted) and wanted != level


def of_start(bundle: Bundle, body: Body, named: str) -> str:
    """Code of the place where it stands. Raises RuleViolated when a place must be named and is not."""
    if not must_name(bundle, body.level):
        return body.territory_code
    if not named:
        level = bundle.jurisdiction.levels.name(bundle.definition.place_level)
        raise RuleViolated([say("请先选定所在的{level}，再提交", level=level)])
    return named


def require_inside(
    session: Session,
    bundle: Bundle,
    body: Body,
    place: Territory,
) -> None:
    """Raises RuleViolated for a place outside the body's territory or of another level than is wanted, and
    for a grid that has ended."""
    level = bundle.definition.place_level
    if level and place.level != level:
        name = bundle.jurisdiction.levels.name(level)
        raise RuleViolated(
            [say("{place}不是{level}，请另选", place=place.name, level=name)],
        )
    if not place.path.startswith(body.territory_path):
        raise RuleViolated(
            [
                say(
                    "{place}不在{body}的辖区内，请另选",
                    place=place.name,
                    body=body.name,
                ),
            ],
        )
    retired = session.scalar(
        sa.select(Grid.name).where(
            Grid.tenant_id == place.tenant_id,
            Grid.code == place.code,
            Grid.state != "active",
        ),
    )
    if retired:
        raise RuleViolated(
            [say("网格{name}已经撤销，请另选现有的网格", name=retired)],
        )
