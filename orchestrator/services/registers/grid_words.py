"""The index by which grids are found from words, kept as the register is."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.store import grid_words as store
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction


def settle() -> int:
    """Renews the index of grids that it holds otherwise than they are named; returns of how many. While a new
    version is put in, an older program beside it changes grids and knows of no index."""
    number = 0
    with transaction(writing=False) as session:
        tenants = session.scalars(sa.select(Grid.tenant_id).distinct()).all()
        stale = {
            tenant_id: store.stale_grids(session, tenant_id)
            for tenant_id in tenants
        }
    for tenant_id, codes in stale.items():
        if codes:
            with transaction() as session:
                store.renew_grids(session, tenant_id, codes)
        number += len(codes)
    return number
