"""Several clocks at once: each package is begun by one of them, whichever of them looks when."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime

import pytest
import sqlalchemy as sa

from orchestrator.services.archives import package_making, signing_keys
from orchestrator.services.installation.database import settings
from orchestrator.services.records.ids import new_id
from orchestrator.store.archives import WAITING, ArchivePackage
from orchestrator.store.session import transaction
from tests.services.world import TENANT

pytestmark = pytest.mark.both_databases

MANY, CLOCKS = 40, 4


def test_of_two_clocks_that_begin_a_package_at_once_one_makes_it(
    world,
) -> None:
    instance, asker = world.start(), world.person("wang")
    with transaction() as session:
        session.add_all(
            ArchivePackage(
                id=new_id(world.now),
                tenant_id=TENANT,
                instance_id=instance,
                asked_by=asker,
                asked_at=world.now,
                state=WAITING,
                history_seq=1,
            )
            for _number in range(MANY)
        )
    gate = threading.Barrier(CLOCKS)
    begun: list[str] = []

    def clock() -> None:
        with world.app.app_context():
            gate.wait()
            while True:
                package = package_making._begin_next(world.now)
                if package is not None:
                    begun.append(package.id)
                elif not _waits(world.now):
                    return

    threads = [threading.Thread(target=clock) for _clock in range(CLOCKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    twice = [name for name, times in Counter(begun).items() if times > 1]
    assert not twice and len(begun) == MANY


def _waits(now: datetime) -> bool:
    with transaction(writing=False) as session:
        rows = session.scalars(sa.select(ArchivePackage.next_at))
        return any(at is None or at <= now for at in rows)


def test_the_signing_key_of_a_secret_stays_what_it_was(world) -> None:
    """Packages that were handed over are checked by it."""
    public = signing_keys.signing_key().public_key().public_bytes_raw()
    assert settings().secret_key == "tests"
    assert public.hex() == (
        "546404ebf13fad06dba3536dff23e9a0083f374d1e8471565948df42ff3dbbf9"
    )
