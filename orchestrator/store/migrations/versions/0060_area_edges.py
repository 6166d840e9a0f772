"""Edges of drawn areas, by which what lies near a point is found

Revision: 0060, after 0059
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

EDGES = ("west", "south", "east", "north")
INDEX = "ix_grid_area_tenant_id_south_north_west_east"


def upgrade() -> None:
    for edge in EDGES:
        op.add_column("grid_area", sa.Column(edge, sa.Float(), nullable=True))
    _measure()
    op.create_index(op.f(INDEX), "grid_area", ["tenant_id", "south", "north", "west", "east"], unique=False)


def _measure() -> None:
    connection = op.get_bind()
    area = sa.table("grid_area", sa.column("id"), sa.column("boundary", sa.JSON()), *(sa.column(edge) for edge in EDGES))
    update = sa.update(area).where(area.c.id == sa.bindparam("area")).values({edge: sa.bindparam(f"to_{edge}") for edge in EDGES})
    for row in connection.execute(sa.select(area.c.id, area.c.boundary).where(area.c.boundary.is_not(None))).all():
        boundary = row.boundary
        if isinstance(boundary, str):
            boundary = json.loads(boundary)
        if not boundary:
            continue
        points = list(_points(boundary["coordinates"]))
        along = [point[0] for point in points]
        across = [point[1] for point in points]
        edges = {"to_west": min(along), "to_south": min(across), "to_east": max(along), "to_north": max(across)}
        connection.execute(update, {"area": row.id, **edges})


def _points(coordinates):
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield coordinates
        return
    for part in coordinates:
        yield from _points(part)


def downgrade() -> None:
    op.drop_index(op.f(INDEX), table_name="grid_area")
    for edge in EDGES:
        op.drop_column("grid_area", edge)
