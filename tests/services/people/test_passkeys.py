"""Passkeys in the database: whose key answered is read without a lock, else the sign-in waits for the page's
own reading session."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import passkeys
from orchestrator.services.people.passkeys import Answer, Site
from orchestrator.store.accounts import Passkey
from orchestrator.store.session import transaction

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def test_who_reads_whose_key_answered_keeps_nobody_from_using_it(
    world,
) -> None:
    person_id = world.person("li")
    with transaction() as session:
        key = Passkey(
            person_id=person_id,
            credential="key-of-li",
            public_key=b"1",
            sign_count=0,
            name="电脑",
            made_at=NOW,
        )
        session.add(key)
    site = Site("https://grid.example", "grid.example")
    given = Answer(json.dumps({"id": "key-of-li"}), "asked", site)
    assert passkeys.owner(reading(), given).id == person_id
    with transaction() as session:
        query = sa.select(Passkey).with_for_update(nowait=True)
        session.scalars(query).one().used_at = NOW
