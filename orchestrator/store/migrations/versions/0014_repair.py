"""What earlier texts of 0001, 0005 and 0007 left out is made good, where the database shows that it ran them

Revision: 0014, after 0013
"""

import hashlib
import json
from datetime import UTC
from itertools import groupby

import sqlalchemy as sa
from alembic import op

import orchestrator.store.base

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = orchestrator.store.base.Instant(timezone=True)
HEADS = sa.table("process_instance", sa.column("id"), sa.column("history_seq"), sa.column("history_hash", sa.LargeBinary()))
ENTRIES = sa.table(
    "history_entry",
    *(sa.column(name) for name in ("instance_id", "seq", "kind", "element_id", "actor_id", "actor_body_id")),
    sa.column("at", INSTANT),
    sa.column("data", sa.JSON()),
    sa.column("hash", sa.LargeBinary()),
)
GENESIS_THEN = b"0" * 64
"""Before the first entry: the hashes were text, 64 hexadecimal digits, and each was counted over the text of the last."""


def upgrade() -> None:
    columns = {
        table: {column["name"]: column for column in sa.inspect(op.get_bind()).get_columns(table)}
        for table in ("deadline", "process_definition", "history_entry")
    }
    if "hours_of" not in columns["deadline"]:
        with op.batch_alter_table("deadline") as table:
            table.add_column(sa.Column("hours_of", sa.String(length=60), nullable=True))
    if "effective_from" not in columns["process_definition"]:
        _date_the_definitions()
    if not isinstance(columns["history_entry"]["hash"]["type"], sa.LargeBinary):
        _chain_in_bytes()


def _date_the_definitions() -> None:
    with op.batch_alter_table("process_definition") as table:
        table.add_column(sa.Column("effective_from", INSTANT, nullable=True))
    op.execute(
        "UPDATE process_definition SET effective_from ="
        " (SELECT effective_from FROM deployment WHERE deployment.id = process_definition.deployment_id)"
    )
    with op.batch_alter_table("process_definition") as table:
        table.alter_column("effective_from", existing_type=INSTANT, nullable=False)


def _chain_in_bytes() -> None:
    """Every chain is verified as it was, and counted anew as it is now: what was broken stays broken at the same entry."""
    for table, column in (("process_instance", "history_hash"), ("history_entry", "hash")):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                column,
                existing_type=sa.String(length=64),
                type_=sa.LargeBinary(),
                existing_nullable=False,
                # As bytes, still the 64 digits: so does SQLite's CAST.
                postgresql_using=f"convert_to({column}, 'UTF8')",
            )
    connection = op.get_bind()
    heads = {row.id: row for row in connection.execute(sa.select(HEADS))}
    entries = connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.instance_id, ENTRIES.c.seq)).all()
    for instance_id, chain in groupby(entries, lambda row: row.instance_id):
        head = heads[instance_id]
        then, now, last = GENESIS_THEN, bytes(32), 0
        for row in chain:
            content = _content(row)
            then = hashlib.sha256(then + content).hexdigest().encode()
            if then != row.hash or row.seq != last + 1:
                break
            now, last = hashlib.sha256(now + content).digest(), row.seq
            changed = sa.update(ENTRIES).where(ENTRIES.c.instance_id == instance_id, ENTRIES.c.seq == row.seq)
            connection.execute(changed.values(hash=now))
        if last == head.history_seq and then == head.history_hash:
            connection.execute(sa.update(HEADS).where(HEADS.c.id == instance_id).values(history_hash=now))


def _content(row: sa.Row) -> bytes:
    at = row.at.astimezone(UTC).isoformat()
    told = [row.instance_id, row.seq, at, row.kind, row.element_id, row.actor_id, row.actor_body_id, row.data]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def downgrade() -> None:
    """Nothing to take back: the migrations before, as they stand, make the same schema."""
