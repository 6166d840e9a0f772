"""Indexes by which lists of cases find few among very many

Revision: 0063, after 0062
"""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

NOT_ARCHIVED = sa.text("state <> 'archived'")
INDEXES = (
    ("ix_grid_case_by_level", "grid_case", ["tenant_id", "handling_level", "found_at", "instance_id"]),
    ("ix_grid_case_tenant_id_item_id_territory_path", "grid_case", ["tenant_id", "item_id", "territory_path"]),
    ("ix_process_instance_started_by_body_id", "process_instance", ["started_by_body", "id"]),
    ("ix_user_task_candidate_candidate_instance_id", "user_task_candidate", ["candidate", "instance_id"]),
)


def upgrade() -> None:
    op.create_index(
        "ix_grid_case_unarchived",
        "grid_case",
        ["tenant_id", "state", "found_at", "instance_id"],
        postgresql_where=NOT_ARCHIVED,
        sqlite_where=NOT_ARCHIVED,
    )
    for name, table, columns in INDEXES:
        op.create_index(op.f(name), table, columns, unique=False)


def downgrade() -> None:
    for name, table, _columns in INDEXES:
        op.drop_index(op.f(name), table_name=table)
    op.drop_index("ix_grid_case_unarchived", table_name="grid_case")
