"""The city's table of addresses, and the pairs of characters by which grids and addresses are found

Revision: 0072, after 0071
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

NOISE = re.compile(r"[\W_]+")
AT_ONCE = 5_000


def upgrade() -> None:
    op.create_table(
        "address",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("id", sa.String(24), nullable=False),
        sa.Column("text", sa.String(120), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("grid_code", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_address")),
    )
    words = op.create_table(
        "place_word",
        sa.Column("tenant_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("pair", sa.String(2), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.CheckConstraint("kind IN ('of-grid', 'of-address')", name=op.f("ck_place_word_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "pair", "ref", name=op.f("pk_place_word")),
    )
    op.create_index(op.f("ix_place_word_tenant_id_kind_ref"), "place_word", ["tenant_id", "kind", "ref"], unique=False)
    _index_grids(words)


def _index_grids(words: sa.Table) -> None:
    connection = op.get_bind()
    named = sa.text(
        "SELECT g.tenant_id, g.code, g.name FROM grid g WHERE g.state = 'active'"
        " UNION ALL SELECT g.tenant_id, g.code, t.name FROM grid g"
        " JOIN territory t ON t.tenant_id = g.tenant_id AND t.code = g.community_code WHERE g.state = 'active'"
        " UNION ALL SELECT g.tenant_id, g.code, a.name FROM grid g"
        " JOIN grid_area a ON a.tenant_id = g.tenant_id AND a.grid_code = g.code WHERE g.state = 'active'"
    )
    found = {
        (row.tenant_id, row.code, pair) for row in connection.execute(named).all() for pair in _pairs(row.name)
    }
    rows = [{"tenant_id": tenant, "kind": "of-grid", "pair": pair, "ref": code} for tenant, code, pair in sorted(found)]
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(sa.insert(words), rows[start : start + AT_ONCE])


def _pairs(name: str) -> set[str]:
    plain = NOISE.sub("", name[:200]).lower()
    return {plain[at : at + 2] for at in range(max(len(plain) - 1, 0))}


def downgrade() -> None:
    op.drop_table("place_word")
    op.drop_table("address")
