"""Matters are found by who applied, by their steps and by what was filled into forms

Revision: 0035, after 0034
"""

import json
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
# What the product's forms mark as personal by now; forms that were deployed before have no marks.
PERSONAL = {"case_report": {"reporter_name", "reporter_phone"}}


def upgrade() -> None:
    op.add_column("search_entry", sa.Column("content", sa.Text(), nullable=False, server_default=""))
    _find_by_more()


def downgrade() -> None:
    op.drop_column("search_entry", "content")


def _find_by_more() -> None:
    """As the product did when this migration was written, except that choices have no labels here and
    personal data are left out."""
    run = op.get_bind().execute
    on_postgres = op.get_bind().dialect.name == "postgresql"
    grams = sa.column("grams", postgresql.ARRAY(sa.Text()) if on_postgres else sa.Text())
    target = sa.table("search_entry", sa.column("id"), sa.column("instance_id"), sa.column("text"), sa.column("content"), grams)
    entry = sa.table("history_entry", *(sa.column(n) for n in ("instance_id", "kind", "seq")), sa.column("data", sa.JSON()))
    task = sa.table("user_task", sa.column("instance_id"), sa.column("name"))
    left_out = _left_out(run)
    applicants = sa.text(
        "SELECT e.id, e.instance_id, e.tenant_id, e.text, p.display_name AS person, b.name AS body FROM search_entry e"
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
        tenant = {row.instance_id: row.tenant_id for row in rows}
        of_forms = sa.select(entry.c.instance_id, entry.c.data).where(
            entry.c.instance_id.in_(ids), entry.c.kind.in_(("started", "user-task-completed", "resolved"))
        )
        for row in run(of_forms.order_by(entry.c.instance_id, entry.c.seq)):
            data = row.data if isinstance(row.data, dict) else {}
            hidden = left_out.get((tenant[row.instance_id], data.get("form") or ""), set())
            lines[row.instance_id] += [text[:MAX_VALUE] for text in _texts(data.get("submitted"), hidden)]
        for row in run(sa.select(task.c.instance_id, task.c.name).distinct().where(task.c.instance_id.in_(ids))):
            steps[row.instance_id].append(row.name)
        made = []
        for row in rows:
            folded = [_fold(line) for line in dict.fromkeys(lines[row.instance_id])]
            content = "".join(f"{line}\n" for line in folded)[:MAX_CONTENT]
            keys = _grams("\n".join([row.text, *steps[row.instance_id], content]))
            made.append({"row_id": row.id, "new_content": content, "new_grams": keys if on_postgres else " ".join(keys)})
        run(update, made)


def _left_out(run):
    """(tenant, form) → keys of its personal data and files, in whichever version; the form "" has those of
    all, for what was submitted without a form's name."""
    deployed = sa.text(
        "SELECT DISTINCT d.tenant_id, r.name, r.sha256 FROM deployment_resource r"
        " JOIN deployment d ON d.id = r.deployment_id WHERE r.name LIKE '%.form'"
    )
    content = sa.text("SELECT content FROM resource WHERE sha256 = :sha256")
    found, read = {}, {}
    for row in run(deployed).all():
        if row.sha256 not in read:
            read[row.sha256] = set(_hidden_keys(bytes(run(content, {"sha256": row.sha256}).scalar_one())))
        form = row.name.rpartition("/")[2].removesuffix(".form")
        for name in (form, ""):
            found.setdefault((row.tenant_id, name), set()).update(read[row.sha256], PERSONAL.get(form, ()))
    return found


def _hidden_keys(content):
    try:
        form = json.loads(content)
    except (ValueError, RecursionError):
        return
    waiting = [form] if isinstance(form, dict) else []
    while waiting:
        within = waiting.pop().get("components")
        for each in within if isinstance(within, list) else ():
            if isinstance(each, dict):
                waiting.append(each)
                own = each.get("properties") if isinstance(each.get("properties"), dict) else {}
                personal = str(own.get("personal", "")).lower() in ("true", "1", "yes")
                if personal or each.get("type") == "filepicker":
                    yield str(each.get("key") or each.get("path") or "")


def _texts(value, hidden):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in hidden:
                yield from _texts(each, hidden)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, hidden)


def _fold(text):
    return unicodedata.normalize("NFKC", text).lower()


def _grams(text):
    found = {}
    for word in re.findall(r"[^\W_]+", _fold(text)):
        found |= dict.fromkeys(word)
        found |= dict.fromkeys(word[start : start + 2] for start in range(len(word) - 1))
    return list(found)
