"""By which ways notifications reach a person outside the product, and when

Revision: 0031, after 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

FAILING = sa.text("failing_since IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "notification_channel",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(12), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("address", sa.String(500), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(300), nullable=True),
        sa.CheckConstraint(
            "channel IN ('email', 'wecom', 'dingtalk', 'feishu', 'webhook')",
            name=op.f("ck_notification_channel_channel"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notification_channel_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "channel", name=op.f("pk_notification_channel")),
    )
    op.create_index(
        "ix_notification_channel_failing",
        "notification_channel",
        ["tenant_id"],
        postgresql_where=FAILING,
        sqlite_where=FAILING,
    )
    op.create_table(
        "notification_times",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.String(5), nullable=False),
        sa.Column("quiet_until", sa.String(5), nullable=False),
        sa.Column("digest_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notification_times_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notification_times")),
    )


def downgrade() -> None:
    op.drop_table("notification_times")
    op.drop_table("notification_channel")
