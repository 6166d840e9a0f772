"""Work that the clock does for one jurisdiction after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from orchestrator.store.people import tenants
from orchestrator.store.session import transaction

log = logging.getLogger("gridflow.clock")


def settle(work: Callable[[str, datetime], int], now: datetime) -> int:
    """Does the work for each jurisdiction; the sum of what it returns. What goes wrong in one is told in the
    log and keeps no other one waiting."""
    with transaction(writing=False) as session:
        keys = tenants(session)
    return sum(_apart(work, key, now) for key in keys)


def _apart(
    work: Callable[[str, datetime], int],
    tenant_id: str,
    now: datetime,
) -> int:
    try:
        return work(tenant_id, now)
    except Exception:
        log.exception("the assessment of %s could not go on", tenant_id)
        return 0
