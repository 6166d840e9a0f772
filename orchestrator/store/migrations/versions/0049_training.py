"""Courses, sessions, who was there, questions, examinations

Revision: 0049, after 0048
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
PATH = orchestrator.store.base.PathText


def upgrade() -> None:
    op.add_column("person", sa.Column("in_training_since", INSTANT, nullable=True))
    op.create_table(
        "course",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("territory_path", PATH, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("about", sa.String(500), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("pass_percent", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('pre_post', 'regular', 'special')", name=op.f("ck_course_kind")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_course_made_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
    )
    op.create_index("ix_course_tenant_id_territory_path", "course", ["tenant_id", "territory_path"])
    op.create_table(
        "course_session",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("course_id", sa.String(24), nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_session_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_session")),
    )
    op.create_index("ix_course_session_course_id_begins_at", "course_session", ["course_id", "begins_at"])
    op.create_table(
        "attendance",
        sa.Column("session_id", sa.String(24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["course_session.id"], name=op.f("fk_attendance_session_id_course_session")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_attendance_person_id_person")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_attendance_entered_by_person")),
        sa.PrimaryKeyConstraint("session_id", "person_id", name=op.f("pk_attendance")),
    )
    op.create_index("ix_attendance_person_id_at", "attendance", ["person_id", "at"])
    op.create_table(
        "question",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("course_id", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("right", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('single', 'multiple', 'judge')", name=op.f("ck_question_kind")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_question_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("course_id", "text", name=op.f("uq_question_course_id_text")),
    )
    op.create_table(
        "exam_attempt",
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("course_id", sa.String(24), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("certificate_no", sa.String(32), nullable=True),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("handed_in_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_exam_attempt_course_id_course")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_exam_attempt_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_attempt")),
        sa.UniqueConstraint(
            "course_id", "person_id", "number", name=op.f("uq_exam_attempt_course_id_person_id_number")
        ),
        sa.UniqueConstraint("tenant_id", "certificate_no", name=op.f("uq_exam_attempt_tenant_id_certificate_no")),
    )
    op.create_index(
        "ix_exam_attempt_person_id_kind_passed", "exam_attempt", ["person_id", "kind", "passed"]
    )


def downgrade() -> None:
    for name in ("exam_attempt", "question", "attendance", "course_session", "course"):
        op.drop_table(name)
    op.drop_column("person", "in_training_since")
