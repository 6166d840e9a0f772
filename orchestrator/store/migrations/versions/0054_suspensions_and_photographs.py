"""Suspensions of deadlines that last, with who approved them and when he looks at them again; what photographs
say of themselves

Revision: 0054, after 0053
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "suspension",
        sa.Column("deadline_id", sa.String(60), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("body_id", sa.String(120), nullable=True),
        sa.Column("review_at", INSTANT, nullable=True),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_suspension_instance_id")
        ),
        sa.PrimaryKeyConstraint("deadline_id", name=op.f("pk_suspension")),
    )
    op.create_index("ix_suspension_body_id_review_at", "suspension", ["body_id", "review_at"])
    op.create_index("ix_suspension_instance_id", "suspension", ["instance_id"])
    op.create_index(
        "ix_suspension_untold",
        "suspension",
        ["tenant_id", "review_at"],
        postgresql_where=sa.text("told_at IS NULL"),
        sqlite_where=sa.text("told_at IS NULL"),
    )
    # A task that stands still has no due instant in its row and keeps the day of review; who approved it is
    # told by the last entry of its step.
    op.execute(
        """
        INSERT INTO suspension (deadline_id, tenant_id, instance_id, body_id, review_at)
        SELECT task.id, task.tenant_id, task.instance_id,
            (SELECT entry.actor_body_id FROM history_entry AS entry
             WHERE entry.instance_id = task.instance_id
               AND entry.element_id = task.element_id
               AND entry.kind = 'deadline-suspended'
             ORDER BY entry.seq DESC LIMIT 1),
            task.follow_up_at
        FROM user_task AS task
        JOIN deadline ON deadline.id = task.id
        WHERE task.state = 'open' AND task.due_at IS NULL
        """
    )

    op.create_table(
        "attachment_photo",
        sa.Column("attachment_id", sa.String(24), nullable=False),
        sa.Column("taken_at", sa.String(32), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_attachment_photo_attachment_id")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_photo")),
    )


def downgrade() -> None:
    op.drop_table("attachment_photo")
    op.drop_table("suspension")
