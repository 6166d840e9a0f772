"""Scenario files are told where they are wrong, line by line, in words a designer understands."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import RuleViolated
from orchestrator.services.simulation import scenario_files, step_shapes

WRONG = {
    "情景:\n  - 名称: 甲\n    步骤:\n      - 办里: 审核申请\n": (
        "试 第 4 行：看不出这一步做什么，应写有 发起、办理"
    ),
    "情景:\n  - 名称: 甲\n    步骤:\n      - 办理: 审核申请\n        有: 某局\n": (
        "试 第 4 行：不认识“有”，这里可以写 事项、填写、由、被拒"
    ),
    "情景:\n  - 步骤:\n      - 办理: 审核申请\n": "试 第 2 行：情景应写有“名称”和“步骤”",
    "情景:\n  - 名称: 甲\n    步骤: [审核]\n": "试 第 2 行起的情景里，“审核”不是一步",
    "情景: 没有\n": "试 第 1 行：文件应写有“情景”",
    "情景:\n  - 名称: 甲\n   步骤: []\n": "试 第 3 行：格式有误",
    "情境:\n  - 名称: 甲\n情景: []\n": "试 第 1 行：不认识“情境”",
    "情景:\n  - 名称: 甲\n    开始时间: 明天\n    步骤: []\n": (
        "试 第 2 行：开始时间“明天”应写成 2026-11-16 10:00 这样"
    ),
    "情景:\n  - 名称: 甲\n    开始时间: 0001-01-01 00:00\n    步骤: []\n": (
        "试 第 2 行：开始时间“0001-01-01 00:00”应写成"
    ),
    "情景:\n  - 名称: 甲\n    步骤: []\n    只在引擎:\n": (
        "试 第 4 行：“只在引擎”后面应写明为什么不在数据库上演练"
    ),
    "情景: []\n": "试 第 1 行：“情景”下面还没有情景，请至少写一个",
    "": "试 第 1 行：文件应写有“情景”",
    "免走:\n  flow_a: 细则未定\n  flow_b:\n情景: []\n": "试 第 3 行：免走“flow_b”没有写明理由",
    "免走:\n  flow_a: ' '\n情景: []\n": "试 第 2 行：免走“flow_a”没有写明理由",
    "免走:\n  flow_a: [细则]\n情景: []\n": "试 第 2 行：免走“flow_a”没有写明理由",
    "情景: []\n免走: [flow_a]\n": "试 第 2 行：“免走”下面应逐条写成 连线编号: 免走的理由 这样",
    "情景: []\n填写: 5\n": "试 第 2 行：“填写”下面应逐条写成 申请: {事项名称: 夜间巡查} 这样",
    "情景: []\n填写:\n  申请: 5\n": "试 第 3 行：“填写”里的“申请”应写成 申请: {项目: 内容} 这样",
    "流程: [1]\n情景: []\n": "试 第 1 行：“流程”应写流程编号",
    "情景:\n  - 名称: 甲\n    步骤:\n      - 时间: 2026-02-30\n": (
        "试 第 4 行：格式有误（“2026-02-30”不是有效的日期、时间或数字）"
    ),
    "情景:\n  - 名称: 甲\n    开始时间: 2026-11-16 10:00:00+99:00\n    步骤: []\n": (
        "试 第 3 行：格式有误（“2026-11-16 10:00:00+99:00”不是有效"
    ),
    f"情景:\n  - 名称: {'9' * 5000}\n    步骤: []\n": "试 第 2 行：格式有误（“9999",
    "情景:\n  - 名称: 甲\x07\n    步骤: []\n": "试 第 2 行：有不能使用的控制字符（U+0007），请删除",
    '情景:\n  - 名称: "\\UFFFFFFFF"\n    步骤: []\n': "试 第 2 行：格式有误（引号里的反斜杠",
    '情景:\n  - 名称: "\\U00110000"\n    步骤: []\n': "试 第 2 行：格式有误（引号里的反斜杠",
    '情景:\n  - 名称: "\\ud800"\n    步骤: []\n': "试 第 2 行：格式有误（引号里的反斜杠",
    '情景:\n  - 名称: "甲\\0"\n    步骤: []\n': (
        "试 第 2 行：格式有误（引号里的反斜杠后面不是可以使用的字符，请删去，或"
    ),
    "情景: &a\n  - *a\n": "试 第 1 行：格式有误",
    "[" * 50_000: "试 第 1 行：格式有误（括号或缩进超过 20 层",
    "#" * 300_001: "试：文件超过 30 万字",
}
SCENARIO = "情景:\n  - 名称: 甲\n    步骤:\n      - 发起: 事项准入\n        由: 京口区城市管理局\n      - "
SHAPELESS = {
    "应有数据: 5": "“应有数据”后面的“5”应写成 {decision: approve} 这样",
    "应有数据:": "“应有数据”后面没有写内容，应写成 {decision: approve} 这样",
    "应有数据: {}": "“应有数据”后面的“{}”应写成 {decision: approve} 这样",
    "应在期限: 5": "“应在期限”后面的“5”应写成 {审核申请: 2026-11-20 17:00} 这样",
    "应在期限: {审核申请: 明天}": "“应在期限”后面的“{'审核申请': '明天'}”应写成",
    "应出错: 5": "“应出错”后面的“5”应写成 {网格生效: plan-outdated} 这样",
    "经过: 两天": "“经过”后面的“两天”应写成 24小时、3天、30分钟（一次不超过 3660 天） 这样",
    "经过: 99999999999天": "“经过”后面的“99999999999天”应写成",
    "经过: 3661天": "“经过”后面的“3661天”应写成",
    "时间: 下周一": "“时间”后面的“下周一”应写成 2026-11-20 09:00（2000 年至 2099 年） 这样",
    "时间: 9999-12-31 10:00": "“时间”后面的“9999-12-31 10:00”应写成",
    "办理: [1]": "“办理”后面的“[1]”应写成 审核申请 这样",
    "办理: &a [*a]": "第 6 行：格式有误",
    "办理: 审核申请\n        由: [1]": "“由”后面的“[1]”应写成 一句话或一个名称 这样",
    "办理: 审核申请\n        被拒:": "“被拒”后面没有写内容，应写成 一句话或一个名称 这样",
    "办理: 审核申请\n        填写: [[申请]]": "“填写”后面的“[['申请']]”应写成 申请、{审核意见: 同意} 或",
    "发起: {事项准入: 1}": "“发起”后面的“{'事项准入': 1}”应写成 事项准入 这样",
    "作废:": "“作废”后面没有写内容",
    "应有待办: {审核申请: {京口区: 1}}": "“应有待办”后面的“{'审核申请': {'京口区': 1}}”应写成",
    "应有记载: {情况: 属实}": "“应有记载”后面的“{'情况': '属实'}”应写成 [同意，报请批准] 这样",
    "清单应有: {京口区: 无}\n      - 公示应有: 5": "第 7 行：“公示应有”后面的“5”应写成",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_told_with_its_line(text: str) -> None:
    with pytest.raises(RuleViolated) as refused:
        scenario_files.parse(text, "试", "item_admission")
    assert any(
        reason.startswith(WRONG[text]) for reason in refused.value.reasons
    ), refused.value.reasons


@pytest.mark.parametrize("step", SHAPELESS)
def test_what_cannot_stand_after_a_verb_is_told_with_what_can(
    step: str,
) -> None:
    with pytest.raises(RuleViolated) as refused:
        scenario_files.parse(f"{SCENARIO}{step}\n", "试", "item_admission")
    (reason,) = refused.value.reasons
    assert SHAPELESS[step] in reason
    assert reason.startswith(("试 第 6 行：", "试 第 7 行：")), reason


def test_what_may_stand_there_is_read_as_it_is_written() -> None:
    steps = (
        "应有待办: []\n      - 应有待办:\n      - 备案应报:\n      - 催办:\n      - 经过: 3660天\n     "
        " - 时间: 2027-01-01"
    )
    found = scenario_files.parse(
        f"{SCENARIO}{steps}\n免走: {{flow_a: 细则未定}}\n",
        "试",
        "item_admission",
    )
    (scenario,) = found.scenarios
    assert [(step.line, step.verb) for step in scenario.steps[1:]] == [
        (6, "应有待办"),
        (7, "应有待办"),
        (8, "备案应报"),
        (9, "催办"),
        (10, "经过"),
        (11, "时间"),
    ]
    assert found.waived == {"flow_a": "细则未定"}


def test_a_file_that_is_not_utf8_says_so() -> None:
    with pytest.raises(RuleViolated) as refused:
        scenario_files.read_resources(
            "mycity",
            {"scenarios/item_admission.yaml": "情景: []".encode("gbk")},
        )
    assert refused.value.reasons == (
        "mycity/scenarios/item_admission.yaml：文件不是 UTF-8，请另存为 UTF-8 后再放入",
    )


def test_every_verb_is_played_and_explained() -> None:
    from orchestrator.services.simulation.interpreter import VERBS

    assert (
        VERBS.keys() == step_shapes.BESIDE.keys() == step_shapes.SHAPES.keys()
    )
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(
        encoding="utf-8"
    )
    assert [verb for verb in VERBS if f"`{verb}`" not in text] == []
