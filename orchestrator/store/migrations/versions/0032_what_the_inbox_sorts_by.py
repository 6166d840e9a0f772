"""What the inbox sorts by stands beside the offer; what somebody has read

Revision: 0032, after 0031
"""

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
SORTED = ("opened_at", "priority", "title", "name", "business_key", "applicant")
COLUMNS = ("opened_at", "priority", "process_key", "name", "title", "business_key")
APPLICANT = (
    "SELECT COALESCE(b.name, p.display_name, '') FROM process_instance i"
    " LEFT JOIN body b ON b.id = i.started_by_body LEFT JOIN person p ON p.id = i.started_by"
    " WHERE i.id = user_task_candidate.instance_id"
)
OF_TASK = f"SELECT {', '.join('t.' + name for name in COLUMNS)} FROM user_task t WHERE t.id = user_task_candidate.task_id"
FOLLOWING = ("name", "title", "priority")
"""Columns of a task that change while it is open."""

ON_POSTGRESQL = (
    f"""CREATE FUNCTION fill_user_task_candidate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT {', '.join('t.' + name for name in COLUMNS)}, COALESCE(b.name, p.display_name, '')
        INTO {', '.join('NEW.' + name for name in COLUMNS)}, NEW.applicant
        FROM user_task t JOIN process_instance i ON i.id = t.instance_id
        LEFT JOIN body b ON b.id = i.started_by_body LEFT JOIN person p ON p.id = i.started_by
        WHERE t.id = NEW.task_id;
        RETURN NEW;
    END $$""",
    "CREATE TRIGGER user_task_candidate_added BEFORE INSERT ON user_task_candidate"
    " FOR EACH ROW EXECUTE FUNCTION fill_user_task_candidate()",
    f"""CREATE FUNCTION follow_user_task() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE user_task_candidate SET {', '.join(f'{name} = NEW.{name}' for name in FOLLOWING)}
        WHERE task_id = NEW.id;
        RETURN NULL;
    END $$""",
    f"CREATE TRIGGER user_task_followed AFTER UPDATE OF {', '.join(FOLLOWING)} ON user_task"
    " FOR EACH ROW EXECUTE FUNCTION follow_user_task()",
)
ON_SQLITE = (
    "CREATE TRIGGER user_task_candidate_added AFTER INSERT ON user_task_candidate BEGIN "
    f"UPDATE user_task_candidate SET ({', '.join(COLUMNS)}) = ({OF_TASK}), applicant = ({APPLICANT}) "
    "WHERE task_id = new.task_id AND candidate = new.candidate; END",
    f"CREATE TRIGGER user_task_followed AFTER UPDATE OF {', '.join(FOLLOWING)} ON user_task BEGIN "
    f"UPDATE user_task_candidate SET {', '.join(f'{name} = new.{name}' for name in FOLLOWING)} "
    "WHERE task_id = new.id; END",
)


def upgrade() -> None:
    for name, kind, default in (
        ("opened_at", INSTANT, "1970-01-01 00:00:00"),
        ("priority", sa.Integer(), "50"),
        ("process_key", sa.String(60), ""),
        ("name", sa.String(120), ""),
        ("title", sa.String(200), ""),
        ("business_key", sa.String(40), ""),
        ("applicant", sa.String(200), ""),
    ):
        op.add_column("user_task_candidate", sa.Column(name, kind, nullable=False, server_default=default))
    op.execute(f"UPDATE user_task_candidate SET ({', '.join(COLUMNS)}) = ({OF_TASK}), applicant = ({APPLICANT})")
    offered = sa.text("offered")
    for column in SORTED:
        op.create_index(
            f"ix_user_task_candidate_by_{column}",
            "user_task_candidate",
            ["candidate", column, "task_id"],
            postgresql_where=offered,
            sqlite_where=offered,
        )
    op.create_index(
        "ix_user_task_candidate_by_process",
        "user_task_candidate",
        ["candidate", "process_key", "due_sort", "task_id"],
        postgresql_where=offered,
        sqlite_where=offered,
    )
    running = sa.text("state = 'active'")
    op.create_index(
        "ix_process_instance_running_of",
        "process_instance",
        ["started_by", "started_at"],
        postgresql_where=running,
        sqlite_where=running,
    )
    for statement in ON_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else ON_SQLITE:
        op.execute(statement)
    op.create_table(
        "read_task",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(60), nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_read_task_person_id_person")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_read_task_task_id_user_task")),
        sa.PrimaryKeyConstraint("person_id", "task_id", name=op.f("pk_read_task")),
    )
    op.create_index(op.f("ix_read_task_read_at"), "read_task", ["read_at"])


def downgrade() -> None:
    op.drop_table("read_task")
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    of = {"user_task_candidate_added": "user_task_candidate", "user_task_followed": "user_task"}
    for trigger, table in of.items():
        op.execute(f"DROP TRIGGER {trigger} ON {table}" if on_postgresql else f"DROP TRIGGER {trigger}")
    if on_postgresql:
        op.execute("DROP FUNCTION fill_user_task_candidate()")
        op.execute("DROP FUNCTION follow_user_task()")
    op.drop_index("ix_process_instance_running_of", table_name="process_instance")
    op.drop_index("ix_user_task_candidate_by_process", table_name="user_task_candidate")
    for column in SORTED:
        op.drop_index(f"ix_user_task_candidate_by_{column}", table_name="user_task_candidate")
    for column in ("applicant", "business_key", "title", "name", "process_key", "priority", "opened_at"):
        op.drop_column("user_task_candidate", column)
