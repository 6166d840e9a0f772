"""Figures of cases, and up to where each history has been counted

Revision: 0036, after 0035
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
PATH = orchestrator.store.base.PathText
UNCOUNTED = sa.text("history_seq > counted_seq")
OPEN = sa.text("state = 'open'")
MEASURES = ("registered", "open", "closed", "on_time", "reworked", "to_tell", "told", "rated", "satisfied", "dropped")


def _of_a_row() -> list[sa.Column]:
    return [
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
    ]


def upgrade() -> None:
    # The clock counts what there is, a stretch at a time.
    op.add_column("process_instance", sa.Column("counted_seq", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_process_instance_uncounted", "process_instance", ["id"], postgresql_where=UNCOUNTED, sqlite_where=UNCOUNTED
    )
    op.create_table(
        "figure",
        *_of_a_row(),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in MEASURES),
        sa.PrimaryKeyConstraint("tenant_id", "path", "kind", "period", "key", name=op.f("pk_figure")),
    )
    op.create_table(
        "figure_hours",
        *_of_a_row(),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("many", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "path", "kind", "period", "key", "minutes", name=op.f("pk_figure_hours")),
    )
    op.create_table(
        "counted_case",
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.Column("item", sa.String(24), nullable=False),
        sa.Column("category", sa.String(60), nullable=False),
        sa.Column("member", sa.String(12), nullable=False),
        sa.Column("registered", sa.String(7), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("closed", sa.String(7), nullable=True),
        *(
            sa.Column(name, sa.Boolean(), nullable=False)
            for name in ("late", "reworked", "to_tell", "told", "rated", "satisfied")
        ),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("spent", sa.JSON(), nullable=False),
        sa.Column("counted_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'archived', 'dropped')", name=op.f("ck_counted_case_state")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_counted_case_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_counted_case")),
    )
    op.create_index(
        op.f("ix_counted_case_tenant_id_registered_instance_id"),
        "counted_case",
        ["tenant_id", "registered", "instance_id"],
    )
    op.create_index(
        op.f("ix_counted_case_tenant_id_closed_instance_id"), "counted_case", ["tenant_id", "closed", "instance_id"]
    )
    op.create_index(op.f("ix_counted_case_tenant_id_path"), "counted_case", ["tenant_id", "path"])
    op.create_index(op.f("ix_counted_case_tenant_id_member"), "counted_case", ["tenant_id", "member"])
    op.create_index(
        "ix_counted_case_open", "counted_case", ["tenant_id", "path"], postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.create_table(
        "counted_part",
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("body_id", sa.String(120), nullable=False),
        sa.Column("asked", sa.String(7), nullable=False),
        sa.Column("closed", sa.String(7), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["counted_case.instance_id"], name=op.f("fk_counted_part_instance_id_counted_case")
        ),
        sa.PrimaryKeyConstraint("instance_id", "body_id", name=op.f("pk_counted_part")),
    )
    op.create_index(
        op.f("ix_counted_part_body_id_asked_instance_id"), "counted_part", ["body_id", "asked", "instance_id"]
    )
    op.create_index(
        op.f("ix_counted_part_body_id_closed_instance_id"), "counted_part", ["body_id", "closed", "instance_id"]
    )


def downgrade() -> None:
    for table in ("counted_part", "counted_case", "figure_hours", "figure"):
        op.drop_table(table)
    op.drop_index("ix_process_instance_uncounted", table_name="process_instance")
    op.drop_column("process_instance", "counted_seq")
