"""What a scenario fills in is said anew in the words of the form that takes its place."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import forms
from orchestrator.services.designing.form_words import stored, translated
from orchestrator.services.designing.mended_scenarios import expected
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)
from orchestrator.services.simulation.scenario_instances import of_others


def form(*components: dict[str, Any]) -> list[forms.Field]:
    text = {"id": "f", "type": "default", "schemaVersion": 18}
    loaded = forms.load(json.dumps({**text, "components": components}))
    return list(loaded.inputs())


def choice(key: str, label: str, *options: tuple[str, str]) -> dict[str, Any]:
    values = [{"value": value, "label": name} for value, name in options]
    return {"type": "radio", "key": key, "label": label, "values": values}


def table(label: str, *columns: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "dynamiclist",
        "path": "items",
        "label": label,
        "components": list(columns),
    }


def text(key: str, label: str) -> dict[str, Any]:
    return {"type": "textfield", "key": key, "label": label}


DAY = {"type": "datetime", "subtype": "date", "key": "day"}
FILE = {"type": "filepicker", "key": "proof", "multiple": True}
OLD = form(
    choice("decision", "意见", ("approve", "批准"), ("no", "不批准")),
    text("opinion", "说明"),
    {**DAY, "dateLabel": "日期"},
    {**FILE, "label": "报价单"},
    table("明细", text("purpose", "用途"), text("cost", "金额")),
    text("gone", "备注"),
)
NEW = form(
    choice("decision", "审批意见", ("approve", "同意"), ("reject", "不同意")),
    text("opinion", "说明"),
    {**DAY, "key": "held_on", "dateLabel": "举行日期"},
    {**FILE, "key": "quotation", "label": "报价文件"},
    table("用款明细", text("purpose", "用款用途"), text("cost", "金额")),
)
GIVEN = {
    "意见": "不批准",
    "说明": "情况属实",
    "日期": "2026-12-01",
    "报价单": ["报价单.pdf"],
    "明细": [{"用途": "设备", "金额": "3"}],
    "备注": "无",
    "没有的项": 1,
}
MENDED = {
    "审批意见": "不同意",
    "说明": "情况属实",
    "举行日期": "2026-12-01",
    "报价文件": ["报价单.pdf"],
    "用款明细": [{"用款用途": "设备", "金额": "3"}],
    "没有的项": 1,
}


def test_renamed_fields_options_and_columns_are_followed_and_what_is_gone_is_dropped() -> (
    None
):
    filled, changes = translated(OLD, NEW, GIVEN)
    assert filled == MENDED
    assert ("备注：无", "") in changes
    assert ("不批准", "不同意") in changes and ("用途", "用款用途") in changes
    # A text that is called otherwise in every way is known by where it stands, if nothing else went or came.
    asked = (OLD[1], OLD[0])
    renamed = form(text("reason", "理由"), choice("decision", "意见"))
    assert translated(asked, (renamed[0], OLD[0]), {"说明": "属实"}) == (
        {"理由": "属实"},
        [("说明", "理由")],
    )
    assert translated(asked, (OLD[0], renamed[0]), {"说明": "属实"})[0] == {}
    # What is mended stays.
    assert translated(OLD, NEW, MENDED) == (MENDED, [])
    assert stored(OLD[0], NEW[0], "no") == "reject"
    assert stored(OLD[0], NEW[0], "approve") == "approve"


def test_an_option_that_nothing_clearly_replaces_stays_as_it_is_written() -> (
    None
):
    new = form(choice("decision", "意见", ("approve", "批准")))
    assert translated(OLD[:1], new, {"意见": "不批准"}) == (
        {"意见": "不批准"},
        [],
    )


def test_what_only_happens_to_stand_in_the_place_of_another_is_not_paired() -> (
    None
):
    changes = [
        (text("telephone", "联系电话"), text("opinion", "意见")),
        (
            choice(
                "public", "是否公开", ("open", "公开"), ("closed", "不公开")
            ),
            choice("urgent", "是否紧急", ("yes", "紧急"), ("no", "不紧急")),
        ),
    ]
    for old, new in changes:
        said = f"{old['label']}：公开"
        assert translated(form(old), form(new), {old["key"]: "公开"}) == (
            {},
            [(said.replace(old["label"], old["key"]), "")],
        )
    # Two options went and two came: which takes whose place, nobody knows.
    was = choice("how", "决定", ("a", "同意"), ("b", "不同意"), ("c", "退回"))
    now = choice("how", "决定", ("x", "不受理"), ("y", "受理"), ("z", "退回"))
    given = {"决定": ["同意", "退回"]}
    assert translated(form(was), form(now), given) == (given, [])
    assert stored(form(was)[0], form(now)[0], ["a", "c"]) == ["a", "z"]


def test_steps_about_an_instance_of_another_procedure_are_left_alone() -> None:
    def step(verb: str, subject: str | None, **details: Any) -> ScenarioStep:
        return ScenarioStep(1, verb, subject, details)

    steps = (
        step("发起", "案件处置", 称为="案件"),
        step("办理", "审批"),
        step("发起", None, 称为="申请"),
        step("办理", "审批"),
        step("应有数据", "x", 事项="案件"),
        step("办理", "审批", 事项="申请"),
        step("发起", "事项准入"),
        step("办理", "审批"),
        step("发起", "案件处置", 被拒="不是"),
        step("办理", "审批"),
    )
    scenario = Scenario("f", 1, "n", "item_admission", steps, {})
    own = {"item_admission", "事项准入"}
    assert of_others(scenario, own) == {0, 1, 4, 8}


def bundle(fields: list[forms.Field]) -> Any:
    definition = SimpleNamespace(start_form_key="f", elements={})
    asked = {"f": forms.Form("f", tuple(fields))}
    return SimpleNamespace(definition=definition, forms=asked)


def test_data_that_must_be_there_are_called_by_their_new_variables() -> None:
    data = {"decision": "no", "day": "2026-12-01", "set_by_a_task": 1}
    step = ScenarioStep(1, "应有数据", data, {"事项": "甲"})
    mended = expected(bundle(OLD), bundle(NEW), step)
    assert mended is not None
    assert mended[1] == {
        "应有数据": {
            "decision": "reject",
            "held_on": "2026-12-01",
            "set_by_a_task": 1,
        },
        "事项": "甲",
    }
    again = ScenarioStep(1, "应有数据", mended[1]["应有数据"], {})
    assert expected(bundle(OLD), bundle(NEW), again) is None
