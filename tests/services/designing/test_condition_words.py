"""A comparison tells conditions with the labels of fields and choices; what is no comparison stays as it is
written."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.services.bundles import assemble
from orchestrator.services.designing.condition_words import ConditionWords
from orchestrator.services.jurisdictions import resources

CITY = Path(__file__).parents[3] / "bpmn" / "zhenjiang"


@pytest.fixture(scope="module")
def words() -> ConditionWords:
    return ConditionWords(assemble(resources(CITY), "item_exit"))


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ('${approver == "government"}', "“报请批准的机关”是“同级政府”"),
        (
            'initiator_role == "grid-office" and not (decision == "approve")',
            'initiator_role == "grid-office" and not (decision == "approve")',
        ),
        (
            'initiator_role != "grid-office" or level == "county"',
            "“发起机构的角色”不是“网格化机构”，或者“发起层级”是“县级”",
        ),
        (
            '(approver == "government" or approver == "party_committee") and level == "county"',
            "（“报请批准的机关”是“同级政府”，或者“报请批准的机关”是“同级党委”），并且“发起层级”是“县级”",
        ),
        ("unknown >= 3", "unknown >= 3"),
        ("approver ==", "approver =="),
        (None, ""),
    ],
)
def test_a_condition_in_words(
    words: ConditionWords, condition: str | None, told: str
) -> None:
    assert words.told(condition) == told
