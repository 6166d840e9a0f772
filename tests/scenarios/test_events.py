"""Scenarios of events and of what an administrator does: on both stages alike."""

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
from tests.engine.diagrams import END, START, document, flow, gateway, timer

BPMN = Path(__file__).parents[2] / "bpmn"
STARTERS = 'name="{0}" camunda:candidateStarterGroups="grid-office@county"'
OFFICE = "东营区网格化服务管理中心"
EXTRA = (
    '<message id="m" name="答复"><extensionElements><camunda:properties>'
    '<camunda:property name="correlationKey" value="${number}"/></camunda:properties></extensionElements>'
    '</message><message id="ask" name="来件"/><signal id="s" name="响应"/>'
)


def task(id: str, name: str) -> str:
    return (
        f'<userTask id="{id}" name="{name}" camunda:candidateGroups="grid-office@county">'
        "<documentation>依据：默认</documentation></userTask>"
    )


WAITS = (
    START
    + gateway("eventBased", "which")
    + '<intermediateCatchEvent id="answer" name="收到答复"><messageEventDefinition messageRef="m"/>'
    "</intermediateCatchEvent>"
    '<intermediateCatchEvent id="alarm" name="收到响应"><signalEventDefinition signalRef="s"/>'
    "</intermediateCatchEvent>"
    + task("read", "阅办")
    + task("hurry", "处置")
    + '<receiveTask id="receipt" name="等候回执"/>'
    + END
    + flow("start", "prepare", "which", "answer", "read", "receipt", "end")
    + flow("which", "alarm", "hurry", "end")
    + '<scriptTask id="prepare" name="编号" scriptFormat="python">'
    "<script>number = '2026-1'</script></scriptTask>"
)
BEGUN = (
    '<startEvent id="by_message" name="来件"><messageEventDefinition messageRef="ask"/></startEvent>'
    f'<startEvent id="monthly" name="每月一次"><documentation>依据：默认</documentation>'
    f"{timer('R/PT720H', 'timeCycle')}</startEvent>"
    '<startEvent id="rule" name="积水过深"><conditionalEventDefinition><condition>depth &gt; 3</condition>'
    "</conditionalEventDefinition></startEvent>"
    + task("handle", "受理")
    + END
    + flow("by_message", "handle")
    + flow("monthly", "handle")
    + flow("rule", "handle", "end")
)
STUCK = (
    START
    + f'<intermediateCatchEvent id="pause" name="等一刻"><documentation>依据：默认</documentation>'
    f"{timer('PT15M')}</intermediateCatchEvent>"
    + gateway("exclusive", "fork").replace("/>", ' name="分流"/>')
    + task("left", "左")
    + task("right", "右")
    + END
    + flow("start", "pause", "fork")
    + flow("fork", "left", when="initiator == 'nobody'")
    + flow("fork", "right", when="initiator == 'no one'")
    + flow("left", "end")
    + flow("right", "end")
)
ABOUT = (
    "<extensionElements><camunda:properties>"
    '<camunda:property name="about" value="waits"/>'
    "</camunda:properties></extensionElements>"
    + START
    + '<scriptTask id="note" name="记下" scriptFormat="python">'
    "<script>task = '清理杂物'</script></scriptTask>"
    + task("look", "查看")
    + END
    + flow("start", "note", "look", "end")
)
DIAGRAMS = {
    "waits": ("等候", WAITS),
    "begun": ("来件办理", BEGUN),
    "about": ("查问", ABOUT),
    "stuck": ("分流办理", STUCK),
}
SCENARIOS = {
    "message": f"""
      - {{发起: 等候, 由: {OFFICE}}}
      - {{发消息: 答复, 关联: 2026-9, 被拒: 没有事项在等待消息}}
      - {{发消息: 答复, 关联: 2026-1, 数据: {{content: 同意}}}}
      - 应有待办: {{阅办: {OFFICE}}}
      - 应有数据: {{content: 同意}}
      - {{触发: 等候回执, 由: {OFFICE}, 理由: 早了, 被拒: 现在不在等候触发}}
      - {{办理: 阅办, 由: {OFFICE}}}
      - {{触发: 等候回执, 由: {OFFICE}, 理由: 回执已收到, 数据: {{receipt: 收讫}}}}
      - 应办结: end
""",
    "signal": f"""
      - {{发起: 等候, 由: {OFFICE}, 称为: 甲}}
      - {{发起: 等候, 由: {OFFICE}, 称为: 乙}}
      - {{发信号: 响应}}
      - {{应有待办: {{处置: {OFFICE}}}, 事项: 甲}}
      - {{应有待办: {{处置: {OFFICE}}}, 事项: 乙}}
      - 发信号: 无人听
""",
    "starts": """
      - {发消息: 来件, 数据: {subject: 路灯, territory: "370502"}, 称为: 来件}
      - {应有待办: [受理], 事项: 来件}
      - {应有数据: {subject: 路灯}, 事项: 来件}
      - {发起: 来件办理, 事件: 每月一次, 数据: {territory: "370502"}, 称为: 例行}
      - {应有待办: [受理], 事项: 例行}
      - {发起: 来件办理, 事件: 积水过深, 数据: {depth: 2}, 被拒: 条件不成立}
      - {发起: 来件办理, 事件: 积水过深, 数据: {depth: 5, territory: "370502"}}
      - 应有待办: [受理]
""",
    "flow": f"""
      - {{发起: 分流办理, 由: {OFFICE}}}
      - {{到期: 等一刻, 异常: 没有一条出线的条件成立}}
      - {{选流向: {{分流: 右}}, 由: {OFFICE}, 理由: 两个条件都不合实情}}
      - 应有待办: {{右: {OFFICE}}}
""",
}

SCENARIOS["a text called task is no step"] = f"""
      - {{发起: 等候, 由: {OFFICE}, 称为: 甲}}
      - {{发起: 查问, 由: {OFFICE}, 关于: 甲, 称为: 问}}
      - {{经过: 1天}}
      - {{应有待办: [查看], 事项: 问}}
"""
SCENARIOS["suspended"] = """
      - 发起: 事项退出
        由: 东营区应急管理局
        填写: {退出事项: 影响社会稳定的风险隐患排查, 退出理由: 已由专业队伍承担}
      - {挂账: 核准退出, 由: 东营市网格化服务管理中心, 理由: 等候会商, 复查: 2026-12-01}
      - {经过: 30天}
      - 应有待办: [核准退出]
      - {恢复: 核准退出, 由: 东营市网格化服务管理中心}
"""


@pytest.fixture(scope="module")
def city(
    tmp_path_factory: pytest.TempPathFactory, sqlite_schema: Path
) -> tuple[Path, Fresh]:
    """A city's folder with these diagrams beside its own, and a database of it."""
    space = tmp_path_factory.mktemp("events")
    folder = space / "bpmn" / "dongying"
    shutil.copytree(
        BPMN / "dongying", folder, ignore=shutil.ignore_patterns("scenarios")
    )
    for key, (name, body) in DIAGRAMS.items():
        told = STARTERS.format(name)
        (folder / f"{key}.bpmn").write_bytes(document(body, EXTRA, told, key))
    return folder, fixture_databases.load_once(
        folder, settings_for("sqlite://", space), space, sqlite_schema
    )


def rehearsed(city: tuple[Path, Fresh], steps: str) -> ScenarioReport:
    folder, fresh = city
    (folder / "scenarios").mkdir(exist_ok=True)
    written = f"情景:\n  - 名称: 事件\n    步骤:{steps}"
    (folder / "scenarios" / "waits.yaml").write_text(written, encoding="utf-8")
    return run_scenarios(jurisdictions.read(folder), fresh)


@pytest.mark.parametrize("steps", SCENARIOS.values(), ids=SCENARIOS)
def test_events_do_the_same_on_both_stages(
    city: tuple[Path, Fresh], steps: str
) -> None:
    assert [str(each) for each in rehearsed(city, steps).failures] == []
