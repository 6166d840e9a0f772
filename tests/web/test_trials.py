"""The trial's page: what is refused stays on it with the reason, whatever the page was sent, and what is kept
goes where the list ends."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.services import designing
from orchestrator.services.designing import awaited_events
from orchestrator.store.drafts import Draft
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

CITY = Path(__file__).parents[2] / "bpmn" / "zhenjiang"
FILE = "scenarios/item_admission.yaml"
APPLIED = {
    "item_name": "夜间巡查",
    "category": "治安安全",
    "legal_basis": "消防条例",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}
STEPS = [["start", "", "jk-cg", APPLIED]]


@pytest.fixture
def draft(application):
    """Id of a draft of the admission procedure, discarded afterwards."""
    with application.app_context():
        with transaction(writing=False) as session:
            designer = session.scalars(
                sa.select(Person.id).where(Person.username == "designer")
            ).one()
        draft_id = designing.open_draft(
            "zhenjiang", "item_admission", designer, datetime.now(UTC)
        )
    yield draft_id
    with application.app_context(), transaction() as session:
        session.get_one(Draft, draft_id).state = "discarded"


def put(application, draft: str, **files: str) -> None:
    with application.app_context(), transaction() as session:
        row = session.get_one(Draft, draft)
        row.content = {**row.content, **files}


def scenarios(application, draft: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        return designing.scenarios_of(session, session.get_one(Draft, draft))


def carried(page: str) -> list[object]:
    """The steps that the page would send on."""
    found = re.findall(r'name="_steps" value="([^"]*)"', page)
    assert found and len(set(found)) == 1, (
        "every form of the page carries the same steps"
    )
    return json.loads(html.unescape(found[0]))


def keep(client, draft: str, steps: object = STEPS, name: str = "新情景"):
    return client.post(
        f"/design/{draft}/try/keep",
        data={"name": name, "_steps": json.dumps(steps)},
    )


OLD = "- 名称: 旧的\n  步骤:\n  - 发起: 事项准入\n    由: 京口区城市管理局\n"
LISTS = {
    "as deployed": None,
    "before the waivers": f"情景:\n{OLD}\n免走:\n  review_result_to_supplement_application: 细则未定\n",
    "in brackets that hold nothing": "情景: []\n",
    "empty": "",
}


@pytest.mark.parametrize("kind", LISTS)
def test_a_trial_is_kept_where_the_list_ends(
    application, signed_in, draft: str, kind: str
) -> None:
    if LISTS[kind] is not None:
        put(application, draft, **{FILE: LISTS[kind]})
    before = scenarios(application, draft)
    answer = keep(signed_in("designer"), draft)
    assert (answer.status_code, answer.headers.get("Location", "")) == (
        302,
        f"/design/{draft}/publish",
    )
    text = scenarios(application, draft)
    assert "名称: 新情景" in text and ("旧的" in text) == ("旧的" in before)
    listed = text[text.index("情景:") :]
    assert "免走:" not in listed or listed.index("新情景") < listed.index(
        "免走:"
    )


def test_the_data_of_a_trial_are_told_as_its_designer_reads_them(
    signed_in, draft: str
) -> None:
    page = signed_in("designer").post(
        f"/design/{draft}/try", data={"_steps": json.dumps(STEPS)}
    )
    data = dict(
        re.findall(
            r"<dt[^>]*>\s*(\S+)\s*(?:<code[^>]*>\w+</code>)?\s*</dt>"
            r'\s*<dd[^>]*>\s*<span class="gf-value">([^<]*)</span>',
            page.text,
        )
    )
    assert data["事项名称"] == "夜间巡查"
    assert data["发起机构"] == "京口区城市管理局"
    assert data["发起机构的角色"] == "城市管理"
    assert data["发起层级"] == "县级"
    assert data["区划名称"] == "京口区"
    # What conditions call it stands beside.
    assert ">item_name</code>" in page.text
    assert "[&#39;" not in page.text and "zhenjiang:" not in "".join(
        data.values()
    )


def test_what_somebody_saved_while_the_trial_went_on_stays(
    application, signed_in, draft: str
) -> None:
    client = signed_in("designer")
    assert (
        client.post(
            f"/design/{draft}/try", data={"_steps": json.dumps(STEPS)}
        ).status_code
        == 200
    )
    put(application, draft, **{FILE: f"情景:\n{OLD}"})
    assert keep(client, draft).status_code == 302
    assert scenarios(application, draft).startswith(
        f"情景:\n{OLD}\n- 名称: 新情景\n  步骤:\n  - 发起: 事项准入\n"
    )


def test_a_trial_that_cannot_be_kept_stays_on_the_page_with_the_reason(
    application, signed_in, draft: str
) -> None:
    client = signed_in("designer")
    put(application, draft, **{FILE: "情景: [{名称: 旧的, 步骤: []}]\n"})
    answer = keep(client, draft)
    assert (
        answer.status_code == 422
        and "情景文件把情景写在方括号里" in answer.text
    )
    assert (
        carried(answer.text) == STEPS
        and 'value="新情景"' in answer.text
        and "审核申请" in answer.text
    )
    assert "新情景" not in scenarios(application, draft)
    answer = keep(client, draft, name=" ")
    assert (
        answer.status_code == 422
        and "请给情景起个名字" in answer.text
        and carried(answer.text) == STEPS
    )


def test_a_draft_that_is_no_longer_right_loses_no_step(
    application, signed_in, draft: str
) -> None:
    client = signed_in("designer")
    with application.app_context(), transaction(writing=False) as session:
        diagram = session.get_one(Draft, draft).content["item_admission.bpmn"]
    put(application, draft, **{"item_admission.bpmn": "<a/>"})
    for path in ("try", "try/keep"):
        answer = client.post(
            f"/design/{draft}/{path}",
            data={"name": "新情景", "_steps": json.dumps(STEPS)},
        )
        assert (
            answer.status_code == 422
            and carried(answer.text) == STEPS
            and "草稿改好后，接着试运行" in answer.text
        )
    put(application, draft, **{"item_admission.bpmn": diagram})
    assert (
        "审核申请"
        in client.post(
            f"/design/{draft}/try", data={"_steps": json.dumps(STEPS)}
        ).text
    )


def test_a_step_that_no_longer_goes_leaves_those_before_it(
    signed_in, draft: str
) -> None:
    steps = [
        *STEPS,
        ["complete", "no_such_step", "jk-wg", {}],
        ["expire", "nothing", "", {}],
    ]
    answer = signed_in("designer").post(
        f"/design/{draft}/try", data={"_steps": json.dumps(steps)}
    )
    assert answer.status_code == 200 and carried(answer.text) == STEPS
    assert "第 2 步走不通，已停在它之前：" in html.unescape(answer.text)


def test_the_step_after_the_hundredth_is_refused_and_the_hundred_stay(
    signed_in, draft: str, monkeypatch
) -> None:
    from orchestrator.services.designing import trials

    monkeypatch.setattr(trials, "MOST", 1)
    client = signed_in("designer")
    by = re.search(
        r'name="_element" value="(\w+)">.*?<option value="([\w-]+)">',
        page(client, draft),
        re.DOTALL,
    )
    assert by
    answer = client.post(
        f"/design/{draft}/try",
        data={
            "_act": "complete",
            "_submit": "1",
            "_element": by[1],
            "_by": by[2],
            "_steps": json.dumps(STEPS),
            "decision": "approve",
            "comment": "属实",
        },
    )
    assert (
        answer.status_code == 422
        and "一次试运行最多 1 步，请存为情景后重新开始" in answer.text
    )
    assert carried(answer.text) == STEPS
    answer = client.post(
        f"/design/{draft}/try", data={"_steps": json.dumps(STEPS * 2)}
    )
    assert (
        carried(answer.text) == STEPS and "一次试运行最多 1 步" in answer.text
    )
    assert keep(client, draft).status_code == 302, (
        "what was done can still be kept"
    )


def page(client, draft: str) -> str:
    return client.post(
        f"/design/{draft}/try", data={"_steps": json.dumps(STEPS)}
    ).text


def test_a_trial_that_takes_too_much_work_says_so_and_keeps_what_was_done(
    signed_in, draft: str, monkeypatch
) -> None:
    from orchestrator.engine import budgets

    client = signed_in("designer")
    monkeypatch.setattr(budgets, "REQUEST", 1)
    another = ["start", "", "jk-cg", {**APPLIED, "item_name": "清晨巡查"}]
    answer = client.post(
        f"/design/{draft}/try", data={"_steps": json.dumps([*STEPS, another])}
    )
    assert answer.status_code == 200 and carried(answer.text) == STEPS
    assert "计算量过大，系统已停止计算" in answer.text
    answer = client.post(
        f"/design/{draft}/try",
        data={
            "_act": "expire",
            "_element": "review_overdue",
            "_steps": json.dumps(STEPS),
        },
    )
    assert answer.status_code == 422 and carried(answer.text) == STEPS
    monkeypatch.setattr(budgets, "REQUEST", 100_000_000)
    assert client.get(f"/design/{draft}/publish").status_code == 200
    monkeypatch.setattr(budgets, "REQUEST", 1)
    assert "演练的计算量已用完" in client.get(f"/design/{draft}/publish").text


NONSENSE = {
    "nobody begins": {"_act": "start", "_by": "nobody"},
    "nobody does it": {"_act": "complete", "_element": "x", "_by": "nobody"},
    "a timer that is none": {"_act": "expire", "_element": "x"},
    "no act": {"_act": "zzz", "_submit": "1"},
    "nobody began": {"_steps": '[["start", "", "nobody", {}]]'},
    "a number": {"_steps": "5"},
    "no steps": {"_steps": "[]"},
    "pairs": {"_steps": "[[1,2,3,[[1,2]]]]"},
    "pairs under a start": {"_steps": '[["start", "", "jk-cg", [[1, 2]]]]'},
    "values of other kinds": {
        "_steps": json.dumps(
            [["start", "", "jk-cg", {"item_name": {"a": 1}, "category": [5]}]]
        )
    },
    "a message of no values": {
        "_steps": '[["receive", "paid", "", {"data": "abc"}]]'
    },
    "a message that finds by a list": {
        "_steps": '[["receive", "paid", "", {"correlation": [1]}]]'
    },
    "half a character": {
        "_steps": '[["start", "", "jk-cg", {"item_name": "\\ud800"}]]'
    },
    "very deep": {"_steps": "[" * 100_000},
    "a deep value": {
        "_steps": f'[["start", "", "jk-cg", {{"item_name": {"[" * 900}{"]" * 900}}}]]'
    },
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_whatever_the_page_is_sent_it_answers_with_a_page(
    application, signed_in, draft: str, kind: str
) -> None:
    client = signed_in("designer")
    before = scenarios(application, draft)
    played = client.post(f"/design/{draft}/try", data=NONSENSE[kind])
    assert played.status_code in (200, 422) and "下一步" in played.text
    if "nobody" in kind and "_by" in NONSENSE[kind]:
        assert (
            played.status_code == 422 and "机构“nobody”不存在" in played.text
        )
    kept = client.post(
        f"/design/{draft}/try/keep", data={**NONSENSE[kind], "name": "甲"}
    )
    assert (
        kept.status_code == 422
        and 'role="alert"' in kept.text
        and "下一步" in kept.text
    )
    assert scenarios(application, draft) == before


@pytest.mark.parametrize(
    "encoding", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_long_texts_are_read_and_too_long_ones_say_so(
    application, signed_in, draft: str, encoding: str
) -> None:
    def post(path: str, **sent: object):
        return signed_in("designer").post(
            f"/design/{draft}/{path}", data=sent, content_type=encoding
        )

    long = f"情景:\n{OLD}" + "# 夜间巡查的写法\n" * 40_000
    assert len(long.encode()) > 900_000
    told = post("scenarios", text=long, revision=revision(application, draft))
    assert (
        told.status_code == 422
        and "文件超过 30 万字" in told.text
        and long[-999:] in told.text
    )
    long = long[:290_000].rpartition("\n")[0] + "\n"
    assert (
        post(
            "scenarios", text=long, revision=revision(application, draft)
        ).status_code
        == 302
    )
    assert scenarios(application, draft) == long
    steps = [
        ["start", "", "jk-cg", {**APPLIED, "why_grids": "点多面广" * 50_000}]
    ]
    assert (
        post("try", _steps=json.dumps(steps, ensure_ascii=False)).status_code
        == 200
    )


def test_what_is_larger_than_any_page_sends_is_told_in_words(
    signed_in, draft: str
) -> None:
    answer = signed_in("designer").post(
        f"/design/{draft}/scenarios",
        data={"text": "字" * 1_500_000},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 413 and "提交的内容过大" in answer.text


def revision(application, draft: str) -> int:
    with application.app_context(), transaction(writing=False) as session:
        return session.get_one(Draft, draft).revision


def test_the_editor_of_scenarios_lists_every_step_that_may_be_written(
    signed_in, draft: str
) -> None:
    shown = html.unescape(
        signed_in("designer").get(f"/design/{draft}/scenarios").text
    )
    assert (
        "发消息: 办理结果" in shown
        and "另可写 事项、异常、数据、理由、由、被拒" in shown
    )


STARTED = "application_submitted_to_review_application"
FLOW = (
    f'<bpmn:sequenceFlow id="{STARTED}"'
    ' sourceRef="application_submitted" targetRef='
)
WAIT = """<bpmn:intermediateCatchEvent id="wait_for_funds" name="等待拨款">
<bpmn:documentation>依据：默认</bpmn:documentation>
<bpmn:incoming>application_submitted_to_review_application</bpmn:incoming><bpmn:outgoing>go_on</bpmn:outgoing>
<bpmn:messageEventDefinition id="wait_definition" messageRef="funds_come" /></bpmn:intermediateCatchEvent>
<bpmn:sequenceFlow id="go_on" sourceRef="wait_for_funds" targetRef="review_application" />
"""
MESSAGE = """<bpmn:message id="funds_come" name="款到"><bpmn:extensionElements><camunda:properties>
<camunda:property name="correlationKey" value="${item_name}" />
</camunda:properties></bpmn:extensionElements></bpmn:message>
</bpmn:definitions>"""


def test_what_another_instance_sends_is_taken_as_received_and_kept_as_a_step(
    application, signed_in, draft: str
) -> None:
    diagram = (CITY / "item_admission.bpmn").read_text(encoding="utf-8")
    came = "<bpmn:incoming>application_submitted_to_review_application"
    diagram = diagram.replace(came, "<bpmn:incoming>go_on")
    diagram = diagram.replace(
        f'{FLOW}"review_application" />',
        f'{WAIT}{FLOW}"wait_for_funds" />',
    )
    diagram = diagram.replace("</bpmn:definitions>", MESSAGE)
    put(application, draft, **{"item_admission.bpmn": diagram})
    client = signed_in("designer")
    page = client.post(
        f"/design/{draft}/try", data={"_steps": json.dumps(STEPS)}
    ).text
    assert "等待拨款：等待消息“款到”，对方填写的是“夜间巡查”" in page
    given = {"_act": "receive", "_element": "review_application"}
    refused = client.post(
        f"/design/{draft}/try", data={"_steps": json.dumps(STEPS), **given}
    )
    assert refused.status_code == 422 and "没有在等这个消息" in refused.text
    steps = carried(refused.text)
    given["_element"] = "wait_for_funds"
    page = client.post(
        f"/design/{draft}/try", data={"_steps": json.dumps(steps), **given}
    ).text
    assert "<strong>审核申请</strong>" in page and "当作已经收到" not in page
    kept = keep(client, draft, carried(page))
    assert kept.status_code == 302, kept.text
    told = scenarios(application, draft)
    assert "发消息: 款到\n" in told and "关联: 夜间巡查\n" in told


PAID_MESSAGE = (
    '<bpmn:message id="paid_message" name="付款"><bpmn:extensionElements><camunda:properties>'
    '<camunda:property name="correlationKey" value="${item_name}"/>'
    "</camunda:properties></bpmn:extensionElements></bpmn:message>"
)
PAID_BEFORE = (
    '<bpmn:intermediateCatchEvent id="paid" name="等付款">'
    '<bpmn:messageEventDefinition messageRef="paid_message"/></bpmn:intermediateCatchEvent>'
    '<bpmn:sequenceFlow id="w1" sourceRef="paid" targetRef="enough"/>'
    '<bpmn:exclusiveGateway id="enough" name="够不够" default="w3"/>'
    '<bpmn:sequenceFlow id="w2" sourceRef="enough" targetRef="ask">'
    "<bpmn:conditionExpression>paid_sum &gt; 3</bpmn:conditionExpression></bpmn:sequenceFlow>"
    '<bpmn:sequenceFlow id="w3" sourceRef="enough" targetRef="review_application"/>'
    '<bpmn:callActivity id="ask" name="征求意见" calledElement="asked_there"/>'
    '<bpmn:sequenceFlow id="w4" sourceRef="ask" targetRef="review_application"/>'
)
CALLED = """<?xml version="1.0"?><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="x">
  <bpmn:process id="asked_there" name="部门意见" isExecutable="true">
    <bpmn:startEvent id="there"/><bpmn:sequenceFlow id="t1" sourceRef="there" targetRef="opinion"/>
    <bpmn:userTask id="opinion" name="出具意见" camunda:formKey="approval"
      camunda:candidateGroups="grid-office@same">
      <bpmn:documentation>依据：默认</bpmn:documentation></bpmn:userTask>
    <bpmn:sequenceFlow id="t2" sourceRef="opinion" targetRef="given"/>
    <bpmn:endEvent id="given" name="已出具"/>
  </bpmn:process></bpmn:definitions>"""


TYPED: dict[str, object] = {
    "5": 5,
    "-0.5": -0.5,
    "999999999999999": 999_999_999_999_999,
    "370502199001011234": "370502199001011234",
    "007": "007",
    "1e5": "1e5",
    "NaN": "NaN",
    "٣": "٣",
    "true": True,
    "null": "null",
    '"1.10"': "1.10",
    '"甲': '"甲',
    '"\\ud800"': '"\\ud800"',
    "[1]": "[1]",
}


def test_a_typed_value_is_a_number_only_where_it_is_an_amount() -> None:
    for text, value in TYPED.items():
        typed = awaited_events.typed_value(text)
        assert (typed, type(typed)) == (value, type(value)), text


def test_a_message_brings_no_more_than_a_page_sends() -> None:
    fifty = {f"a{number}": 1 for number in range(50)}
    assert awaited_events.could_be_sent({"data": fifty})
    assert not awaited_events.could_be_sent({"data": {**fifty, "b": 1}})
    assert awaited_events.could_be_sent({"correlation": "甲" * 200})
    assert not awaited_events.could_be_sent({"correlation": "甲" * 201})


def test_a_message_brings_what_is_written_and_a_called_process_is_waited_for(
    application, signed_in, draft: str
) -> None:
    name = "item_admission.bpmn"
    with application.app_context(), transaction(writing=False) as session:
        text = session.get_one(Draft, draft).content[name]
    flow = 'id="application_submitted_to_review_application" sourceRef="application_submitted" targetRef='
    text = text.replace(
        f'{flow}"review_application" />', f'{flow}"paid" />' + PAID_BEFORE
    ).replace("<bpmn:collaboration", PAID_MESSAGE + "<bpmn:collaboration", 1)
    put(application, draft, **{name: text, "asked_there.bpmn": CALLED})
    client = signed_in("designer")
    page = f"/design/{draft}/try"
    began = client.post(page, data={"_steps": json.dumps(STEPS)})
    assert "等付款：等待消息“付款”，对方填写的是“夜间巡查”" in began.text
    # What a condition reads and nobody fills in is offered as a name.
    assert 'name="value.name" value="paid_sum"' in began.text
    receive = {
        "_steps": json.dumps(STEPS),
        "_act": "receive",
        "_element": "paid",
        "value.name": ["paid_sum", "_odd"],
        "value.text": ["5", "甲"],
    }
    refused = client.post(page, data=receive)
    assert refused.status_code == 422 and "以下划线开头" in refused.text
    assert 'value="_odd"' in refused.text and 'value="甲"' in refused.text
    unheard = client.post(
        page, data=receive | {"value.name": ["paid_sum"], "_key": "别的"}
    )
    assert unheard.status_code == 422
    assert "没有事项在等“别的”的消息“付款”" in unheard.text
    long_key = client.post(
        page,
        data=receive | {"value.name": ["paid_sum"], "_key": "别" * 201},
    )
    assert long_key.status_code == 422
    assert "对方填写的内容超过 200 个字，请改短" in long_key.text
    assert carried(long_key.text) == STEPS, "no step is lost"
    gone_on = client.post(page, data=receive | {"value.name": ["paid_sum"]})
    assert gone_on.status_code == 200, gone_on.text
    assert "“征求意见”在等被调用的流程“部门意见”办结" in gone_on.text
    assert re.search(r'data-current="[^"]*\bask\b', gone_on.text)
    assert "出具意见" in gone_on.text
    steps = carried(gone_on.text)
    assert steps[-1] == ["receive", "paid", "", {"data": {"paid_sum": 5}}]
    with application.app_context(), transaction(writing=False) as session:
        tried = designing.TrialSetup(session, session.get_one(Draft, draft))
        kept = tried.scenario(
            "付款", [designing.TrialStep(*step) for step in steps]
        )
    assert (
        "发消息: 付款\n    关联: 夜间巡查\n    数据:\n      paid_sum: 5"
        in kept
    )
