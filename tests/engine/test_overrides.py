"""Every override of SpiffWorkflow answers a fault: with it a small diagram plays rightly, and without it the
diagram goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.engine import definition
from tests.engine.overrides import GONE, OVERRIDES

ROOT = Path(__file__).parents[2]
UPSTREAM = ROOT / "docs" / "upstream"


@pytest.fixture(autouse=True)
def read_anew() -> Iterator[None]:
    """A definition is kept once it is read; here what reads it changes."""
    _forget()
    yield
    _forget()


def _forget() -> None:
    for kept in (definition._load, definition._built):
        kept.cache_clear()


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


def test_each_fault_that_is_written_up_names_what_mends_it() -> None:
    reports = {path.name for path in UPSTREAM.glob("*.md")} - {"README.md"}
    lines = re.findall(
        r"^- \[.+\]\((.+\.md)\): (?:“(.+)”|`(.+)`)$",
        (UPSTREAM / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert {report for report, _name, _file in lines} == reports
    for report, name, file in lines:
        assert name in OVERRIDES or (ROOT / file).is_file(), report
