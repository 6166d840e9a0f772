"""item-list.review: what the yearly review of an item came to stands with the item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.sentences import say
from orchestrator.store.item_reviews import CONCLUSIONS, KEPT, ItemReview
from orchestrator.store.registers import ServiceItem

LONGEST = 1000


def note(context: HandlerContext) -> Mapping[str, Any]:
    """Writes the review of the item that the variable `item_id` names, or what a second check found."""
    item_id = str(context.variables.get("item_id") or "")
    if not item_id:
        # A review on paper of what is not on a list here.
        return {"review_noted": False}
    item = context.session.get(ServiceItem, item_id)
    if (
        item is None
        or item.tenant_id != context.instance.tenant_id
        or item.territory_code != context.instance.territory_code
    ):
        raise HandlerRefused(say("要检查的事项不在本地区的清单上"))
    row = context.session.get(ItemReview, context.instance.id)
    if row is None:
        row = ItemReview(instance_id=context.instance.id, item_id=item_id)
        context.session.add(row)
    row.period = str(context.variables.get("period") or "")[:7]
    row.people = _one_of(context.variables.get("people_kept"), KEPT)
    row.funds = _one_of(context.variables.get("funds_kept"), KEPT)
    row.training = _one_of(context.variables.get("training_kept"), KEPT)
    row.conclusion = _one_of(
        context.variables.get("review_conclusion"), CONCLUSIONS
    )
    opinion = str(context.variables.get("review_opinion") or "")
    row.opinion = opinion[:LONGEST]
    row.reviewed_at = context.now
    return {"review_noted": True}


def _one_of(value: Any, known: tuple[str, ...]) -> str:
    """Raises HandlerRefused for what the shared forms do not give."""
    given = str(value or "")
    if given not in known:
        raise HandlerRefused(
            say(
                "检查结果“{given}”应当是 {known} 之一",
                given=given,
                known="、".join(known),
            )
        )
    return given
