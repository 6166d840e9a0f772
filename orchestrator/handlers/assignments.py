"""assignment.*: 交办, a listed item given to grids, and the rounds of work that recurs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from orchestrator.domain.assignments import (
    Target,
    chosen,
    done_again,
    due_instant,
    missing_sentence,
    next_round,
    receivers,
)
from orchestrator.domain.items import plain_name
from orchestrator.handlers.context import (
    CannotCarryOut,
    HandlerContext,
    HandlerRefused,
)
from orchestrator.sentences import say
from orchestrator.store.item_lists import stays_of
from orchestrator.store.registers import Grid, ServiceItem
from orchestrator.store.territories import Body, Territory


def open_order(context: HandlerContext) -> Mapping[str, Any]:
    """Finds the grids that the order means and who receives it for them.

    Refused for a grid whose lists in force lack the item: the sentence names the list and the entry.
    """
    targets = chosen(_grids(context), context.variables)
    if not targets:
        raise CannotCarryOut(say("没有选到网格，请至少选一个网格"))
    item = _item_name(context)
    missing = _without_item(context, item, targets)
    if missing:
        advice = say("需要网格协助的，请先由部门按准入程序申请")
        raise CannotCarryOut(
            say(
                "{missing}。{advice}",
                missing=missing_sentence(item, missing),
                advice=advice,
            ),
        )
    names = _bodies(context, targets)
    try:
        results = receivers(
            targets,
            str(context.variables.get("receiver") or ""),
            str(context.variables.get("initiator_body") or ""),
            context.jurisdiction,
            names,
        )
    except ValueError as invalid:
        raise HandlerRefused(str(invalid)) from invalid
    except KeyError as unstaffed:
        (grid,) = unstaffed.args
        sentence = say(
            "“{grid}”没有接收或办理的机构，请先在机构设置中补上",
            grid=grid,
        )
        raise CannotCarryOut(sentence) from None
    text = say(
        "“{item}”交办给 {count} 个网格",
        item=item,
        count=len(targets),
    )
    context.remember("assigned-to-grids", remark=str(text))
    return {
        "receivers": results,
        "assigned_count": len(targets),
        "assigned_item": item,
        "assignment_due": due_instant(
            context.variables.get("assignment_due_on"),
            context.jurisdiction,
        ),
    }


def open_round(context: HandlerContext) -> Mapping[str, Any]:
    """The round of recurring work that begins now."""
    return next_round(context.variables, context.jurisdiction, context.now)


def count_again(context: HandlerContext) -> Mapping[str, Any]:
    """A grid's report was not good enough and the grid does it again: counted, with the input `reason`."""
    answer = done_again(context.variables)
    reason = str(context.variables.get("reason") or "")
    context.remember("returned-to-grid", reason=reason)
    return answer


def _grids(context: HandlerContext) -> list[Target]:
    """The active grids of the instance's place."""
    rows = context.session.scalars(
        sa.select(Grid)
        .where(
            Grid.tenant_id == context.instance.tenant_id,
            Grid.territory_path.startswith(context.instance.territory_path),
            Grid.state == "active",
        )
        .order_by(Grid.code),
    )
    return [
        Target(row.code, row.name, row.kind, row.territory_path)
        for row in rows
    ]


def _item_name(context: HandlerContext) -> str:
    item_id = str(context.variables.get("item_id") or "")
    item = context.session.get(ServiceItem, item_id)
    if item is None or item.tenant_id != context.instance.tenant_id:
        raise CannotCarryOut(
            say("清单上没有事项“{item}”，请从清单上选", item=item_id),
        )
    return item.name


def _without_item(
    context: HandlerContext,
    item: str,
    targets: Sequence[Target],
) -> dict[str, list[str]]:
    """Name of the place whose list lacks the item today → its grids among the targets.

    A grid's work may stand on the list of any place around it; the narrowest that has a list is named.
    """
    codes = sorted({code for target in targets for code in target.codes})
    today = context.now.astimezone(
        ZoneInfo(context.jurisdiction.timezone),
    ).date()
    listed, having = _lists(context, codes, item, today)
    lacking: dict[str, list[str]] = {}
    for target in targets:
        if having.isdisjoint(target.codes):
            nearest = next(
                (code for code in reversed(target.codes) if code in listed),
                target.codes[0],
            )
            lacking.setdefault(nearest, []).append(target.name)
    names = dict(
        context.session.execute(
            sa.select(Territory.code, Territory.name).where(
                Territory.tenant_id == context.instance.tenant_id,
                Territory.code.in_(lacking),
            ),
        ).all(),
    )
    return {names.get(code, code): grids for code, grids in lacking.items()}


def _lists(
    context: HandlerContext,
    codes: Sequence[str],
    item: str,
    today: date,
) -> tuple[set[str], set[str]]:
    """Places that have a list, and those whose list in force has the item."""
    rows = stays_of(context.session, context.instance.tenant_id, codes)
    wanted = plain_name(item)
    having = {
        row.entry.territory_code
        for row in rows
        if row.stay.holds(today) and plain_name(row.stay.name) == wanted
    }
    return {row.entry.territory_code for row in rows}, having


def _bodies(
    context: HandlerContext,
    targets: Sequence[Target],
) -> dict[str, str]:
    """Body id → name of every body at a place around the targets, and at the targets themselves."""
    codes = {code for target in targets for code in target.codes}
    rows = context.session.execute(
        sa.select(Body.id, Body.name).where(
            Body.tenant_id == context.instance.tenant_id,
            Body.territory_code.in_(codes),
        ),
    )
    return dict(rows.all())
