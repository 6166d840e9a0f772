"""Each decision about an item list has its own day of effect; the public lists hold every day

A decision used to take the day of the one before it when that was later. Each gets back the day that its matter named, or that
of its approval. No decision gets a later day than it had.

Revision: 0011, after 0010
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIMEZONE = "Asia/Shanghai"
AHEAD = timedelta(hours=8)
"""Of all jurisdictions deployed so far; China knows no summer time."""

INSTANT = orchestrator.store.base.Instant(timezone=True)
VERSION = sa.table(
    "item_list_version",
    *(sa.column(name) for name in ("id", "tenant_id", "territory_code", "number", "change", "instance_id", "approved_by")),
    sa.column("effective_on", sa.Date()),
    sa.column("created_at", INSTANT),
)
INSTANCE = sa.table("process_instance", sa.column("id"), sa.column("variables", sa.JSON()))
ENTRY = sa.table(
    "item_list_entry",
    *(sa.column(name) for name in ("item_id", "tenant_id", "territory_code", "entered_in", "left_in")),
    sa.column("leaves_on", sa.Date()),
)
ITEM = sa.table("service_item", *(sa.column(name) for name in ("id", "name", "category", "legal_basis", "code")))
NOTICE = sa.table(
    "public_notice",
    *(sa.column(name) for name in ("id", "tenant_id", "kind", "subject_code", "title")),
    sa.column("body", sa.JSON()),
)


def upgrade() -> None:
    connection = op.get_bind()
    query = sa.select(VERSION, INSTANCE.c.variables).join_from(
        VERSION, INSTANCE, INSTANCE.c.id == VERSION.c.instance_id, isouter=True
    )
    for row in connection.execute(query.where(VERSION.c.change != "seed")).all():
        own = own_day(row.created_at, row.variables or {}, row.effective_on)
        if own != row.effective_on:
            connection.execute(sa.update(VERSION).where(VERSION.c.id == row.id).values(effective_on=own))
    for notice in connection.execute(sa.select(NOTICE).where(NOTICE.c.kind == "item-list")).all():
        _rewrite(connection, notice)


def own_day(decided_at: datetime, variables: Mapping[str, Any], stored: date) -> date:
    """The day that the matter named, never before its approval; no later than the stored one."""
    decided_on = (decided_at + AHEAD).date()
    try:
        wanted = date.fromisoformat(str(variables.get("effective_on") or "")[:10])
    except ValueError:
        wanted = decided_on
    return min(stored, max(wanted, decided_on))


def _rewrite(connection: sa.Connection, notice: Any) -> None:
    """The notice with the days of every decision, so that a page shows what is in force on its own day."""
    of_list = {"tenant_id": notice.tenant_id, "territory_code": notice.subject_code}
    versions = connection.execute(sa.select(VERSION).filter_by(**of_list).order_by(VERSION.c.number.desc())).all()
    days = {each.number: each.effective_on for each in versions}
    entries = connection.execute(
        sa.select(ENTRY, ITEM.c.name, ITEM.c.category, ITEM.c.legal_basis)
        .join_from(ENTRY, ITEM, ITEM.c.id == ENTRY.c.item_id)
        .filter(ENTRY.c.tenant_id == notice.tenant_id, ENTRY.c.territory_code == notice.subject_code)
        .order_by(ITEM.c.category, ITEM.c.code)
    ).all()
    body = {
        "timezone": TIMEZONE,
        "versions": [
            {"number": each.number, "effective_on": each.effective_on.isoformat(), "approved_by": each.approved_by}
            for each in versions
        ],
        "items": [
            {
                "name": each.name,
                "category": each.category,
                "legal_basis": each.legal_basis,
                "from": _text(days.get(each.entered_in)),
                "until": _text(days.get(each.left_in)),
                "last_day": _text(each.leaves_on),
            }
            for each in entries
        ],
    }
    title = notice.title.partition("（第 ")[0]
    connection.execute(sa.update(NOTICE).where(NOTICE.c.id == notice.id).values(title=title, body=body))


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def downgrade() -> None:
    """The days stay: they were decided so. The public lists go back to a snapshot of the newest decision."""
    connection = op.get_bind()
    for notice in connection.execute(sa.select(NOTICE).where(NOTICE.c.kind == "item-list")).all():
        body = notice.body if isinstance(notice.body, dict) else json.loads(notice.body)
        newest = max(body.get("versions", ()), key=lambda each: each["number"], default=None)
        if newest is None:
            continue
        kept = ("name", "category", "legal_basis")
        items = [{key: each[key] for key in kept} for each in body["items"] if each["until"] is None]
        title = f"{notice.title}（第 {newest['number']} 版）"
        connection.execute(
            sa.update(NOTICE).where(NOTICE.c.id == notice.id).values(title=title, body={**newest, "items": items})
        )
