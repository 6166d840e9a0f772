"""The workbench's pages: what is typed is kept, a broken draft still opens everywhere, and what belongs to
another city is not there."""

from __future__ import annotations

import html
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.errors import Finding
from orchestrator.services import designing
from orchestrator.services.bundles import profile_in_force
from orchestrator.store.drafts import Draft, DraftRevision
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from web.designing.workbench import _choices, _told, _topics

PAGES = (
    "",
    "/files",
    "/files/application_review.form",
    "/try",
    "/scenarios",
    "/cards",
    "/cards/0/0",
    "/publish",
    "/backtest",
    "/import",
)


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


def change(application, draft: str, **values: object) -> None:
    """Sets columns of the draft, whatever the pages would allow."""
    with application.app_context(), transaction() as session:
        row = session.get_one(Draft, draft)
        for name, value in values.items():
            setattr(row, name, value)


def content(application, draft: str) -> dict[str, str]:
    with application.app_context(), transaction(writing=False) as session:
        return dict(session.get_one(Draft, draft).content)


HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
BROKEN = {
    "not closed": "<bpmn:definitions",
    "no process": f"{HEAD}</definitions>",
    "another id": None,
    "empty process": f'{HEAD}<process id="item_admission" isExecutable="true"/></definitions>',
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_diagram_opens_on_every_page(
    application, signed_in, draft: str, kind: str
) -> None:
    there = content(application, draft)["item_admission.bpmn"]
    broken = BROKEN[kind] or there.replace(
        'id="item_admission"', 'id="something_else"', 1
    )
    change(application, draft, content={"item_admission.bpmn": broken})
    client = signed_in("designer")
    for page in PAGES:
        assert client.get(f"/design/{draft}{page}").status_code in (
            200,
            422,
        ), page
    assert client.get("/design/compare/item_admission").status_code == 200
    answer = client.post(
        f"/design/{draft}/check",
        json={"name": "item_admission.bpmn", "text": broken},
    )
    assert answer.status_code == 200
    assert any(
        each["severity"] == "error" for each in answer.get_json()["findings"]
    )
    assert "没有发布" in client.post(f"/design/{draft}/publish").text


def test_only_what_stands_in_a_file_of_the_draft_leads_to_its_element(
    application: Flask,
) -> None:
    own = "own.bpmn"
    with application.test_request_context():
        here, elsewhere = (
            _told(Finding("rule", "step", "说明", resource=name), {own}, own)
            for name in (own, "other.bpmn")
        )
    assert (here["element"], here["told"]) == ("step", "说明")
    assert elsewhere["element"] is None and "other" in elsewhere["told"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"components": 1}',
        '{"components": [{"type": "iframe"}]}',
        "\x00",
        "",
    ],
)
def test_a_broken_form_is_told_and_opens_on_every_page(
    application, signed_in, draft: str, text: str
) -> None:
    change(
        application,
        draft,
        content={
            **content(application, draft),
            "application_review.form": text,
        },
    )
    client = signed_in("designer")
    for page in PAGES:
        assert client.get(f"/design/{draft}{page}").status_code in (
            200,
            422,
        ), page
    answer = client.post(
        f"/design/{draft}/check",
        json={"name": "application_review.form", "text": text},
    ).get_json()
    assert answer["preview"] == ""
    told = [
        each["told"]
        for each in answer["findings"]
        if each["severity"] == "error"
    ]
    assert told
    # Beside another file the sentence says in which one it is wrong.
    there = content(application, draft)["item_admission.bpmn"]
    beside = client.post(
        f"/design/{draft}/check",
        json={"name": "item_admission.bpmn", "text": there},
    ).get_json()
    said = [each["told"] for each in beside["findings"]]
    page = html.unescape(client.get(f"/design/{draft}/publish").text)
    around = "“事项准入”的流程图："
    for sentence in told:
        if sentence.startswith(around):
            assert sentence.removeprefix(around) in said
            continue
        named = f"表单 application_review.form：{sentence}"
        assert named in said
        assert named in page


def test_a_form_is_drawn_as_the_server_draws_it(signed_in, draft: str) -> None:
    form = {
        "components": [
            {"type": "textfield", "key": "file_number", "label": "<b>文号</b>"}
        ]
    }
    answer = signed_in("designer").post(
        f"/design/{draft}/check",
        json={"name": "new_one.form", "text": json.dumps(form)},
    )
    assert "&lt;b&gt;文号&lt;/b&gt;" in answer.get_json()["preview"]


def test_saving_answers_with_the_reason(signed_in, draft: str) -> None:
    client = signed_in("designer")
    for given, status in (
        ({"name": "../etc.form", "text": "{}", "revision": 1}, 422),
        ({"name": "item_admission.bpmn", "text": "", "revision": 1}, 422),
        ({"name": "a_form.form", "text": "{}", "revision": 99}, 409),
        ({"name": "a_form.form", "text": "{}", "revision": "eins"}, 409),
        ({}, 422),
        ({"name": "a_form.form", "text": "{}", "revision": 1}, 200),
    ):
        assert (
            client.post(f"/design/{draft}/save", json=given).status_code
            == status
        ), given


def test_two_designers_changes_are_merged_and_what_both_changed_is_asked(
    application, signed_in, draft: str
) -> None:
    name = "item_admission.bpmn"
    base = content(application, draft)[name]
    theirs = base.replace('name="审核申请"', 'name="复核"')
    apart = base.replace('name="组织实施"', 'name="落实"')
    both = base.replace('name="审核申请"', 'name="初审"')
    client = signed_in("designer")

    def save(text: str, **given: object) -> tuple[int, Any]:
        answer = client.post(
            f"/design/{draft}/save",
            json={"name": name, "text": text, "revision": 1, **given},
        )
        return answer.status_code, answer.get_json()

    assert save(theirs)[0] == 200
    assert save(apart)[0] == 409
    status, told = save(apart, base=base, comment="按会议意见")
    assert status == 200
    assert 'name="复核"' in told["text"]
    assert 'name="落实"' in told["text"]
    status, told = save(both, base=base)
    assert status == 409
    assert told["overlapping"]
    assert "“复核”" in told["told"]
    status, told = save(both, base=base, prefer="theirs")
    assert status == 200
    assert 'name="复核"' in told["text"]
    with application.app_context(), transaction(writing=False) as session:
        saved = session.scalars(
            sa.select(DraftRevision).where(DraftRevision.draft_id == draft)
        ).all()
    assert any('name="初审"' in each.content[name] for each in saved)
    assert any(each.comment.startswith("按会议意见（与") for each in saved), (
        "what was noted of a save stays when it is merged"
    )
    status, told = save(both, base=base, prefer="mine")
    assert status == 200
    assert 'name="初审"' in told["text"]
    assert 'name="落实"' in told["text"]
    assert save("<broken", base=base)[0] == 409
    assert save("no file", base=base)[0] == 422
    # A form that the draft has not changed yet is saved though somebody saved another file.
    form = {"name": "approval.form", "revision": 1, "base": "{}", "text": "{}"}
    told = client.post(f"/design/{draft}/save", json=form)
    assert told.status_code == 200
    assert told.get_json()["text"] != "{}"
    scenarios = {**form, "name": "scenarios/item_admission.yaml"}
    told = client.post(f"/design/{draft}/save", json=scenarios)
    assert told.status_code == 422


def test_a_form_of_another_tool_is_converted_and_what_is_not_is_named(
    signed_in, draft: str
) -> None:
    client = signed_in("designer")

    def send(key: str, data: bytes, kind: str = "form") -> Any:
        return client.post(
            f"/design/{draft}/files",
            data={
                "kind": kind,
                "key": key,
                "title": "登记",
                "file": (io.BytesIO(data), "a.json"),
            },
            follow_redirects=True,
        )

    schema = {
        "type": "object",
        "properties": {
            "subject": {"type": "string", "title": "事由"},
            "place": {"type": "object", "title": "地点"},
        },
    }
    page = send("arena_form", json.dumps(schema).encode())
    assert page.status_code == 200 and "以下内容没有转换" in page.text
    assert "“地点”的类型“object”" in page.text
    assert json.dumps("事由").strip('"') in page.text
    cloud = {"components": [{"type": "textfield", "key": "subject"}]}
    page = send("cloud_form", json.dumps(cloud).encode())
    assert page.status_code == 200 and "没有转换" not in page.text
    for data, kind, told in (
        (b"{}", "form", "这不是表单文件"),
        (b"\xff{", "form", "这不是表单文件"),
        (b"[" * 90_000, "form", "这不是表单文件"),
        (b"{" * 300_001, "form", "超过 300 KB"),
        (b"{}", "dmn", "只有表单可以从文件导入"),
    ):
        refused = send("another_form", data, kind)
        assert refused.status_code == 422 and told in refused.text
        assert 'value="another_form"' in refused.text


def test_a_file_is_begun_under_a_key_of_its_own(signed_in, draft: str) -> None:
    client = signed_in("designer")
    for given, told in (
        (
            {"kind": "form", "key": "Legal Review", "title": "合法性审查"},
            "编号只能用小写字母",
        ),
        ({"kind": "form", "key": "legal_review", "title": ""}, "请写上名称"),
        (
            {"kind": "form", "key": "application_review", "title": "审核"},
            "已经有这个编号的文件",
        ),
    ):
        answer = client.post(f"/design/{draft}/files", data=given)
        assert answer.status_code == 422 and told in answer.text
        assert f'value="{given["key"]}"' in answer.text, (
            "what was typed is still there"
        )
    assert (
        client.post(
            f"/design/{draft}/files",
            data={"kind": "dmn", "key": "by_category", "title": '按"类<别'},
        ).status_code
        == 302
    )
    assert "按&#34;类&lt;别" in client.get(f"/design/{draft}/files").text
    assert (
        client.get(f"/design/{draft}/files/by_category.dmn").status_code == 200
    )
    assert (
        client.post(
            f"/design/{draft}/files/by_category.dmn/give-up"
        ).status_code
        == 302
    )
    for missing in ("by_category.dmn", "jurisdiction.toml", "../app.py"):
        assert (
            client.get(f"/design/{draft}/files/{missing}").status_code == 404
        )


def test_a_wrong_date_is_told_and_what_was_typed_stays(
    signed_in, draft: str
) -> None:
    client = signed_in("designer")
    for day, told in (
        ("下周", "生效日期应写成"),
        ("2020-01-01", "生效时间应在现在之后"),
    ):
        answer = client.post(
            f"/design/{draft}/publish",
            data={"effective_on": day, "remark": "按新细则"},
        )
        assert (
            answer.status_code == 422
            and told in answer.text
            and 'value="按新细则"' in answer.text
        )


def test_nobody_reaches_what_belongs_to_another_city(
    application, signed_in, draft: str
) -> None:
    change(application, draft, tenant_id="elsewhere")
    try:
        client = signed_in("designer")
        for page in (*PAGES, f"/../diagrams/{draft}"):
            assert client.get(f"/design/{draft}{page}").status_code == 404, (
                page
            )
        for act in (
            "save",
            "check",
            "here",
            "publish",
            "propose",
            "hand-back",
            "take-over",
            "follow",
            "rename-in-scenarios",
            "mend-scenarios",
            "discard",
        ):
            assert (
                client.post(f"/design/{draft}/{act}", json={}).status_code
                == 404
            ), act
        assert (
            client.get("/design/diagrams/qingdao:item_admission:1").status_code
            == 404
        )
        assert (
            client.get(
                "/design/compare/item_admission?before=qingdao:item_admission:1"
            ).status_code
            == 200
        )
        assert (
            client.post(
                "/design/deployments/nothing/withdraw", data={"reason": "x"}
            ).status_code
            == 404
        )
    finally:
        change(application, draft, tenant_id="zhenjiang")


def test_a_withdrawal_needs_a_reason_and_leads_back_into_the_workbench(
    signed_in,
) -> None:
    client = signed_in("designer")
    answer = client.post(
        "/design/deployments/nothing/withdraw",
        data={"back": "https://elsewhere.example/"},
    )
    assert answer.status_code == 422 and "请写明撤销的理由" in answer.text


def test_a_comment_that_the_record_cannot_hold_is_refused_and_not_cut(
    application, signed_in
) -> None:
    client = signed_in("designer")
    with application.app_context():
        with transaction(writing=False) as session:
            designer = session.scalars(
                sa.select(Person.id).where(Person.username == "designer")
            ).one()
        draft = designing.open_draft(
            "zhenjiang", "item_exit", designer, datetime.now(UTC)
        )
        with transaction(writing=False) as session:
            row = session.get_one(Draft, draft)
            name, given = (
                designing.diagram_name(row),
                {"revision": row.revision},
            )
            given |= {"name": name, "text": row.content[name]}
    told = client.post(
        f"/design/{draft}/save", json={**given, "comment": "说" * 201}
    )
    assert (
        told.status_code == 422
        and told.json["told"] == "最多写 200 字，现在有 201 字，请删减"
    )
    steps = [["start", "", "jk-wgb", {}]]
    kept = client.post(
        f"/design/{draft}/try/keep",
        data={"name": "名" * 81, "_steps": json.dumps(steps)},
    )
    assert (
        kept.status_code == 422
        and "最多写 80 字，现在有 81 字" in kept.text
        and "名" * 81 in kept.text
    )
    assert (
        client.post(
            f"/design/{draft}/save", json={**given, "comment": "说" * 200}
        ).status_code
        == 200
    )


def test_the_panel_offers_fields_by_how_they_are_compared_and_bodies_that_a_form_chose(
    application, draft: str
) -> None:
    form = {
        "id": "application_review",
        "type": "default",
        "schemaVersion": 18,
        "title": "审核",
        "components": [
            {
                "type": "number",
                "key": "amount",
                "label": "申请金额",
                "appearance": {"suffixAdorner": "万元"},
            },
            {
                "type": "datetime",
                "subtype": "date",
                "key": "held_on",
                "dateLabel": "举行日期",
            },
            {"type": "checkbox", "key": "urgent", "label": "是否紧急"},
            {
                "type": "select",
                "key": "reviewer",
                "label": "会同审核的部门",
                "valuesKey": "departments",
            },
            {"type": "textfield", "key": "words", "label": "意见"},
        ],
    }
    text = json.dumps(form, ensure_ascii=False)
    with application.app_context(), transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        row.content = {**row.content, "application_review.form": text}
        offered = designing.offered(session, row)
        session.expunge(row)
    asked = [
        field
        for field in offered["fields"]
        if field["form"] == "application_review"
    ]
    names = {field["key"]: field["name"] for field in asked}
    assert names["urgent"] == "是否紧急"
    fields = {each["key"]: (each["kind"], each["unit"]) for each in asked}
    assert fields["amount"] == ("number", "万元")
    assert fields["held_on"] == ("day", "") and fields["urgent"] == (
        "truth",
        "",
    )
    assert "words" not in fields and "reviewer" not in fields
    with application.app_context(), transaction(writing=False) as session:
        profile = profile_in_force(session, "zhenjiang")
        topics = {each["value"]: each for each in _topics(profile)}
    gives = topics["deadline.extend"]["gives"]
    assert gives == [{"value": "extended", "label": "是否已延期"}]
    assert {
        "form": "application_review",
        "value": "${reviewer}",
        "label": "表单里选的“会同审核的部门”",
    } in offered["chosenBodies"]


def test_a_condition_may_ask_who_began(application) -> None:
    with application.app_context(), transaction(writing=False) as session:
        profile = profile_in_force(session, "zhenjiang")
    role, level = designing.circumstances(profile)
    assert role["key"] == "initiator_role"
    assert {
        "value": "grid-office",
        "label": profile.roles["grid-office"].name,
    } in role["options"]
    assert [option["value"] for option in level["options"]] == list(
        profile.levels.keys
    )


def test_the_panel_offers_a_role_beside_and_above_where_it_has_several_levels(
    application: Flask,
) -> None:
    with application.app_context(), transaction(writing=False) as session:
        profile = profile_in_force(session, "zhenjiang")
    bodies = {each["value"] for each in _choices(profile)["bodies"]}
    for role in profile.roles.values():
        for place in ("same", "above"):
            is_offered = f"{role.key}@{place}" in bodies
            assert is_offered == (len(role.levels) > 1), role.key
        assert f"{role.key}@{role.levels[0]}" in bodies


def test_a_deadline_is_offered_with_the_time_of_day_at_which_it_ends(
    application: Flask,
) -> None:
    with application.app_context(), transaction(writing=False) as session:
        profile = profile_in_force(session, "zhenjiang")
    rule = next(iter(profile.deadlines.values()))
    by_noon = replace(rule, amount=1, unit="days", until="12:00")
    changed = replace(profile, deadlines={rule.name: by_noon})
    told = f"{rule.label}（次日 12:00 前）"
    assert [each["label"] for each in _choices(changed)["deadlines"]] == [told]
