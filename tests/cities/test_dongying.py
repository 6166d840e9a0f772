"""Dongying: the grid office of the same level ratifies alone; grids are divided with the departments,
approved by the county."""

from __future__ import annotations

import pytest

from orchestrator.errors import Forbidden
from tests.cities.play import Play

CITY = "dongying"
COUNTY, STREET = "370502", "370502001"
RISKS = "影响社会稳定的风险隐患排查"


def test_the_grid_office_does_not_propose_an_exit_itself(play: Play) -> None:
    with pytest.raises(Forbidden):
        play.start(
            "item_exit",
            "dyq-wgzx",
            item_id=play.item(RISKS, COUNTY),
            exit_reason="不再需要",
        )
