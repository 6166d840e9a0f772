"""A group that names a question list asks each question with its reason, and a law where the list knows
exceptions."""

import forms
from forms import Question
from tests.forms.conftest import accepted, field, load, refused

LISTS = {
    "negative_list": [
        Question(
            "negative_fine", "属于行政处罚？", "第十四条", exception=True
        ),
        Question("negative_danger", "有安全风险？", "附件二", exception=False),
    ]
}
ASKING = {
    "type": "group",
    "label": "核对",
    "properties": {"questions-source": "negative_list"},
    "components": [],
}
NO = {
    "negative_fine": "no",
    "negative_fine_reason": "不涉及",
    "negative_danger": "no",
    "negative_danger_reason": "不涉及",
}
LAW = "《行政处罚法》第二十条"


def asked(**more: object) -> forms.Form:
    return forms.with_questions(
        load(field("textfield", "item", "事项"), {**ASKING, **more}), LISTS
    )


def test_every_question_needs_an_answer_and_a_reason() -> None:
    assert refused(asked(), {}).keys() == NO.keys()
    assert accepted(asked(), NO) == NO


def test_a_yes_asks_for_the_law_that_excepts_it_and_a_no_drops_it() -> None:
    yes = {**NO, "negative_fine": "yes"}
    assert refused(asked(), yes) == {
        "negative_fine_exception": ["请填写第 1 项所依据的例外规定"]
    }
    assert (
        "法律、法规名称和条款"
        in refused(asked(), {**yes, "negative_fine_exception": "另有规定"})[
            "negative_fine_exception"
        ][0]
    )
    assert (
        accepted(asked(), {**yes, "negative_fine_exception": LAW})[
            "negative_fine_exception"
        ]
        == LAW
    )
    assert "negative_fine_exception" not in accepted(
        asked(), {**NO, "negative_fine_exception": LAW}
    )


def test_a_list_without_exceptions_asks_for_no_law() -> None:
    assert "negative_danger_exception" not in asked().field_keys


def test_where_there_is_no_list_the_group_is_left_out() -> None:
    form = forms.with_questions(
        load(field("textfield", "item", "事项"), ASKING), {"negative_list": []}
    )
    assert form.field_keys == {"item"}
    assert "核对" not in str(forms.render(form, {}, {}, {}))


def test_the_questions_of_a_hidden_group_are_not_asked() -> None:
    form = forms.with_questions(
        load(
            field("textfield", "item", "事项"),
            {**ASKING, "conditional": {"hide": '=item = "撤回"'}},
        ),
        LISTS,
    )
    assert accepted(form, {"item": "撤回"}) == {"item": "撤回"}


def test_questions_are_drawn_with_their_ground() -> None:
    drawn = str(forms.render(asked(), {}, {}, {}))
    assert "1. 属于行政处罚？" in drawn and "依据：第十四条" in drawn
    assert [each.key for each in forms.questions_of(asked(), LISTS)] == [
        "negative_fine",
        "negative_danger",
    ]
