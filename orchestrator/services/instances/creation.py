"""A process instance begins: its number and its row. Who or what begins it, and with which variables, the use
cases say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from orchestrator.domain.hash_chain import GENESIS
from orchestrator.errors import Destroyed
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options
from orchestrator.services.execution.locked_instance import (
    Actor,
    LockedInstance,
)
from orchestrator.services.records import missing_numbers
from orchestrator.store.base import table
from orchestrator.store.instances import NumberSeries, ProcessInstance
from orchestrator.store.session import db
from orchestrator.store.territories import Territory


@dataclass(frozen=True, slots=True)
class NewInstance:
    tenant_id: str
    definition_id: str
    bundle: Bundle
    """Of that definition."""
    actor: Actor
    """Who starts it; the clock where an event does."""
    territory: Territory
    """Where it belongs."""
    now: datetime
    instance_id: str
    about_id: str | None = None
    """The instance that it is about."""
    restricted: bool = False


def open_instance(session: Session, begins: NewInstance) -> LockedInstance:
    """Adds the row of a new instance with the next number of its series; nothing has moved yet.

    Raises Destroyed for one about a dossier that was destroyed meanwhile.
    """
    if begins.about_id is not None:
        hold_subject(session, begins.about_id)
    definition = begins.bundle.definition
    prefix = definition.business_key_prefix or definition.name
    year = begins.now.astimezone(form_options.zone(begins.bundle)).year
    number = _next_number(session, begins.tenant_id, prefix, year)
    business_key = missing_numbers.number_text(f"{prefix}-{year}-", number)
    same: dict[str, Any] = {
        "id": begins.instance_id,
        "tenant_id": begins.tenant_id,
        "definition_id": begins.definition_id,
        "process_key": definition.key,
        "business_key": business_key,
        "title": definition.name,
        "territory_code": begins.territory.code,
        "territory_path": begins.territory.path,
        "started_by": begins.actor.person_id,
        "revision": 0,
        "history_seq": 0,
        "history_hash": GENESIS,
        "engine_state": None,
    }
    session.add(
        ProcessInstance(
            **same,
            state="active",
            variables={},
            started_by_body=begins.actor.body_id,
            started_at=begins.now,
            about_id=begins.about_id,
            restricted=begins.restricted,
        ),
    )
    session.flush()
    return LockedInstance(
        session=session,
        bundle=begins.bundle,
        actor=begins.actor,
        now=begins.now,
        **same,
    )


def hold_subject(session: Session, instance_id: str) -> None:
    """Whoever destroys it waits until the new instance is there, which then keeps it. Raises Destroyed."""
    subject = session.execute(
        sa.select(ProcessInstance.business_key, ProcessInstance.destroyed_at)
        .where(ProcessInstance.id == instance_id)
        .with_for_update()
    ).one()
    if subject.destroyed_at is not None:
        raise Destroyed(subject.business_key)


def _next_number(
    session: Session,
    tenant_id: str,
    prefix: str,
    year: int,
) -> int:
    """The series' next number; a second start waits here until the first has its number for good."""
    insert = _insert()(table(NumberSeries)).values(
        tenant_id=tenant_id,
        prefix=prefix,
        year=year,
        last=1,
    )
    series = table(NumberSeries).c
    upsert = insert.on_conflict_do_update(
        index_elements=[series.tenant_id, series.prefix, series.year],
        set_={"last": series.last + 1},
    ).returning(series.last)
    return int(session.connection().execute(upsert).scalar_one())


def _insert() -> Any:
    if db.engine.dialect.name == "postgresql":
        return postgresql.insert
    return sqlite.insert
