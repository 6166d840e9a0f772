"""Who opened the personal data of which matter, when and why; looks in their order of time

Revision: 0038, after 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disclosure",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_disclosure_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_disclosure_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index(
        op.f("ix_disclosure_instance_id_person_id_at"), "disclosure", ["instance_id", "person_id", "at"]
    )
    op.create_index(op.f("ix_disclosure_person_id_at"), "disclosure", ["person_id", "at"])
    op.create_index(op.f("ix_look_at"), "look", ["at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_look_at"), "look")
    op.drop_table("disclosure")
