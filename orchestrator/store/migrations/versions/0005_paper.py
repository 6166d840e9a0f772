"""What was printed, portraits of members, boundaries of areas, office hours of a body

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "printout",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("instance_id", sa.String(length=24), nullable=False),
        sa.Column("printed_by", sa.Integer(), nullable=False),
        sa.Column("printed_at", orchestrator.store.base.Instant(timezone=True), nullable=False),
        sa.Column("history_seq", sa.Integer(), nullable=False),
        sa.Column("history_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_printout_instance_id")),
        sa.ForeignKeyConstraint(["printed_by"], ["person.id"], name=op.f("fk_printout_printed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printout")),
    )
    op.create_index(op.f("ix_printout_sha256"), "printout", ["sha256"])
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("photo", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("grid_area") as area:
        area.add_column(sa.Column("boundary", sa.JSON(), nullable=True))
    with op.batch_alter_table("deadline") as deadline:
        deadline.add_column(sa.Column("hours_of", sa.String(length=60), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("deadline") as deadline:
        deadline.drop_column("hours_of")
    with op.batch_alter_table("grid_area") as area:
        area.drop_column("boundary")
    with op.batch_alter_table("person") as person:
        person.drop_column("photo")
    op.drop_table("printout")
