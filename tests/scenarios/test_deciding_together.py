"""Scenarios of 会签, a cancelled transaction and an ad-hoc subprocess, on both stages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestrator.services import jurisdictions
from orchestrator.services.simulation import (
    Fresh,
    ScenarioReport,
    fixture_databases,
    run_scenarios,
)
from tests.databases import settings_for

ROOT = Path(__file__).parents[2]
DIAGRAM = (
    ROOT
    / "tests"
    / "bpmn_checks"
    / "good"
    / "countersigned-cancelled-chosen.bpmn"
)
OFFICE = "京口区网格化服务管理中心"
BEGUN = """
填写:
  申请: {事项名称: 电动自行车充电安全巡查, 事项类别: 治安安全, 法律、政策依据: 第三十二条,
    为何需要纳入网格: 点多面广,
    服务对象: 居民,
    人员保障: 每个乡镇街道二人, 经费与物资保障: 每年五万元, 业务指导与培训: 每季度一次}
  同意: {审核意见: 同意，报请批准, 意见说明: 情况属实, 报请批准的机关: 同级政府}
  不同意: {审核意见: 不予同意, 意见说明: 理由不足}
情景:
  - 名称: 拨付会签
    步骤:
      - {发起: 事项准入, 由: 京口区城市管理局, 填写: 申请}
      - {办理: 审核申请, 由: 京口区网格化服务管理中心, 填写: 同意}
      - {办理: 政府审批, 由: 京口区人民政府, 填写: {审批意见: 批准, 批示意见: 情况属实}}
      - {办理: 拨付, 由: 京口区网格化服务管理中心}
"""
SIGN = "      - {{办理: 班子会签, 由: 京口区网格化服务管理中心, 填写: {0}}}\n"
REST = """      - {办理: 组织实施, 由: 京口区网格化服务管理中心, 填写: {实施安排: 下月起每周巡查,
        已确认部门的人财物保障和培训落实到位: 是}}
      - 应办结: 已准入
"""
AGREED = (
    BEGUN
    + SIGN.format("同意") * 3
    + "      - 应有数据: {countersign_passed: true}\n"
    + REST
)
CHOSEN = f"""      - 应有待办: {{追回: {OFFICE}}}
      - {{办理: 追回, 由: {OFFICE}}}
      - 应有待办: {{说明情况: {OFFICE}}}
      - {{办理: 说明情况, 由: {OFFICE}, 填写: {{接下来办理哪些事项: [书面说明]}}}}
      - {{办理: 书面说明, 由: {OFFICE}}}
      - {{办理: 说明情况, 由: {OFFICE}, 填写: {{接下来办理哪些事项: []}}}}
"""
REFUSED = BEGUN + SIGN.format("同意") + SIGN.format("不同意") + CHOSEN + REST


@pytest.fixture(scope="module")
def zhenjiang(
    tmp_path_factory: pytest.TempPathFactory, sqlite_schema: Path
) -> tuple[Path, Fresh]:
    """The city's folder with that diagram, and a database of it."""
    space = tmp_path_factory.mktemp("deciding")
    folder = space / "bpmn" / "zhenjiang"
    shutil.copytree(
        ROOT / "bpmn" / "zhenjiang",
        folder,
        ignore=shutil.ignore_patterns("scenarios"),
    )
    shutil.copy(DIAGRAM, folder / "item_admission.bpmn")
    return folder, fixture_databases.load_once(
        folder, settings_for("sqlite://", space), space, sqlite_schema
    )


def rehearsed(zhenjiang: tuple[Path, Fresh], steps: str) -> ScenarioReport:
    folder, fresh = zhenjiang
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios" / "item_admission.yaml").write_text(
        steps, encoding="utf-8"
    )
    return run_scenarios(jurisdictions.read(folder), fresh)


@pytest.mark.parametrize("steps", [AGREED, REFUSED], ids=["agreed", "refused"])
def test_a_transaction_with_a_veto_is_played_on_both_stages(
    zhenjiang: tuple[Path, Fresh], steps: str
) -> None:
    found = rehearsed(zhenjiang, steps).failures
    assert [
        (each.backend, each.line, each.message)
        for each in found
        if each.scenario == "拨付会签"
    ] == []
