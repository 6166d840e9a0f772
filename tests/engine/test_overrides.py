"""Every override of SpiffWorkflow answers a fault: with it a small diagram plays rightly, and without it the
diagram goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.engine import definition
from tests.engine.overrides import GONE, OVERRIDES


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    """A definition is kept once it is read; here what reads it changes."""
    definition._load.cache_clear()
    yield
    definition._load.cache_clear()


@pytest.mark.parametrize("name", OVERRIDES)
def test_with_the_override_the_diagram_plays_rightly(name: str) -> None:
    assert OVERRIDES[name].look() == OVERRIDES[name].right


@pytest.mark.parametrize("name", OVERRIDES)
def test_without_the_override_the_diagram_goes_wrong(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    override = OVERRIDES[name]
    for (holder, attribute), library in override.back.items():
        if library is GONE:
            monkeypatch.delattr(holder, attribute)
        else:
            monkeypatch.setattr(holder, attribute, library)
    shown: Any
    try:
        shown = override.look()
    except Exception as failure:
        shown = failure
    assert shown != override.right, override.fault
