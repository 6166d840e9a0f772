"""When a form that is sent again under the same key is the same form."""

from __future__ import annotations

import pytest

from orchestrator.services.records.submitted import DIGEST, digest, is_other
from orchestrator.store.session import transaction


@pytest.mark.parametrize(
    ("again", "same"),
    [
        ("一、巡查\r\n二、登记", True),
        ("  一、巡查 \n二、登记\n", True),
        ("一、巡查二、登记", False),
        ("一、巡查\n\n二、登记", False),
        ("二、登记\n一、巡查", False),
    ],
)
def test_where_a_line_ends_is_part_of_what_was_written(
    world, again: str, same: bool
) -> None:
    with transaction(writing=False) as session:
        first = digest(session, {"text": "一、巡查\n二、登记", "left": ""})
        second = digest(session, {"text": again})
    assert (first == second) is same


def test_an_answer_of_an_earlier_version_is_to_the_same_form() -> None:
    assert not is_other({}, "a") and not is_other({DIGEST: "a"}, "a")
    assert is_other({DIGEST: "b"}, "a")


def _deep(levels: int) -> list[object]:
    nested: list[object] = ["x"]
    for _level in range(levels):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    "sent",
    [
        {"files": ["\ud800"]},
        {"files": ["\x00"]},
        {"files": _deep(600)},
        {"files": ["a" * 22] * 250_001},
        {"files": [f"{number:022x}" for number in range(70_000)]},
        {"text": "\ud800", "more": {"deep": _deep(900)}},
    ],
)
def test_whatever_is_sent_has_a_digest(world, sent: dict[str, object]) -> None:
    """It is asked for before the form is looked at: what the form refuses is refused there."""
    with transaction(writing=False) as session:
        assert digest(session, sent) == digest(session, dict(sent))
