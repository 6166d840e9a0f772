"""Registers of grids, visits, patrols, minutes of communities' meetings

Revision: 0043, after 0042
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
PATH = orchestrator.store.base.PathText


def upgrade() -> None:
    op.create_table(
        "grid_entry",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("grid_code", sa.String(32), nullable=False),
        sa.Column("territory_path", PATH, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("address", sa.String(160), nullable=False),
        sa.Column("phone", sa.String(30), nullable=False),
        sa.Column("identity", sa.String(40), nullable=False),
        sa.Column("attention", sa.String(20), nullable=False),
        sa.Column("remark", sa.String(300), nullable=False),
        sa.Column("household_id", sa.String(24), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=False),
        sa.Column("last_met_on", sa.Date(), nullable=True),
        sa.Column("gone_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('household', 'person', 'place', 'thing', 'organisation')", name=op.f("ck_grid_entry_kind")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["grid_entry.id"], name=op.f("fk_grid_entry_household_id_grid_entry")
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_grid_entry_changed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_entry")),
        sa.UniqueConstraint(
            "tenant_id", "grid_code", "kind", "name", "address",
            name=op.f("uq_grid_entry_tenant_id_grid_code_kind_name_address"),
        ),
    )
    columns = ["tenant_id", "grid_code", "kind", "last_met_on"]
    op.create_index("ix_grid_entry_tenant_id_grid_code_kind_last_met_on", "grid_entry", columns)
    op.create_index("ix_grid_entry_tenant_id_territory_path_id", "grid_entry", ["tenant_id", "territory_path", "id"])
    op.create_index("ix_grid_entry_household_id", "grid_entry", ["household_id"])
    op.create_table(
        "entry_disclosure",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("entry_id", sa.String(24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["grid_entry.id"], name=op.f("fk_entry_disclosure_entry_id_grid_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_entry_disclosure_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_disclosure")),
    )
    op.create_index(
        "ix_entry_disclosure_entry_id_person_id_at", "entry_disclosure", ["entry_id", "person_id", "at"]
    )
    op.create_table(
        "visit",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("territory_path", PATH, nullable=False),
        sa.Column("entry_id", sa.String(24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("visited_at", INSTANT, nullable=False),
        sa.Column("outcome", sa.String(12), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("instance_id", sa.String(24), nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("outcome IN ('met', 'absent', 'refused')", name=op.f("ck_visit_outcome")),
        sa.ForeignKeyConstraint(["entry_id"], ["grid_entry.id"], name=op.f("fk_visit_entry_id_grid_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_visit_person_id_person")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_visit_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_visit_person_id_key")),
    )
    op.create_index("ix_visit_entry_id_visited_at", "visit", ["entry_id", "visited_at"])
    op.create_index(
        "ix_visit_tenant_id_territory_path_visited_at", "visit", ["tenant_id", "territory_path", "visited_at"]
    )
    op.create_table(
        "patrol",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("grid_code", sa.String(32), nullable=False),
        sa.Column("territory_path", PATH, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("check_ins", sa.JSON(), nullable=False),
        sa.Column("metres", sa.Integer(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_patrol_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_patrol_person_id_key")),
    )
    columns = ["tenant_id", "territory_path", "began_at"]
    op.create_index("ix_patrol_tenant_id_territory_path_began_at", "patrol", columns)
    op.create_index("ix_patrol_tenant_id_grid_code_began_at", "patrol", ["tenant_id", "grid_code", "began_at"])
    op.create_table(
        "community_meeting",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("community_code", sa.String(32), nullable=False),
        sa.Column("territory_path", PATH, nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("chaired_by", sa.String(60), nullable=False),
        sa.Column("attended", sa.String(500), nullable=False),
        sa.Column("discussed", sa.String(3000), nullable=False),
        sa.Column("resolutions", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["person.id"], name=op.f("fk_community_meeting_recorded_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_meeting")),
    )
    columns = ["tenant_id", "territory_path", "held_on"]
    op.create_index("ix_community_meeting_tenant_id_territory_path_held_on", "community_meeting", columns)


def downgrade() -> None:
    for name in ("community_meeting", "patrol", "visit", "entry_disclosure", "grid_entry"):
        op.drop_table(name)
