"""Steps that say what is not there are all told; those of the cities, which play, are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator import engine
from orchestrator.services import jurisdictions
from orchestrator.services.designing.scenario_cards import error_names
from orchestrator.services.designing.scenario_days import scenario_days
from orchestrator.services.designing.shown_cards import cards
from orchestrator.services.designing.wrong_steps import wrong_steps
from orchestrator.services.simulation import scenario_files

CITIES = Path(__file__).parents[3] / "bpmn"


# Each takes about a second: a false finding would be in what the cities have.
@pytest.mark.parametrize("city", ["zhenjiang", "xizang"])
def test_nothing_is_said_of_what_plays(city: str) -> None:
    folder = jurisdictions.read(CITIES / city)
    for file in scenario_files.read_resources(city, folder.resources):
        assert wrong_steps(folder.resources, city, file.scenarios) == {}


def test_each_wrong_word_is_told_at_its_line() -> None:
    folder = jurisdictions.read(CITIES / "zhenjiang")
    text = (
        "情景:\n"
        "  - 名称: 甲\n"
        "    步骤:\n"
        "      - 发起: 没有的流程\n"
        "      - 发起: 事项准入\n"
        "        由: 没有的人\n"
        "        填写: [没有的一组, {没有的项目: 甲, 事项名称: 巡查}]\n"
        "      - 应有待办: {没有的步骤: 没有的机构}\n"
        "      - 应有待办: [审核申请]\n"
        "      - 办理: 审核申请\n"
        "        填写: {审核意见: 没有的选项}\n"
        "      - 到期: 没有的时限\n"
    )
    file = scenario_files.parse(text, "情景", "item_admission")
    wrong = wrong_steps(folder.resources, "zhenjiang", file.scenarios)
    told = {line: "；".join(sentences) for line, sentences in wrong.items()}
    assert "没有叫“没有的流程”的流程" in told[4]
    assert "没有的人" in told[5] and "没有的一组" in told[5]
    assert "没有的项目" in told[5] and "事项名称”：" not in told[5]
    assert "没有的步骤" in told[8] and "没有的机构" in told[8]
    assert "审核意见" in told[10]
    assert "没有的时限" in told[12]
    assert sorted(told) == [4, 5, 8, 10, 12]


def test_days_are_told_by_the_working_days_since_the_scenario_begins() -> None:
    folder = jurisdictions.read(CITIES / "zhenjiang")
    text = (
        "情景:\n"
        "  - 名称: 甲\n"
        "    开始时间: 2026-09-30 16:30\n"
        "    步骤:\n"
        "      - 应在期限: {审核申请: 2026-10-09 17:30, 审批: 2026-10-10 17:30}\n"
        "      - 时间: 2026-10-03 09:00\n"
        "  - 名称: 乙\n"
        "    步骤: [时间: 2026-11-16 18:00]\n"
    )
    days = scenario_days(folder.resources, "zhenjiang")
    first, second = cards(text, "item_admission", days=days).cards
    assert first.begins == "2026-09-30 16:30（周三）" and second.begins == ""
    # The festival lasts to 7 October, and the Saturday after it is worked.
    assert [words for _name, words in first.steps[0].told] == [
        "2026-10-09 17:30（周五，开始后第 2 个工作日）",
        "2026-10-10 17:30（周六，开始后第 3 个工作日）",
    ]
    assert first.steps[1].subject == "2026-10-03 09:00（周六，休息日）"
    assert second.steps[0].subject == "2026-11-16 18:00（周一，当天）"


def test_a_business_error_is_told_by_the_name_of_the_event_that_catches_it() -> (
    None
):
    folder = jurisdictions.read(CITIES / "xizang")
    text = (
        "情景:\n"
        "  - 名称: 甲\n"
        "    步骤:\n"
        "      - 应出错: {移出清单: cannot-carry-out}\n"
        "      - {发起: 事项退出, 由: 城关区教育局, 出错: {移出清单: cannot-carry-out}}\n"
        "      - 应出错: {移出清单: another-code}\n"
    )
    definition = engine.load_definition(folder.resources, "item_exit")
    errors = error_names(definition)
    (card,) = cards(text, "item_exit", errors=errors).cards
    first, second, third = (step.told for step in card.steps)
    assert first == [("移出清单", "不能退出")]
    assert second == [("出错", "移出清单：不能退出")]
    assert third == [("移出清单", "another-code")]
