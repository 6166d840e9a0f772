"""A calendar for each jurisdiction: days, versions and what they moved

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
TENANTS = (
    "SELECT tenant_id FROM body UNION SELECT tenant_id FROM territory"
    " UNION SELECT tenant_id FROM deployment UNION SELECT tenant_id FROM process_instance"
)


def upgrade() -> None:
    days, versions, moves = _take()
    tenants = sorted(op.get_bind().scalars(sa.text(TENANTS)))
    _make(own=True)
    numbered = {row["year"] for row in versions}
    loose = [row for row in days if int(row["on"][:4]) not in numbered]
    own = [row for row in days if int(row["on"][:4]) in numbered]
    # Every jurisdiction goes on by the calendar it was counted by. Days that nobody numbered are every jurisdiction's.
    _put("calendar_day", [{**row, "tenant_id": ""} for row in loose])
    _put("calendar_day", [{**row, "tenant_id": tenant} for tenant in tenants for row in own])
    _put("calendar_version", [{**row, "tenant_id": tenant} for tenant in tenants for row in versions])
    _put("calendar_move", moves)


def downgrade() -> None:
    """One calendar remains, the one of the jurisdiction with the most versions."""
    days, versions, moves = _take()
    counted = {}
    for row in versions:
        counted[row["tenant_id"]] = max(counted.get(row["tenant_id"], 0), row["number"])
    kept = max(sorted(counted), key=counted.__getitem__, default="")
    _make(own=False)
    known = {row["number"] for row in versions if row["tenant_id"] == kept}
    held = {row["on"]: row for row in sorted(days, key=lambda row: row["tenant_id"]) if row["tenant_id"] in ("", kept)}
    _put("calendar_day", [_without_tenant(row) for row in held.values()])
    _put("calendar_version", [_without_tenant(row) for row in versions if row["tenant_id"] == kept])
    _put("calendar_move", [row for row in moves if row["version"] in known])


def _take() -> tuple:
    """The rows of the three tables, which are dropped."""
    found = []
    for name in ("calendar_day", "calendar_version", "calendar_move"):
        table = _table(name)
        found.append([dict(row) for row in op.get_bind().execute(sa.select(table)).mappings()])
    for name in ("calendar_move", "calendar_version", "calendar_day"):
        op.drop_table(name)
    return tuple(found)


def _put(name: str, rows: list) -> None:
    if rows:
        op.get_bind().execute(sa.insert(_table(name)), rows)


def _table(name: str) -> sa.Table:
    """The table as it stands, with our own types where SQLite knows none."""
    own = {"days": sa.JSON(), "imported_at": INSTANT, "settled_at": INSTANT, "before_at": INSTANT, "after_at": INSTANT}
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(name)]
    return sa.table(name, *(sa.column(each, own.get(each)) for each in columns))


def _without_tenant(row: dict) -> dict:
    return {key: value for key, value in row.items() if key != "tenant_id"}


def _make(own: bool) -> None:
    whose = [sa.Column("tenant_id", sa.String(length=40), nullable=False)] if own else []
    ids = ["tenant_id"] if own else []
    op.create_table(
        "calendar_day",
        *[sa.Column("tenant_id", sa.String(length=40), nullable=False, server_default="")][: len(whose)],
        sa.Column("on", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name=op.f("ck_calendar_day_kind")),
        sa.PrimaryKeyConstraint(*ids, "on", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "calendar_version",
        *whose,
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("imported_by", sa.Integer(), nullable=True),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["imported_by"], ["person.id"], name=op.f("fk_calendar_version_imported_by")),
        sa.PrimaryKeyConstraint(*ids, "number", name=op.f("pk_calendar_version")),
    )
    version = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "version"],
            ["calendar_version.tenant_id", "calendar_version.number"],
            name=op.f("fk_calendar_move_tenant_id_version"),
        )
        if own
        else sa.ForeignKeyConstraint(["version"], ["calendar_version.number"], name=op.f("fk_calendar_move_version"))
    )
    op.create_table(
        "calendar_move",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deadline_id", sa.String(length=60), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("instance_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("before_at", INSTANT, nullable=False),
        sa.Column("after_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_calendar_move_instance_id")),
        version,
        sa.PrimaryKeyConstraint("version", "deadline_id", name=op.f("pk_calendar_move")),
    )
    op.create_index("ix_calendar_move_instance_id", "calendar_move", ["instance_id"])
