"""Every test of the services runs on SQLite and on PostgreSQL, in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.handlers import TOPICS
from tests.databases import forget, release
from tests.services.world import World, make_app, settings_for


@pytest.fixture
def world(
    settled_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The city in an application of its own. The topic `errand.record` notes what it was asked for and
    answers with a number."""
    app = make_app(settings_for(settled_url, tmp_path))
    with app.app_context():
        forget()
        here = World(app)

        def record(context):
            here.handled.append(context.instance.id)
            return {"record_no": len(here.handled)}

        monkeypatch.setitem(TOPICS, "errand.record", record)
        yield here
        release()
