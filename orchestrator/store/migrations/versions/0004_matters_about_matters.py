"""Matters about matters, copies for information, merged and void cases, secrecy, temporary items

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "state IN ('open', 'archived', 'merged')"
AFTER = "state IN ('open', 'archived', 'merged', 'void')"


def upgrade() -> None:
    with op.batch_alter_table("process_instance") as instance:
        instance.add_column(sa.Column("about_id", sa.String(length=24), nullable=True))
        instance.add_column(sa.Column("restricted", sa.Boolean(), server_default=sa.false(), nullable=False))
        instance.create_foreign_key(op.f("fk_process_instance_about_id"), "process_instance", ["about_id"], ["id"])
    op.create_index(
        "ix_process_instance_about_id",
        "process_instance",
        ["about_id"],
        postgresql_where=sa.text("about_id IS NOT NULL"),
        sqlite_where=sa.text("about_id IS NOT NULL"),
    )
    with op.batch_alter_table("user_task") as task:
        task.add_column(sa.Column("urged_at", orchestrator.store.base.Instant(timezone=True), nullable=True))
    with op.batch_alter_table("grid_case") as case:
        case.drop_constraint(op.f("ck_grid_case_state"), type_="check")
        case.create_check_constraint(op.f("ck_grid_case_state"), AFTER)
        case.add_column(sa.Column("merged_into", sa.String(length=24), nullable=True))
        case.add_column(sa.Column("secrecy", sa.String(length=12), server_default="normal", nullable=False))
        case.create_foreign_key(op.f("fk_grid_case_merged_into"), "grid_case", ["merged_into"], ["instance_id"])
        case.create_index(op.f("ix_grid_case_merged_into"), ["merged_into"])
    with op.batch_alter_table("item_list_entry") as entry:
        entry.add_column(sa.Column("leaves_on", sa.Date(), nullable=True))
        entry.create_index(op.f("ix_item_list_entry_leaves_on"), ["leaves_on"])
    op.create_table(
        "copy",
        sa.Column("instance_id", sa.String(length=24), nullable=False),
        sa.Column("body_id", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("sent_at", orchestrator.store.base.Instant(timezone=True), nullable=False),
        sa.Column("read_at", orchestrator.store.base.Instant(timezone=True), nullable=True),
        sa.Column("read_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_copy_instance_id")),
        sa.ForeignKeyConstraint(["read_by"], ["person.id"], name=op.f("fk_copy_read_by")),
        sa.PrimaryKeyConstraint("instance_id", "body_id", name=op.f("pk_copy")),
    )
    op.create_index(op.f("ix_copy_body_id_sent_at"), "copy", ["body_id", "sent_at"])


def downgrade() -> None:
    op.drop_table("copy")
    with op.batch_alter_table("item_list_entry") as entry:
        entry.drop_index(op.f("ix_item_list_entry_leaves_on"))
        entry.drop_column("leaves_on")
    op.execute("UPDATE grid_case SET state = 'merged' WHERE state = 'void'")
    with op.batch_alter_table("grid_case") as case:
        case.drop_index(op.f("ix_grid_case_merged_into"))
        case.drop_constraint(op.f("fk_grid_case_merged_into"), type_="foreignkey")
        case.drop_column("merged_into")
        case.drop_column("secrecy")
        case.drop_constraint(op.f("ck_grid_case_state"), type_="check")
        case.create_check_constraint(op.f("ck_grid_case_state"), BEFORE)
    with op.batch_alter_table("user_task") as task:
        task.drop_column("urged_at")
    op.drop_index("ix_process_instance_about_id", "process_instance")
    with op.batch_alter_table("process_instance") as instance:
        instance.drop_constraint(op.f("fk_process_instance_about_id"), type_="foreignkey")
        instance.drop_column("restricted")
        instance.drop_column("about_id")
