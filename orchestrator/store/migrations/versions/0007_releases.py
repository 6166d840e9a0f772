"""Releases: effective dates, second designers, withdrawals

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("deployment") as table:
        table.add_column(sa.Column("confirmed_by", sa.Integer(), nullable=True))
        table.add_column(sa.Column("effective_from", INSTANT, nullable=True))
        table.add_column(sa.Column("remark", sa.String(length=200), server_default="", nullable=False))
        table.add_column(sa.Column("withdrawn_at", INSTANT, nullable=True))
        table.add_column(sa.Column("withdrawn_by", sa.Integer(), nullable=True))
        table.add_column(sa.Column("withdrawal_reason", sa.String(length=200), server_default="", nullable=False))
        table.create_foreign_key(op.f("fk_deployment_confirmed_by"), "person", ["confirmed_by"], ["id"])
        table.create_foreign_key(op.f("fk_deployment_withdrawn_by"), "person", ["withdrawn_by"], ["id"])
    with op.batch_alter_table("process_definition") as table:
        table.add_column(sa.Column("effective_from", INSTANT, nullable=True))
    op.execute("UPDATE deployment SET effective_from = deployed_at")
    op.execute(
        "UPDATE process_definition SET effective_from ="
        " (SELECT deployed_at FROM deployment WHERE deployment.id = process_definition.deployment_id)"
    )
    with op.batch_alter_table("process_definition") as table:
        table.alter_column("effective_from", existing_type=INSTANT, nullable=False)
    with op.batch_alter_table("deployment") as table:
        table.alter_column("effective_from", existing_type=INSTANT, nullable=False)
    with op.batch_alter_table("draft") as table:
        table.add_column(sa.Column("base_deployment_id", sa.String(length=24), nullable=True))
        table.add_column(sa.Column("proposed_by", sa.Integer(), nullable=True))
        table.add_column(sa.Column("proposed_revision", sa.Integer(), nullable=True))
        table.add_column(sa.Column("effective_from", INSTANT, nullable=True))
        table.add_column(sa.Column("remark", sa.String(length=200), server_default="", nullable=False))
        table.create_foreign_key(op.f("fk_draft_proposed_by"), "person", ["proposed_by"], ["id"])
        table.create_foreign_key(op.f("fk_draft_base_deployment_id"), "deployment", ["base_deployment_id"], ["id"])
    op.execute(
        "UPDATE draft SET base_deployment_id ="
        " (SELECT deployment_id FROM process_definition WHERE process_definition.id = draft.base_definition_id)"
    )
    with op.batch_alter_table("draft") as table:
        table.alter_column("base_deployment_id", existing_type=sa.String(length=24), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("draft") as table:
        table.drop_constraint(op.f("fk_draft_base_deployment_id"), type_="foreignkey")
        table.drop_constraint(op.f("fk_draft_proposed_by"), type_="foreignkey")
        for name in ("base_deployment_id", "remark", "effective_from", "proposed_revision", "proposed_by"):
            table.drop_column(name)
    with op.batch_alter_table("process_definition") as table:
        table.drop_column("effective_from")
    with op.batch_alter_table("deployment") as table:
        for name in ("confirmed_by", "withdrawn_by"):
            table.drop_constraint(op.f(f"fk_deployment_{name}"), type_="foreignkey")
        for name in ("withdrawal_reason", "withdrawn_by", "withdrawn_at", "remark", "effective_from", "confirmed_by"):
            table.drop_column(name)
