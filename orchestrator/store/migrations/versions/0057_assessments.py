"""Closed periods of the assessment, their results and the cases behind them

Revision: 0057, after 0056
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
PATH = orchestrator.store.base.PathText


def upgrade() -> None:
    op.create_table(
        "assessment_period",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("body_id", sa.String(120), nullable=False),
        sa.Column("territory_path", PATH, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("of", sa.String(12), nullable=False),
        sa.Column("formula", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("appeal_until", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('closed', 'published')", name=op.f("ck_assessment_period_state")),
        sa.ForeignKeyConstraint(["body_id"], ["body.id"], name=op.f("fk_assessment_period_body_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["person.id"], name=op.f("fk_assessment_period_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_period")),
        sa.UniqueConstraint(
            "tenant_id", "rule", "period", "body_id", name=op.f("uq_assessment_period_tenant_id_rule_period_body_id")
        ),
    )
    op.create_index(
        op.f("ix_assessment_period_tenant_id_territory_path_period"),
        "assessment_period",
        ["tenant_id", "territory_path", "period"],
    )
    op.create_index(
        "ix_assessment_period_unpublished",
        "assessment_period",
        ["tenant_id", "appeal_until"],
        postgresql_where=sa.text("state = 'closed'"),
        sqlite_where=sa.text("state = 'closed'"),
    )
    op.create_table(
        "assessment_result",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("period_id", sa.String(24), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("grade", sa.String(40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("appeal", sa.String(12), nullable=False),
        sa.Column("appeal_id", sa.String(24), nullable=True),
        sa.Column("score_before", sa.Double(), nullable=True),
        sa.Column("decision", sa.String(1000), nullable=False),
        sa.CheckConstraint(
            "appeal IN ('', 'open', 'upheld', 'dismissed')", name=op.f("ck_assessment_result_appeal")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["assessment_period.id"], name=op.f("fk_assessment_result_period_id")
        ),
        sa.ForeignKeyConstraint(["appeal_id"], ["process_instance.id"], name=op.f("fk_assessment_result_appeal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_result")),
        sa.UniqueConstraint("period_id", "key", name=op.f("uq_assessment_result_period_id_key")),
    )
    op.create_index(op.f("ix_assessment_result_key_period_id"), "assessment_result", ["key", "period_id"])
    op.create_table(
        "assessed_case",
        sa.Column("result_id", sa.String(24), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["result_id"], ["assessment_result.id"], name=op.f("fk_assessed_case_result_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name=op.f("fk_assessed_case_instance_id")),
        sa.PrimaryKeyConstraint("result_id", "instance_id", name=op.f("pk_assessed_case")),
    )


def downgrade() -> None:
    op.drop_table("assessed_case")
    op.drop_table("assessment_result")
    op.drop_table("assessment_period")
