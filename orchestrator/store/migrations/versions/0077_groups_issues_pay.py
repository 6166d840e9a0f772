"""What a grid has beside its members, what members were given, and their pay sheets

Revision: 0077, after 0076
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = orchestrator.store.base.Instant(timezone=True)
    path = orchestrator.store.base.PathText
    op.create_table(
        "grid_group",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("grid_code", sa.String(32), nullable=False),
        sa.Column("territory_path", path, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("form", sa.String(20), nullable=False),
        sa.Column("head", sa.String(40), nullable=False),
        sa.Column("phone", sa.String(30), nullable=False),
        sa.Column("households", sa.Integer()),
        sa.Column("remark", sa.String(300), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_grid_group_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_group")),
        sa.UniqueConstraint(
            "tenant_id", "grid_code", "kind", "name", name=op.f("uq_grid_group_tenant_id_grid_code_kind_name")
        ),
    )
    op.create_index(
        op.f("ix_grid_group_tenant_id_territory_path_kind"), "grid_group", ["tenant_id", "territory_path", "kind"]
    )
    op.create_table(
        "member_issue",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.Column("returned_on", sa.Date()),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('equipment', 'insurance')", name=op.f("ck_member_issue_kind")),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_member_issue_changed_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_member_issue_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_issue")),
    )
    op.create_index(op.f("ix_member_issue_person_id_kind"), "member_issue", ["person_id", "kind"])
    op.create_table(
        "pay_sheet",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("body_id", sa.String(120), nullable=False),
        sa.Column("territory_path", path, nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("drafted_by", sa.Integer(), nullable=False),
        sa.Column("drafted_at", instant, nullable=False),
        sa.Column("changed_by", sa.JSON(), nullable=False),
        sa.Column("checked_by", sa.Integer()),
        sa.Column("checked_at", instant),
        sa.Column("approved_by", sa.Integer()),
        sa.Column("approved_at", instant),
        sa.Column("returned", sa.String(300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'checked', 'approved')", name=op.f("ck_pay_sheet_state")
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_pay_sheet_approved_by")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_pay_sheet_body_id")),
        sa.ForeignKeyConstraint(["checked_by"], ["person.id"], name=op.f("fk_pay_sheet_checked_by")),
        sa.ForeignKeyConstraint(["drafted_by"], ["person.id"], name=op.f("fk_pay_sheet_drafted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_sheet")),
        sa.UniqueConstraint("tenant_id", "body_id", "period", name=op.f("uq_pay_sheet_tenant_id_body_id_period")),
    )
    op.create_index(
        op.f("ix_pay_sheet_tenant_id_territory_path_period"), "pay_sheet", ["tenant_id", "territory_path", "period"]
    )
    op.create_table(
        "pay_line",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("sheet_id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("post", sa.String(40), nullable=False),
        sa.Column("grade", sa.String(40), nullable=False),
        *[
            sa.Column(amount, sa.Integer(), nullable=False)
            for amount in ("days", "base", "performance", "reward", "allowance", "other", "deduction")
        ],
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("remark", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_pay_line_person_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["pay_sheet.id"], name=op.f("fk_pay_line_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_line")),
        sa.UniqueConstraint(
            "tenant_id", "period", "person_id", name=op.f("uq_pay_line_tenant_id_period_person_id")
        ),
    )
    op.create_index(op.f("ix_pay_line_sheet_id"), "pay_line", ["sheet_id"])
    op.create_index(op.f("ix_pay_line_person_id_period"), "pay_line", ["person_id", "period"])


def downgrade() -> None:
    for table in ("pay_line", "pay_sheet", "member_issue", "grid_group"):
        op.drop_table(table)
