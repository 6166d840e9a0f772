"""Few do the work, few wait for it, and the others are told at once."""

from __future__ import annotations

import pytest

from orchestrator.store.turns import Turns


class Busy(Exception):
    pass


@pytest.mark.parametrize(("waiting", "patience"), [(0, 3_600), (1, 0.01)])
def test_who_finds_no_place_or_waits_too_long_is_told(
    waiting: int, patience: float
) -> None:
    turns = Turns(waiting, patience)
    for _round in range(2):
        with turns.turn(Busy()), pytest.raises(Busy), turns.turn(Busy()):
            pass
    with pytest.raises(ZeroDivisionError), turns.turn(Busy()):
        _failed = 1 / 0
    with turns.turn(Busy()):
        pass
