"""What one person sees of an instance's answers, without its rows."""

from __future__ import annotations

from orchestrator.services.records.sights import EVERYTHING, InstanceSight


def test_graded_columns_are_left_out_of_the_rows_of_an_open_list() -> None:
    phone = "13812345678"
    given = {
        "phone": phone,
        "members": [{"name": "王建军", "phone": phone}],
        "witnesses": [{"phone": phone}],
        "tags": ["噪声"],
    }
    known = InstanceSight(
        graded=frozenset({"phone", "witnesses"}),
        plain=frozenset({"witnesses"}),
    )
    assert known.shown(given) == {
        "members": [{"name": "王建军"}],
        "witnesses": [{"phone": phone}],
        "tags": ["噪声"],
    }
    assert EVERYTHING.shown(given) == given
