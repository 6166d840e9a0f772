"""filing.*: 备案, notice to the higher level for the record; not an approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.domain.territory import (
    body_id,
    candidate_codes,
    parse_body_ref,
)
from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.sentences import say, sentence_of
from orchestrator.store.registers import Filing
from orchestrator.store.territories import Body


def record(context: HandlerContext) -> Mapping[str, Any]:
    """Registers the filing with the body that the diagram names in the input `to`; the nearest one, where
    that may be several."""
    text = str(context.variables.get("to") or "")
    try:
        reference = parse_body_ref(text)
    except ValueError as invalid:
        raise HandlerRefused(sentence_of(invalid)) from invalid
    if reference.tenant and reference.tenant != context.instance.tenant_id:
        raise HandlerRefused(
            say("“{text}”属于别的辖区，不能接收本辖区的备案", text=text),
        )
    codes = candidate_codes(
        reference,
        context.instance.territory_path,
        context.jurisdiction.levels,
    )
    roles = context.jurisdiction.roles_of(reference.role) or (reference.role,)
    wanted = [
        body_id(context.instance.tenant_id, role, code)
        for code in codes
        for role in roles
    ]
    there = set(
        context.session.scalars(sa.select(Body.id).where(Body.id.in_(wanted))),
    )
    receiver = next((value for value in wanted if value in there), None)
    if receiver is None:
        raise HandlerRefused(
            say(
                "没有接收备案的机构“{text}”，请先在机构设置中补上",
                text=text,
            ),
        )
    earlier = context.session.scalar(
        sa.select(sa.func.count())
        .select_from(Filing)
        .where(Filing.instance_id == context.instance.id),
    )
    context.session.add(
        Filing(
            id=f"f{context.instance.id}"
            + (str(earlier + 1) if earlier else ""),
            tenant_id=context.instance.tenant_id,
            instance_id=context.instance.id,
            subject=context.instance.title,
            from_body_id=context.variables.get("initiator_body"),
            to_body_id=receiver,
            filed_at=context.now,
            acknowledged_at=None,
        ),
    )
    return {}


def acknowledge(context: HandlerContext) -> Mapping[str, Any]:
    """Notes when the higher body took note of the instance's filings that nobody had noted yet."""
    context.session.execute(
        sa.update(Filing)
        .where(
            Filing.instance_id == context.instance.id,
            Filing.acknowledged_at.is_(None),
        )
        .values(acknowledged_at=context.now),
    )
    return {}
