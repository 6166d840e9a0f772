"""In the editor: several people decide together, and what other tools wrote or nothing defines is still there
when the diagram is saved."""

from __future__ import annotations

import re

import pytest
from lxml import etree
from playwright.sync_api import expect

from orchestrator.bpmn_import import convert, layout
from orchestrator.bpmn_import.report import Report
from tests.bpmn_import.vendors import VENDORS, diagram, written
from tests.browser import drawing
from tests.browser.office import Office
from tests.browser.test_designer import opened, select
from tests.once import once

pytestmark = pytest.mark.browser


def test_a_way_of_deciding_together_is_chosen_in_the_panel(
    office: Office,
) -> None:
    page = opened(office)
    select(page, "join_civil_affairs")
    page.get_by_label("会签方式").select_option(label="依次会签")
    expect(page.get_by_label("结果存入变量")).to_have_value(
        "countersign_passed"
    )
    expect(page.locator("#findings")).to_contain_text("多实例“")
    page.get_by_label("会签方式").select_option(label="按比例通过")
    expect(page.locator("#findings")).to_contain_text("没有写明通过的比例")
    page.get_by_label("通过的比例").fill("60")
    page.get_by_label("结果存入变量").click()
    expect(page.locator("#findings")).not_to_contain_text("没有写明通过的比例")
    xml = page.evaluate(
        "async () => (await window.gridflowModeler.saveXML()).xml"
    )
    assert '<camunda:property name="countersign" value="ratio"' in xml
    assert '<camunda:property name="countersignRatio" value="60"' in xml
    assert (
        "<bpmn:multiInstanceLoopCharacteristics" in xml
        and 'isSequential="true"' not in xml
    )
    office.check(page, "countersigning")


@pytest.mark.parametrize("name", once(VENDORS, ("camunda", "flowable")))
def test_what_other_tools_wrote_survives_the_editor(
    office: Office, name: str
) -> None:
    page = office.of("designer")
    if not page.evaluate("() => Boolean(window.gridflowModeler)"):
        page = opened(office)
    imported = convert(diagram(name).encode()).diagram
    saved = page.evaluate(
        "async xml => { const moddle = window.gridflowModeler.get('moddle');"
        " const read = await moddle.fromXML(xml); return (await moddle.toXML(read.rootElement, { "
        "format: true })).xml; }",
        imported,
    )
    assert written(imported) - written(saved) == {}


def test_the_called_process_and_the_message_are_chosen_in_the_panel(
    office: Office,
) -> None:
    page = drawing.opened(office, "督办")
    last = page.evaluate(
        "() => window.gridflowModeler.get('elementRegistry').find((each) => each.type === 'bpmn:UserTask').id"
    )
    drawing.append(page, last, "replace-with-call-activity", "另行公布")
    drawing.choose(page, 调用的流程="交办（assignment）")
    page.get_by_label("全部字段都带进去").uncheck(force=True)
    needed = "交办事项（必填）"
    assert page.get_by_label(needed).input_value() == ""
    drawing.choose(page, **{needed: "督办要求（督办通知）"})
    drawing.append(page, "另行公布", "replace-with-receive-task", "等候通知")
    page.get_by_label("消息名称").fill("办结通知")
    page.get_by_label("消息名称").blur()
    key = page.get_by_label("按哪个字段找到对方事项")
    key.select_option(index=1)
    field = key.input_value()
    read = "async () => (await window.gridflowModeler.saveXML()).xml"
    xml = page.evaluate(read)
    message = re.search(
        r'<bpmn:message id="(\w+)" name="办结通知">.*?</bpmn:message>', xml
    )
    assert message
    assert f'name="correlationKey" value="{field}"' in message[0]
    assert f'messageRef="{message[1]}"' in xml
    assert 'calledElement="assignment"' in xml
    assert '<camunda:in source="demand" target="item_id" />' in xml
    assert (
        '<camunda:in source="initiator_body" target="initiator_body" />' in xml
    )
    assert '<camunda:out variables="all" />' in xml


NAMED = (
    '<bpmn:userTask id="a"><bpmn:multiInstanceLoopCharacteristics>'
    "<bpmn:loopDataInputRef>people</bpmn:loopDataInputRef>"
    '<bpmn:loopDataOutputRef>answers</bpmn:loopDataOutputRef><bpmn:outputDataItem id="o" name="answer"/>'
    '</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask><bpmn:boundaryEvent id="b" attachedToRef="a">'
    '<bpmn:errorEventDefinition errorRef="E7"/></bpmn:boundaryEvent>'
)


def test_names_that_nothing_in_the_file_defines_survive_the_editor(
    office: Office,
) -> None:
    page = opened(office)
    kept = page.evaluate(
        "async () => (await window.gridflowModeler.saveXML()).xml"
    )
    xml = page.evaluate(
        "async xml => { const m = window.gridflowModeler; await m.importXML(xml); return (await "
        "m.saveXML({ format: true })).xml; }",
        layout_of(NAMED),
    )
    page.evaluate(
        "async xml => { await window.gridflowModeler.importXML(xml); }", kept
    )
    assert (
        "<bpmn:loopDataInputRef>people<" in xml
        and "<bpmn:loopDataOutputRef>answers<" in xml
    )
    assert 'errorRef="E7"' in xml


def layout_of(steps: str) -> str:
    """A drawn process with these steps."""
    head = (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" '
        'targetNamespace="t"><bpmn:process id="p" '
    )
    root = etree.fromstring(
        f'{head}isExecutable="true">{steps}</bpmn:process></bpmn:definitions>'
    )
    layout.draw(root, Report())
    return etree.tostring(root, encoding="unicode")
