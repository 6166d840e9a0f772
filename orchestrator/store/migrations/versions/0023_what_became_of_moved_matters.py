"""What became of each matter that was to be moved to another version; what is written beside a saved draft is kept whole

Revision: 0023, after 0022
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "move_result",
        sa.Column("run_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("process_key", sa.String(length=60), nullable=False),
        sa.Column("definition_id", sa.String(length=120), nullable=False),
        sa.Column("instance_id", sa.String(length=24), nullable=True),
        sa.Column("refused", sa.JSON(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["process_definition.id"],
            name=op.f("fk_move_result_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_move_result_instance_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_move_result_person_id")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_move_result")),
    )
    op.create_index(
        op.f("ix_move_result_tenant_id_process_key_at"), "move_result", ["tenant_id", "process_key", "at"]
    )
    _widen(400, 200)


def downgrade() -> None:
    _widen(200, 400)
    op.drop_table("move_result")


def _widen(to: int, before: int) -> None:
    with op.batch_alter_table("draft_revision") as table:
        table.alter_column(
            "comment", existing_type=sa.String(before), type_=sa.String(to), existing_nullable=False
        )
