"""Matters are found by who applied, by their steps and by what was filled into forms

Revision: 0035, after 0034
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

MAX_VALUE, MAX_CONTENT = 1_000, 4_000


def upgrade() -> None:
    op.add_column("search_entry", sa.Column("content", sa.Text(), nullable=False, server_default=""))
    _find_by_more()


def downgrade() -> None:
    op.drop_column("search_entry", "content")


def _find_by_more() -> None:
    """As the product did when this migration was written, except that choices have no labels here."""
    run = op.get_bind().execute
    on_postgres = op.get_bind().dialect.name == "postgresql"
    grams = sa.column("grams", postgresql.ARRAY(sa.Text()) if on_postgres else sa.Text())
    target = sa.table("search_entry", sa.column("id"), sa.column("instance_id"), sa.column("text"), sa.column("content"), grams)
    entry = sa.table("history_entry", *(sa.column(n) for n in ("instance_id", "kind", "seq")), sa.column("data", sa.JSON()))
    task = sa.table("user_task", sa.column("instance_id"), sa.column("name"))
    applicants = sa.text(
        "SELECT e.id, e.instance_id, e.text, p.display_name AS person, b.name AS body FROM search_entry e"
        " JOIN process_instance i ON i.id = e.instance_id LEFT JOIN person p ON p.id = i.started_by"
        " LEFT JOIN body b ON b.id = i.started_by_body WHERE e.id > :after ORDER BY e.id LIMIT 500"
    )
    update = (
        sa.update(target)
        .where(target.c.id == sa.bindparam("row_id"))
        .values(content=sa.bindparam("new_content"), grams=sa.bindparam("new_grams", type_=grams.type))
    )
    after = -1
    while rows := run(applicants, {"after": after}).all():
        after = rows[-1].id
        ids = [row.instance_id for row in rows]
        lines = {row.instance_id: [name for name in (row.person, row.body) if name] for row in rows}
        steps = {row.instance_id: [] for row in rows}
        of_forms = sa.select(entry.c.instance_id, entry.c.data).where(
            entry.c.instance_id.in_(ids), entry.c.kind.in_(("started", "user-task-completed", "resolved"))
        )
        for row in run(of_forms.order_by(entry.c.instance_id, entry.c.seq)):
            submitted = row.data.get("submitted") if isinstance(row.data, dict) else None
            lines[row.instance_id] += [text[:MAX_VALUE] for text in _texts(submitted)]
        for row in run(sa.select(task.c.instance_id, task.c.name).distinct().where(task.c.instance_id.in_(ids))):
            steps[row.instance_id].append(row.name)
        made = []
        for row in rows:
            folded = [_fold(line) for line in dict.fromkeys(lines[row.instance_id])]
            content = "".join(f"{line}\n" for line in folded)[:MAX_CONTENT]
            keys = _grams("\n".join([row.text, *steps[row.instance_id], content]))
            made.append({"row_id": row.id, "new_content": content, "new_grams": keys if on_postgres else " ".join(keys)})
        run(update, made)


def _texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _fold(text):
    return unicodedata.normalize("NFKC", text).lower()


def _grams(text):
    found = {}
    for word in re.findall(r"[^\W_]+", _fold(text)):
        found |= dict.fromkeys(word)
        found |= dict.fromkeys(word[start : start + 2] for start in range(len(word) - 1))
    return list(found)
