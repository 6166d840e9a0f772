"""What a submission's key and an upload were made for

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rows of before stay without a purpose: nobody can tell any more what they were made for.
    op.add_column("idempotency_key", sa.Column("purpose", sa.String(length=240), nullable=False, server_default=""))
    op.create_index("ix_idempotency_key_at", "idempotency_key", ["at"])
    op.add_column("attachment", sa.Column("purpose", sa.String(length=240), nullable=False, server_default=""))
    op.create_index(
        "ix_attachment_pending",
        "attachment",
        ["uploaded_by", "uploaded_at"],
        postgresql_where=sa.text("instance_id IS NULL"),
        sqlite_where=sa.text("instance_id IS NULL"),
    )
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"])


def downgrade() -> None:
    op.drop_index("ix_attachment_sha256", table_name="attachment")
    op.drop_index("ix_attachment_pending", table_name="attachment")
    op.drop_column("attachment", "purpose")
    op.drop_index("ix_idempotency_key_at", table_name="idempotency_key")
    op.drop_column("idempotency_key", "purpose")
