"""People and bodies whose opinion the holder of a task asks for

Revision: 0029, after 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
ALLOWED = {
    "turn": "turn IN ('before', 'after')",
    "way": "way IN ('all', 'any')",
    "state": "state IN ('open', 'given', 'removed', 'unneeded')",
}
REFERENCES = {
    "instance_id": "process_instance",
    "task_id": "user_task",
    "asked_by": "person",
    "answered_by": "person",
}


def upgrade() -> None:
    op.create_table(
        "added_signer",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("task_id", sa.String(60), nullable=False),
        sa.Column("request_id", sa.String(24), nullable=False),
        sa.Column("turn", sa.String(8), nullable=False),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("candidate", sa.String(120), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_added_signer_{name}")) for name, rule in ALLOWED.items()),
        *(
            sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_added_signer_{name}_{to}"))
            for name, to in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_added_signer")),
    )
    op.create_index(op.f("ix_added_signer_task_id_state"), "added_signer", ["task_id", "state"])
    op.create_index(op.f("ix_added_signer_instance_id"), "added_signer", ["instance_id"])
    op.create_index(
        "ix_added_signer_open", "added_signer", ["candidate"], postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.create_table(
        "held_submission",
        sa.Column("task_id", sa.String(60), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_held_submission_task_id_user_task")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_held_submission_person_id_person")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_held_submission")),
    )


def downgrade() -> None:
    op.drop_table("held_submission")
    op.drop_table("added_signer")
