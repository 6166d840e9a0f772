"""Scenario files are told where they are wrong, line by line, in words a designer understands."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import RuleViolated
from orchestrator.services.scenarios import reading

WRONG = {
    "情景:\n  - 名称: 甲\n    步骤:\n      - 办里: 审核申请\n": "试 第 4 行：看不出这一步做什么，应写有 发起、办理",
    "情景:\n  - 名称: 甲\n    步骤:\n      - 办理: 审核申请\n        有: 某局\n": "试 第 4 行：不认识「有」，这里可以写 事项、填写、由、被拒",
    "情景:\n  - 步骤:\n      - 办理: 审核申请\n": "试 第 2 行：情景应写有「名称」和「步骤」",
    "情景:\n  - 名称: 甲\n    步骤: [审核]\n": "试 第 2 行起的情景里，「审核」不是一步",
    "情景: 没有\n": "试 第 1 行：文件应写有「情景」",
    "情景:\n  - 名称: 甲\n   步骤: []\n": "试 第 3 行：格式有误",
    "情境:\n  - 名称: 甲\n情景: []\n": "试 第 1 行：不认识「情境」",
    "情景:\n  - 名称: 甲\n    开始时间: 明天\n    步骤: []\n": "试 第 2 行：开始时间「明天」应写成 2026-11-16 10:00 这样",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_told_with_its_line(text: str) -> None:
    with pytest.raises(RuleViolated) as refused:
        reading.parse(text, "试", "item_admission")
    assert any(reason.startswith(WRONG[text]) for reason in refused.value.reasons), refused.value.reasons


def test_a_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "item_admission.yaml").write_bytes("情景: []".encode("gbk"))
    with pytest.raises(RuleViolated) as refused:
        reading.read(tmp_path)
    assert refused.value.reasons == (f"{tmp_path.name}/scenarios/item_admission.yaml：文件不是 UTF-8，请另存为 UTF-8 后再放入",)


def test_every_verb_is_played_and_explained() -> None:
    from orchestrator.services.scenarios.playing import VERBS

    assert VERBS.keys() == reading.DETAILS.keys()
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")
    assert [verb for verb in VERBS if f"`{verb}`" not in text] == []
