"""What a regulation may say about time that the template does not: 三日内、次日十二时前、三十分钟内、
夜间另由谁办、紧急程度怎样称呼."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.services import jurisdictions
from orchestrator.services.designing import folder_check
from orchestrator.services.simulation import fixture_databases, run_scenarios
from tests.databases import settings_for

DEADLINES = {
    "report_case": 'amount = 1\nunit = "days"\nuntil = "12:00"\n',
    "urgent_triage": 'amount = 30\nunit = "minutes"\n',
    "sign_case": 'amount = 0\nunit = "days"\nuntil = "24:00"\n',
    "handle_case": 'amount = 3\nunit = "days"\nuntil = "24:00"\n',
}
SCENARIO = """
填写:
  登记: {所属事项: 影响社会稳定的风险隐患排查, 事件标题: 楼道飞线充电, 详细地点: 一组, 情况描述: 充电,
         紧急程度: 一般, 处置方式: 上报}
  交办: {分流方式: 交有关部门办理, 牵头部门: 甲区应急管理局, 交办意见: 请办理}
情景:
  - 名称: 次日十二时前上报，当日签收，三日内办结
    开始时间: 2026-09-30 16:00
    步骤:
      - 发起: 事件办理
        由: 甲社区第一网格网格员
        填写: [登记, {处置方式: 自行处置}]
      - 应在期限: {自行处置: 2026-10-01 12:00}
      - 到期: 处置逾期
      - 办理: 自行处置
        由: 甲社区第一网格网格员
        填写: {处置结果: 无法处理，上报, 处置情况: 需要执法}
      - 办理: 乡镇（街道）分流
        由: 甲街道网格化服务管理中心
        填写: 交办
      - 应在期限: {签收: 2026-10-01 23:59}
      - 办理: 签收
        由: 甲区应急管理局
        填写: {签收意见: 签收, 承办人: 丙酉}
      - 应在期限: {牵头办理: 2026-10-04 23:59}
      - 到期: 办理逾期
  - 名称: 夜间十一时的一级紧急事件由县级三十分钟内分流
    开始时间: 2026-10-03 23:00
    步骤:
      - 发起: 事件办理
        由: 甲社区第一网格网格员
        填写: [登记, {紧急程度: 一级紧急}]
      - 应有待办: {县级分流: 甲区网格化服务管理中心}
      - 应在期限: {县级分流: 2026-10-03 23:30}
      - 应有记载: [一级紧急事件，立即告知]
      - 到期: 县级分流逾期
      - 应有数据: {read_on: "2026-10-03", time_of_day: "23:00", is_working_day: false, in_office_hours: false}
  - 名称: 早上六时已不是夜间
    开始时间: 2026-10-09 06:00
    步骤:
      - 发起: 事件办理
        由: 甲社区第一网格网格员
        填写: 登记
      - 应有待办: {乡镇（街道）分流: 甲街道网格化服务管理中心}
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The template with the clocks of such a regulation."""
    folder = folder_check.new_city("sixth", tmp_path / "sixth")
    profile = folder / "jurisdiction.toml"
    text = profile.read_text(encoding="utf-8")
    for name, limit in DEADLINES.items():
        start = text.index("amount", text.index(f"[deadlines.{name}]"))
        end = text.index("citation", start)
        text = text[:start] + limit + text[end:]
    text = text.replace(
        "[priorities.major]\n", '[priorities.major]\nname = "一级紧急"\n'
    )
    profile.write_text(text, encoding="utf-8")
    _look_at_the_clock(folder / "case_handling.bpmn")
    for file in (folder / "scenarios").glob("*.yaml"):
        file.unlink()
    (folder / "scenarios" / "case_handling.yaml").write_text(
        SCENARIO, encoding="utf-8"
    )
    return folder


def _look_at_the_clock(diagram: Path) -> None:
    """What is reported at night goes to the county at once."""
    text = diagram.read_text(encoding="utf-8")
    before = text.index('<bpmn:sequenceFlow id="report_now"')
    flow = text[before : text.index(">", before)]
    text = text.replace(
        flow, flow.replace('"triage_township"', '"look_at_clock"'), 1
    ).replace(
        '<bpmn:userTask id="triage_township"',
        """<bpmn:serviceTask id="look_at_clock" name="看时间"
        camunda:type="external" camunda:topic="clock.read">
      <bpmn:documentation>依据：默认</bpmn:documentation>
      <bpmn:incoming>report_now</bpmn:incoming><bpmn:outgoing>looked</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:exclusiveGateway id="at_night" name="夜间？" default="by_day">
      <bpmn:incoming>looked</bpmn:incoming>
      <bpmn:outgoing>by_day</bpmn:outgoing><bpmn:outgoing>by_night</bpmn:outgoing>
    </bpmn:exclusiveGateway>
    <bpmn:sequenceFlow id="looked" sourceRef="look_at_clock" targetRef="at_night"/>
    <bpmn:sequenceFlow id="by_day" sourceRef="at_night" targetRef="triage_township"/>
    <bpmn:sequenceFlow id="by_night" sourceRef="at_night" targetRef="escalate_to_county">
      <bpmn:conditionExpression>
        time_of_day &gt;= "22:00" or time_of_day &lt; "06:00"
      </bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:userTask id="triage_township\"""",
        1,
    )
    text = text.replace(
        "<bpmn:incoming>report_now</bpmn:incoming>\n      <bpmn:incoming>spot",
        "<bpmn:incoming>by_day</bpmn:incoming>\n      <bpmn:incoming>spot",
        1,
    )
    diagram.write_text(text, encoding="utf-8")


def test_its_clocks_run_as_it_says(
    city: Path, tmp_path: Path, sqlite_schema: Path
) -> None:
    """A minute before and after, over National Day and at night, in memory and in the database."""
    assert [
        told.message
        for told in folder_check.check(city)
        if told.severity == "error"
    ] == []
    report = run_scenarios(
        jurisdictions.read(city),
        fixture_databases.load_once(
            city, settings_for("sqlite://", tmp_path), tmp_path, sqlite_schema
        ),
    )
    assert [str(failure) for failure in report.failures] == []
    assert report.passed == 3


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ('amount = 1\nunit = "days"\nuntil = "noon"\n', "应写成“12:00”"),
        ('amount = 1\nunit = "days"\nuntil = "24:30"\n', "应写成“12:00”"),
        ('amount = 1\nunit = "days"\nuntil = 12:00:00\n', "应写成“12:00”"),
        ('amount = 1\nunit = "days"\nuntil = 12\n', "应写成“12:00”"),
        ('amount = 1\nunit = "hours"\nuntil = "12:00"\n', "只用于以"),
    ],
)
def test_a_time_of_day_that_says_nothing_is_told(
    city: Path, limit: str, told: str
) -> None:
    profile = city / "jurisdiction.toml"
    text = profile.read_text(encoding="utf-8")
    old = DEADLINES["report_case"]
    assert old in text
    profile.write_text(text.replace(old, limit, 1), encoding="utf-8")
    found = [line.message for line in folder_check.check(city)]
    assert any(told in line for line in found)
    assert not any("不为空的文字" in line for line in found)
