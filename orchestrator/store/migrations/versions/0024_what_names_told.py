"""Employment is said of a membership, the platform's own bodies are marked, levels are the jurisdiction's

Revision: 0024, after 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

LEVELS = "level IN ('city', 'county', 'township', 'community', 'grid')"
PLATFORM = {"administrator": "operates", "designer": "designs"}
"""What the bodies of these roles were for, in every profile until now."""


def upgrade() -> None:
    with op.batch_alter_table("membership") as membership:
        membership.add_column(sa.Column("employment", sa.String(12), nullable=False, server_default="full_time"))
        membership.create_check_constraint(op.f("ck_membership_employment"), "employment IN ('full_time', 'part_time')")
    membership = sa.table("membership", sa.column("title", sa.String()), sa.column("employment", sa.String()))
    part_time = membership.c.title.contains("兼职")
    op.execute(sa.update(membership).where(part_time).values(employment="part_time"))
    with op.batch_alter_table("body") as body:
        body.add_column(sa.Column("platform", sa.String(12), nullable=False, server_default=""))
        body.create_check_constraint(op.f("ck_body_platform"), "platform IN ('', 'operates', 'designs')")
    body = sa.table("body", sa.column("role", sa.String()), sa.column("platform", sa.String()))
    for role, platform in PLATFORM.items():
        op.execute(sa.update(body).where(body.c.role == role).values(platform=platform))
    with op.batch_alter_table("territory") as territory:
        territory.drop_constraint(op.f("ck_territory_level"), type_="check")


def downgrade() -> None:
    # Older versions know these levels alone; a place of another level would be refused at its next change.
    op.execute(f"UPDATE territory SET level = 'community' WHERE NOT ({LEVELS})")
    with op.batch_alter_table("territory") as territory:
        territory.create_check_constraint(op.f("ck_territory_level"), LEVELS)
    with op.batch_alter_table("body") as body:
        body.drop_constraint(op.f("ck_body_platform"), type_="check")
        body.drop_column("platform")
    # Older versions tell a part-time member by his title.
    op.execute(
        "UPDATE membership SET title = substr('兼职' || title, 1, 60)"
        " WHERE employment = 'part_time' AND title NOT LIKE '兼职%'"
    )
    with op.batch_alter_table("membership") as membership:
        membership.drop_constraint(op.f("ck_membership_employment"), type_="check")
        membership.drop_column("employment")
