"""Every scenario of every city passes, on paper and at the office, and every sequence flow is crossed or waived by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.services import jurisdictions
from orchestrator.services.scenarios import lodging, rehearse
from tests.databases import settings_for

ROOT = Path(__file__).parents[2]
CITIES = sorted(path.parent.name for path in (ROOT / "bpmn").glob("*/scenarios"))


def test_every_city_has_scenarios() -> None:
    assert sorted(path.parent.name for path in (ROOT / "bpmn").glob("*/jurisdiction.toml")) == CITIES


@pytest.mark.parametrize("city", CITIES)
def test_a_citys_scenarios_hold_and_cross_every_sequence_flow(city: str, tmp_path: Path) -> None:
    folder = ROOT / "bpmn" / city
    report = rehearse(jurisdictions.read(folder), lodging.lodge(folder, settings_for("sqlite://", tmp_path), tmp_path))
    assert [str(failure) for failure in report.failures] == []
    assert report.uncrossed == ()
    assert report.passed == report.scenarios >= 6
    assert all(len(why) >= 6 for why in [*report.waived.values(), *report.paper_only.values()])
