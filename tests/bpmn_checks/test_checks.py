"""Deployment checks: each bad diagram is refused at the right element, with a sentence a designer
understands."""

import pytest

from orchestrator.bpmn_checks import check
from tests.engine.diagrams import (
    END,
    HEAD,
    START,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.test_decisions import table

GOOD = START + END + user("a") + flow("start", "a", "end")
TASK = '<{0} id="x" name="步骤" {1}>{2}</{0}>'


def _with(element: str, extra: str = "") -> str:
    return START + END + element + flow("start", "x", "end") + extra


BAD = {
    "no executable process": (
        f'{HEAD}<process id="p">{GOOD}</process></definitions>'.encode(),
        None,
        "可执行",
    ),
    "duplicate ids": (document(GOOD + user("a")), "a", "唯一"),
    "dangling source": (
        document(
            GOOD + '<sequenceFlow id="f9" sourceRef="ghost" targetRef="end"/>'
        ),
        "f9",
        "起点",
    ),
    "dangling target": (
        document(
            GOOD + '<sequenceFlow id="f9" sourceRef="a" targetRef="ghost"/>'
        ),
        "f9",
        "终点",
    ),
    "unreachable": (
        document(GOOD + user("lost") + flow("lost", "end")),
        "lost",
        "走不到",
    ),
    "no start": (
        document(END + user("a") + flow("a", "end")),
        "p",
        "开始事件",
    ),
    "two starts": (
        document(GOOD + '<startEvent id="s9"/>' + flow("s9", "a")),
        "s9",
        "只能有一个",
    ),
    "start by an error": (
        document(
            GOOD.replace(
                START,
                '<startEvent id="start"><errorEventDefinition/></startEvent>',
            )
        ),
        "start",
        "只能由消息",
    ),
    "start by a timer of a variable": (
        document(
            GOOD
            + f'<startEvent id="s9">{timer("${when}")}</startEvent>'
            + flow("s9", "a")
        ),
        "s9",
        "变量",
    ),
    "complex gateway": (
        document(_with('<complexGateway id="x" name="步骤"/>')),
        "x",
        "复杂网关",
    ),
    "conditional event": (
        document(
            _with(
                '<intermediateCatchEvent id="x" '
                'name="步骤"><conditionalEventDefinition/></intermediateCatchEvent>'
            )
        ),
        "x",
        "没有填写条件",
    ),
    "service task without topic": (
        document(_with(TASK.format("serviceTask", "", ""))),
        "x",
        "topic",
    ),
    "java class": (
        document(_with(TASK.format("serviceTask", 'camunda:class="a.B"', ""))),
        "x",
        "外部代码",
    ),
    "called process missing": (
        document(
            _with(TASK.format("callActivity", 'calledElement="ghost"', ""))
        ),
        "x",
        "ghost",
    ),
    "called process by expression": (
        document(
            _with(TASK.format("callActivity", 'calledElement="${q}"', ""))
        ),
        "x",
        "没有可以调用的",
    ),
    "recursion": (
        document(_with(TASK.format("callActivity", 'calledElement="p"', ""))),
        "x",
        "没有尽头",
    ),
    "decision table missing": (
        document(
            _with(
                TASK.format(
                    "businessRuleTask", 'camunda:decisionRef="ghost"', ""
                )
            )
        ),
        "x",
        "决策表",
    ),
    "nobody may do it": (
        document(_with(TASK.format("userTask", "", ""))),
        "x",
        "由谁办理",
    ),
    "group without level": (
        document(
            _with(
                TASK.format("userTask", 'camunda:candidateGroups="office"', "")
            )
        ),
        "x",
        "角色@层级",
    ),
    "token quantity": (
        document(_with(TASK.format("task", 'startQuantity="2"', ""))),
        "x",
        "startQuantity",
    ),
    "multi-instance of nothing": (
        document(
            _with(
                TASK.format("task", "", "<multiInstanceLoopCharacteristics/>")
            )
        ),
        "x",
        "集合或数量",
    ),
    "multi-instance behavior": (
        document(
            _with(
                TASK.format(
                    "task",
                    "",
                    '<multiInstanceLoopCharacteristics behavior="One" camunda:collection="c"/>',
                )
            )
        ),
        "x",
        "behavior",
    ),
    "loop without end": (
        document(
            _with(TASK.format("task", "", "<standardLoopCharacteristics/>"))
        ),
        "x",
        "停不下来",
    ),
    "gateway flow without condition": (
        document(
            _with(
                '<exclusiveGateway id="x" name="步骤" default="f8"/>',
                user("b") + flow("x", "b", id="f8") + flow("b", "end"),
            )
        ),
        "x",
        "没有条件",
    ),
    "default that does not exist": (
        document(
            _with('<exclusiveGateway id="x" name="步骤" default="ghost"/>')
        ),
        "x",
        "ghost",
    ),
    "event gateway before a task": (
        document(
            _with(
                '<eventBasedGateway id="x" name="步骤"/>',
                user("b") + flow("x", "b", "end"),
            )
        ),
        "x",
        "捕获事件",
    ),
    "cron": (
        document(
            GOOD
            + boundary("b", "a", timer("0 9 * * 1-5", "timeCycle"))
            + flow("b", "end")
        ),
        "b",
        "cron",
    ),
    "word of the language beside a text": (
        document(
            START
            + END
            + user("a", "b")
            + gateway("exclusive", "g", default="g_end")
            + flow("start", "a", "g")
            + flow("g", "b", when='None == "1"')
            + flow("g", "end")
            + flow("b", "end")
        ),
        "g_b",
        "拿“None”作比较",
    ),
    "negative duration": (
        document(GOOD + boundary("b", "a", timer("-PT5M")) + flow("b", "end")),
        "b",
        "“-PT5M”是负数，一设就已经过期",
    ),
    "timer without time": (
        document(
            GOOD
            + boundary("b", "a", "<timerEventDefinition/>")
            + flow("b", "end")
        ),
        "b",
        "没有填写时间",
    ),
    "bad date": (
        document(
            GOOD
            + boundary("b", "a", timer("2027/1/1", "timeDate"))
            + flow("b", "end")
        ),
        "b",
        "日期",
    ),
    "boundary in the air": (
        document(
            GOOD + boundary("b", "ghost", timer("PT1H")) + flow("b", "end")
        ),
        "b",
        "附着",
    ),
    "boundary without type": (
        document(GOOD + boundary("b", "a", "") + flow("b", "end")),
        "b",
        "类型",
    ),
    "link without target": (
        document(
            _with(
                '<intermediateThrowEvent id="x" name="步骤"><linkEventDefinition '
                'name="L"/></intermediateThrowEvent>'
            )
        ),
        "x",
        "接收端",
    ),
    "a second trigger without its signal": (
        document(
            _with(
                '<intermediateCatchEvent id="x" '
                f'name="步骤">{timer("PT1H")}<signalEventDefinition/></intermediateCatchEvent>'
            )
        ),
        "x",
        "没有选择信号",
    ),
    "expression that runs a shell": (
        document(
            GOOD
            + user("b")
            + flow("a", "b", when="__import__('os')", id="f8")
            + flow("b", "end")
        ),
        "f8",
        "不能用",
    ),
    "expression that does not compile": (
        document(
            GOOD
            + user("b")
            + flow("a", "b", when="x ==", id="f8")
            + flow("b", "end")
        ),
        "f8",
        "写法有误",
    ),
    "expression in an attribute": (
        document(
            _with(
                TASK.format(
                    "userTask", 'camunda:assignee="${a.__class__}"', ""
                )
            )
        ),
        "x",
        "__class__",
    ),
    "script that loops": (
        document(
            _with(
                TASK.format(
                    "scriptTask", "", "<script>while True: pass</script>"
                )
            )
        ),
        "x",
        "脚本",
    ),
    "another expression language": (
        document(
            GOOD
            + user("b")
            + '<sequenceFlow id="f8" sourceRef="a" targetRef="b"><conditionExpression '
            'language="groovy">x</conditionExpression>'
            "</sequenceFlow>" + flow("b", "end")
        ),
        "f8",
        "groovy",
    ),
    "execution listener": (
        document(
            _with(
                TASK.format(
                    "task",
                    "",
                    "<extensionElements><camunda:executionListener/></extensionElements>",
                )
            )
        ),
        "x",
        "执行监听器",
    ),
    "flowable assignee": (
        document(
            _with(
                TASK.format(
                    "userTask",
                    'camunda:assignee="a" xmlns:flowable="http://flowable.org/bpmn" flowable:assignee="b"',
                    "",
                )
            )
        ),
        "x",
        "Flowable",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_diagram_is_refused_at_the_right_element(name) -> None:
    content, element_id, words = BAD[name]
    errors = [f for f in check({"p.bpmn": content}) if f.severity == "error"]
    assert any(
        f.element_id == element_id and words in f.message for f in errors
    ), errors


def test_a_good_diagram_has_no_findings() -> None:
    assert check({"p.bpmn": document(GOOD)}) == []


def test_all_reasons_are_reported_at_once() -> None:
    content = document(
        GOOD
        + user("lost")
        + flow("lost", "end")
        + '<serviceTask id="s9" name="自动"/>'
        + flow("a", "s9", "end")
    )
    assert {
        f.rule for f in check({"p.bpmn": content}) if f.severity == "error"
    } >= {
        "unreachable",
        "service-task-without-topic",
    }


def test_a_form_that_is_not_deployed_is_refused() -> None:
    content = document(
        _with(
            TASK.format(
                "userTask",
                'camunda:candidateGroups="o@county" camunda:formKey="ghost"',
                "",
            )
        )
    )
    assert [
        f.element_id
        for f in check({"p.bpmn": content}, {"review": ["decision"]})
        if f.severity == "error"
    ] == ["x"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<definitions", "XML"),
        (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><definitions/>',
            "DOCTYPE",
        ),
        (b"<definitions>" + b" " * (5 * 1024 * 1024), "5 MB"),
        (
            '<?xml version="1.0" encoding="UTF-8"?><definitions name="网格"/>'.encode(
                "gbk"
            ),
            "UTF-8",
        ),
        (
            '<?xml version="1.0" encoding="GBK"?><definitions name="网格"/>'.encode(),
            "GBK",
        ),
        (
            b'<?xml version="1.0" encoding="undefined"?><definitions/>',
            "undefined",
        ),
        (b'<?xml version="1.0" encoding="zlib"?><definitions/>', "zlib"),
        (
            b'<?xml version="1.0" encoding="utf-7"?><definitions name="+2AA-"/>',
            "utf-7",
        ),
    ],
)
def test_bytes_that_are_not_a_sound_file_are_refused(content, words) -> None:
    (finding,) = [
        f for f in check({"p.bpmn": content}) if f.severity == "error"
    ]
    assert words in finding.message


def test_a_true_gbk_file_is_read() -> None:
    text = (
        '<?xml version="1.0" encoding="GBK"?>'
        + document(GOOD.replace('name="a"', 'name="网格"')).decode()
    )
    assert check({"p.bpmn": text.encode("gbk")}) == []


def test_what_is_made_right_is_noted() -> None:
    content = document(
        GOOD
        + user("b")
        + '<sequenceFlow sourceRef="a" targetRef="b"/>'
        + flow("b", "end")
    )
    rules = {
        f.rule for f in check({"p.bpmn": content}) if f.severity == "note"
    }
    assert rules == {"flow-without-id", "implicit-split"}


def test_a_gateway_whose_only_flow_has_a_condition_is_remarked_upon() -> None:
    drawn = GOOD.replace(flow("start", "a", "end"), "")
    only = gateway("exclusive", "g") + flow("start", "g")
    for condition, told in (("x == 1", 1), (None, 0)):
        way = flow("g", "a", when=condition) + flow("a", "end")
        found = check({"p.bpmn": document(drawn + only + way)})
        assert [(each.rule, each.severity) for each in found] == told * [
            ("exclusive-without-default", "note")
        ]


def test_only_orders_of_a_word_of_the_language_are_in_vain_in_a_table() -> (
    None
):
    content = table([("-", '"a" == None')])
    assert [
        each for each in check({"t.dmn": content}) if each.severity == "error"
    ] == []
