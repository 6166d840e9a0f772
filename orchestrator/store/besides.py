"""What stands beside an instance: its case, and whether there is anything else to read. Most instances have
little of it, and what is not there is not asked for."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store.added_signers import AddedSigner
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.once import once
from orchestrator.store.registers import GridCase
from orchestrator.store.saved_forms import SavedForm
from orchestrator.store.user_tasks import Attachment

_ID = sa.bindparam("instance", type_=sa.String())
_MERGED = aliased(GridCase)
_ABOUT = aliased(ProcessInstance)
_BESIDES = (
    sa.select(
        GridCase,
        sa.exists().where(Attachment.instance_id == _ID).label("attachments"),
        sa.exists()
        .where(Incident.instance_id == _ID, Incident.state == "open")
        .label("incidents"),
        sa.exists().where(_ABOUT.about_id == _ID).label("related"),
        sa.exists().where(_MERGED.merged_into == _ID).label("merged"),
        sa.exists().where(AddedSigner.instance_id == _ID).label("signers"),
        sa.exists()
        .where(
            SavedForm.person_id == sa.bindparam("person", type_=sa.Integer()),
            SavedForm.purpose == sa.bindparam("text", type_=sa.String()),
        )
        .label("begun"),
    )
    .select_from(sa.select(sa.literal(1).label("one")).subquery())
    .join(GridCase, GridCase.instance_id == _ID, isouter=True)
)


@dataclass(frozen=True, slots=True)
class Besides:
    case: GridCase | None
    """The row of the case that it is; None when it is none."""
    attachments: bool
    incidents: bool
    """Open ones."""
    related: bool
    """Instances about this one."""
    merged: bool
    """Cases merged into it."""
    signers: bool
    """加签, open or not."""
    begun: bool
    """The reader's own text for that purpose was saved; it may have been sent since."""


def besides(
    session: Session,
    instance_id: str,
    person_id: int | None = None,
    purpose: str = "",
) -> Besides:
    """What stands beside the instance; for a reader also whether he has begun the text of that purpose."""

    def ask() -> Besides:
        values = {
            "instance": instance_id,
            "person": person_id,
            "text": purpose,
        }
        row = session.execute(_BESIDES, values).one()
        return Besides(
            row.GridCase,
            row.attachments,
            row.incidents,
            row.related,
            row.merged,
            row.signers,
            row.begun,
        )

    return once(session, ("besides", instance_id, person_id), ask)
