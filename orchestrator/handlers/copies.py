"""instance.copy: bodies are told of an instance without being asked to do anything (抄送)."""

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
from orchestrator.store.copies import deliver_copy
from orchestrator.store.territories import Body, Territory


def send(context: HandlerContext) -> Mapping[str, Any]:
    """Copies the instance to the bodies in the input `to` and to those in `together_with` (a list, or a text
    like `to`), for the input `reason`. Their places are counted from where the instance began, or from the
    place of the body in the input `beside`."""
    beside = str(context.variables.get("beside") or "")
    if beside:
        path = _path_of(context, beside)
    else:
        path = context.instance.territory_path
    beside_them = context.variables.get("together_with") or ()
    if isinstance(beside_them, str):
        beside_them = [beside_them]
    bodies = [str(context.variables.get("to") or ""), *map(str, beside_them)]
    copy_to(
        context,
        ",".join(bodies),
        path,
        str(context.variables.get("reason") or ""),
    )
    return {}


def copy_to(
    context: HandlerContext,
    bodies: str,
    path: str,
    reason: str,
) -> None:
    """Copies the instance to the bodies that `bodies` (`role@level,…`) means at the place of that path."""
    for text in bodies.split(","):
        if not text.strip():
            continue
        try:
            reference = parse_body_ref(text.strip())
        except ValueError as invalid:
            raise HandlerRefused(sentence_of(invalid)) from invalid
        codes = candidate_codes(reference, path, context.jurisdiction.levels)
        roles = context.jurisdiction.roles_of(reference.role) or (
            reference.role,
        )
        wanted = [
            body_id(context.instance.tenant_id, role, code)
            for code in codes
            for role in roles
        ]
        for row_id in context.session.scalars(
            sa.select(Body.id).where(Body.id.in_(wanted), Body.platform == "")
        ):
            copy_to_body(context, row_id, reason)


def copy_to_body(context: HandlerContext, row_id: str, reason: str) -> None:
    """Copies the instance to the body of that id."""
    deliver_copy(
        context.session,
        context.instance.id,
        row_id,
        reason,
        context.now,
    )
    context.remember("copied", to=row_id, reason=reason)


def _path_of(context: HandlerContext, beside: str) -> str:
    path = context.session.scalar(
        sa.select(Territory.path)
        .join(
            Body,
            sa.and_(
                Body.tenant_id == Territory.tenant_id,
                Body.territory_code == Territory.code,
            ),
        )
        .where(Body.id == beside, Body.tenant_id == context.instance.tenant_id)
    )
    if path is None:
        raise HandlerRefused(
            say("机构“{body}”不存在，无法确定抄送给谁", body=beside)
        )
    return path
