"""Submissions: an HTML form's fields to data, and data to what a person reads."""

import pytest
from werkzeug.datastructures import MultiDict

import forms
from tests.forms.conftest import DECISION, REASON, ROWS, field, load

POSTED = [
    ("after.0.name", "甲"),
    ("after.0.areas", "a"),
    ("after.0.areas", "b"),
    ("after.7.name", "乙"),
    ("after.7.kind", "dedicated"),
]


def rows(*more: tuple[str, str]) -> list[dict]:
    return forms.parse_submission(load(ROWS), MultiDict([*POSTED, *more]))[
        "after"
    ]


def test_rows_are_read_in_order_whatever_their_numbers() -> None:
    assert [(row["name"], row["kind"], row["areas"]) for row in rows()] == [
        ("甲", "", ["a", "b"]),
        ("乙", "dedicated", []),
    ]


def test_the_buttons_add_and_remove_rows() -> None:
    assert rows(("_add", "after"))[2] == {"kind": "general"}
    assert [row["name"] for row in rows(("_remove", "after.0"))] == ["乙"]


@pytest.mark.parametrize(
    "press",
    [
        ("_remove", "after.9"),
        ("_remove", "after.²"),
        ("_remove", "gone.0"),
        ("_remove", ""),
        ("_add", "name"),
        ("after.².name", "x"),
        ("after.99999999.name", "x"),
        ("after.-1.name", "x"),
        ("afterwards.1.name", "x"),
    ],
)
def test_a_strange_field_changes_nothing(press: tuple[str, str]) -> None:
    assert [row["name"] for row in rows(press)] == ["甲", "乙"]


def test_groups_inside_rows_are_read_and_checked() -> None:
    form = load(
        field(
            "dynamiclist",
            "l",
            "行",
            components=[
                {
                    "type": "group",
                    "components": [
                        field("textfield", "t", "文", required=True)
                    ],
                },
                field("number", "n", "数"),
            ],
        )
    )
    data = forms.parse_submission(
        form, MultiDict([("l.0.t", "甲"), ("l.0.n", "2")])
    )
    assert forms.validate(form, data, {}) == {"l": [{"t": "甲", "n": 2}]}


def test_a_box_that_is_not_ticked_is_false_and_files_are_ids() -> None:
    form = load(
        field("checkbox", "ok", "已核对"),
        field("filepicker", "files", "附件", multiple=True),
    )
    assert forms.parse_submission(
        form, MultiDict([("files", "id1"), ("files", "")])
    ) == {
        "ok": False,
        "files": ["id1"],
    }


def test_the_summary_reads_as_the_form_did() -> None:
    form = load(
        DECISION,
        REASON,
        ROWS,
        field("checkbox", "ok", "已核对"),
        field("filepicker", "files", "附件", multiple=True),
        field("datetime", "at", "时间", subtype="datetime"),
    )
    data = {
        "decision": "reject",
        "reason": "重复",
        "ok": False,
        "files": ["id1"],
        "at": "2026-03-02T09:30",
        "after": [
            {
                "name": "甲",
                "kind": "general",
                "areas": ["a", "b"],
                "unit": "残留",
            }
        ],
    }
    assert forms.summarise(form, data, {}, {"id1": "照片.png"}) == [
        ("意见", "不同意"),
        ("理由", "重复"),
        ("网格", "1. 名称：甲；类别：综合网格；片区：一组、二组"),
        ("已核对", "否"),
        ("附件", "照片.png"),
        ("时间", "2026-03-02 09:30"),
    ]


def test_a_choice_from_a_register_reads_later_as_it_read_then() -> None:
    form = load(
        field("select", "item", "事项", valuesKey="items"),
        field(
            "dynamiclist",
            "l",
            "行",
            components=[
                field("checklist", "areas", "片区", valuesKey="areas")
            ],
        ),
    )
    data = {"item": "i1", "l": [{"areas": ["a1", "a2"]}]}
    then = {
        "items": [forms.Option("i1", "巡查"), forms.Option("i2", "走访")],
        "areas": [
            forms.Option("a1", "东格·一组"),
            forms.Option("a2", "东格·二组"),
        ],
    }
    recorded = forms.chosen(form, data, then)
    assert recorded == {
        "items": {"i1": "巡查"},
        "areas": {"a1": "东格·一组", "a2": "东格·二组"},
    }
    now = {
        "items": [forms.Option("i2", "走访")],
        "areas": [forms.Option("a1", "西格·一组")],
    }
    assert forms.summarise(
        form, data, forms.with_recorded(now, recorded)
    ) == forms.summarise(form, data, then)


@pytest.mark.parametrize(
    "text",
    [
        "张三",
        "王建军",
        "1201室",
        "87654321",
        "13812345678",
        "321102199001011234",
    ],
)
def test_personal_data_read_back_hide_half_or_four_characters(
    text: str,
) -> None:
    form = forms.Form(
        "f", (forms.Field("textfield", "who", "谁", personal=True),)
    )
    [(_label, shown)] = forms.summarise(form, {"who": text}, {})
    assert len(text) - len(shown.replace("*", "")) >= min(4, len(text) // 2)
    assert forms.summarise(
        form, {"who": text}, {}, sight=forms.EVERYTHING
    ) == [("谁", text)]
