"""Search by the databases' own text index; bodies that oversee; territory paths compared byte by byte

Revision: 0002, after 0001
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PATHS = (
    ("body", "territory_path"),
    ("grid", "territory_path"),
    ("grid_case", "territory_path"),
    ("process_instance", "territory_path"),
    ("territory", "path"),
    ("user_task", "territory_path"),
)
FTS5 = (
    "CREATE VIRTUAL TABLE search_index USING fts5("
    "grams, content='search_entry', content_rowid='id', detail=none, columnsize=0, tokenize='ascii')",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_index(rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_index(search_index, rowid, grams) VALUES ('delete', old.id, old.grams); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_index(search_index, rowid, grams) VALUES ('delete', old.id, old.grams); "
    "INSERT INTO search_index(rowid, grams) VALUES (new.id, new.grams); END",
)


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    op.add_column("body", sa.Column("oversees", sa.Boolean(), nullable=False, server_default=sa.false()))
    if on_postgres:
        for table, column in PATHS:
            op.alter_column(table, column, type_=sa.String(160, collation="C"), existing_nullable=False)
    op.create_index("ix_grid_case_tenant_id_found_at_instance_id", "grid_case", ["tenant_id", "found_at", "instance_id"])
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("text", sa.String(260), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()) if on_postgres else sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_search_entry_instance_id"),
        sa.PrimaryKeyConstraint("id", name="pk_search_entry"),
        sa.UniqueConstraint("instance_id", name="uq_search_entry_instance_id"),
    )
    if on_postgres:
        op.create_index("ix_search_entry_grams", "search_entry", ["grams"], postgresql_using="gin")
    else:
        for statement in FTS5:
            op.execute(statement)
    _index_what_is_there(on_postgres)
    op.drop_table("search_gram")
    op.drop_index("ix_grid_member_tenant_id_grid_code", "grid_member")
    op.drop_table("grid_member")


def downgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "grid_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("grid_code", sa.String(32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('leader', 'full_time', 'part_time', 'adviser')", name="ck_grid_member_kind"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_grid_member_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grid_member"),
    )
    op.create_index("ix_grid_member_tenant_id_grid_code", "grid_member", ["tenant_id", "grid_code"])
    op.create_table(
        "search_gram",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("gram", sa.String(2), nullable=False),
        sa.Column("instance_id", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["process_instance.id"], name="fk_search_gram_instance_id"),
        sa.PrimaryKeyConstraint("tenant_id", "gram", "instance_id", name="pk_search_gram"),
    )
    if not on_postgres:
        op.execute("DROP TABLE search_index")
    op.drop_table("search_entry")
    op.drop_index("ix_grid_case_tenant_id_found_at_instance_id", "grid_case")
    if on_postgres:
        for table, column in PATHS:
            op.alter_column(table, column, type_=sa.String(160, collation="default"), existing_nullable=False)
    op.drop_column("body", "oversees")


def _index_what_is_there(on_postgres: bool) -> None:
    """As orchestrator/store/search.py did when this migration was written."""
    rows = op.get_bind().execute(sa.text("SELECT id, tenant_id, title || ' ' || business_key AS text FROM process_instance"))
    grams = sa.column("grams", postgresql.ARRAY(sa.Text()) if on_postgres else sa.Text())
    target = sa.table("search_entry", sa.column("instance_id"), sa.column("tenant_id"), sa.column("text"), grams)
    for chunk in rows.partitions(1000):
        made = []
        for row in chunk:
            text = unicodedata.normalize("NFKC", row.text[:260]).lower()
            found: dict[str, None] = {}
            for word in re.findall(r"[^\W_]+", text):
                found |= dict.fromkeys(word)
                found |= dict.fromkeys(word[start : start + 2] for start in range(len(word) - 1))
            keys = list(found) if on_postgres else " ".join(found)
            made.append({"instance_id": row.id, "tenant_id": row.tenant_id, "text": text[:260], "grams": keys})
        op.get_bind().execute(sa.insert(target), made)
