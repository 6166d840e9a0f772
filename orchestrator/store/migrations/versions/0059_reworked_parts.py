"""Whether a body was asked again after a failed check

Revision: 0059, after 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("counted_part") as table:
        table.add_column(sa.Column("reworked", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Until now every body of an archived case was counted so; the clock then takes that off and counts anew.
    op.execute(
        sa.text(
            "UPDATE counted_part SET reworked = true WHERE instance_id IN"
            " (SELECT instance_id FROM counted_case WHERE reworked AND state = 'archived')"
        )
    )
    op.execute(
        sa.text(
            "UPDATE process_instance SET counted_seq = 0 WHERE id IN"
            " (SELECT instance_id FROM counted_case WHERE reworked)"
        )
    )


def downgrade() -> None:
    with op.batch_alter_table("counted_part") as table:
        table.drop_column("reworked")
