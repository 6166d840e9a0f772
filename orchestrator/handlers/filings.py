"""filing.*: 备案, notice to the higher level for the record; not an approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.domain.territory import body_id, candidate_codes, parse_body_ref
from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.store.registers import Filing
from orchestrator.store.territories import Body


def record(context: HandlerContext) -> Mapping[str, Any]:
    """Registers the filing with the body that the diagram names in the input `to`."""
    reference = parse_body_ref(str(context.variables.get("to", "")))
    codes = candidate_codes(reference, context.instance.territory_path)
    receiver = body_id(context.instance.tenant_id, reference.role, codes[0]) if codes else ""
    if context.session.get(Body, receiver) is None:
        raise HandlerRefused(f"没有接收备案的机构「{reference.role}@{reference.place}」，请先在机构设置中补上")
    context.session.add(
        Filing(
            id=f"f{context.instance.id}",
            tenant_id=context.instance.tenant_id,
            instance_id=context.instance.id,
            subject=context.instance.title,
            from_body_id=context.variables.get("initiator_body"),
            to_body_id=receiver,
            filed_at=context.now,
            acknowledged_at=None,
        )
    )
    return {}


def acknowledge(context: HandlerContext) -> Mapping[str, Any]:
    """Notes when the higher body took note."""
    context.session.execute(
        sa.update(Filing).where(Filing.instance_id == context.instance.id).values(acknowledged_at=context.now)
    )
    return {}
