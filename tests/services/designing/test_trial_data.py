"""The data of a trial, whatever its variables hold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.services.designing import trial_data
from tests.handlers.office import CITY


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("county", ["县级"]),
        (["county"], []),
        ({"county": 1}, []),
        (7, []),
        (None, []),
    ],
)
def test_a_level_is_named_and_what_is_none_does_not_stop_the_page(
    value: Any, told: list[str]
) -> None:
    profile = parse_jurisdiction((CITY / "jurisdiction.toml").read_text())
    bundle: Any = SimpleNamespace(jurisdiction=profile)
    (name, *_others) = trial_data.LEVELS
    found = trial_data._in_the_profile(bundle, {name: value})
    assert [*found.values()] == told
