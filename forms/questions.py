"""Questions that a form asks one by one from a list outside it: a group that names the list is filled with a
yes/no field for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from forms.conditions import parse
from forms.definition import Field, Form, Option
from orchestrator.sentences import say

ANSWERS = (Option("no", say("否")), Option("yes", say("是")))
_LAW = r"[\s\S]*《[^》]+》[\s\S]*第[\s\S]+条[\s\S]*"


@dataclass(frozen=True, slots=True)
class Question:
    key: str
    """Field key of the answer; its reason is `KEY_reason`, the law that excepts it `KEY_exception`."""
    text: str
    citation: str
    """In words."""
    exception: bool
    """Whether a yes may stand when a law that excepts it is cited."""


def with_questions(
    form: Form,
    lists: Mapping[str, Sequence[Question]],
) -> Form:
    """The form with each group that names a list (property `questions-source`) filled; a group whose list is
    empty is left out."""
    return replace(form, fields=tuple(_filled(form.fields, lists)))


def questions_of(
    form: Form,
    lists: Mapping[str, Sequence[Question]],
) -> tuple[Question, ...]:
    """The questions that the form asks."""
    asked = {field.key for field in form.inputs()}
    return tuple(
        question
        for listed in lists.values()
        for question in listed
        if question.key in asked
    )


def _filled(
    fields: Sequence[Field],
    lists: Mapping[str, Sequence[Question]],
) -> Iterator[Field]:
    for field in fields:
        if field.type != "group":
            yield field
        elif not field.questions_source:
            yield replace(
                field,
                components=tuple(_filled(field.components, lists)),
            )
        elif questions := lists.get(field.questions_source):
            asked = (
                part
                for number, question in enumerate(questions, 1)
                for part in _asked(number, question)
            )
            yield replace(field, components=(*field.components, *asked))


def _asked(number: int, question: Question) -> Iterator[Field]:
    yield Field(
        "radio",
        question.key,
        say("{number}. {text}", number=number, text=question.text),
        citation=question.citation,
        required=True,
        options=ANSWERS,
    )
    yield Field(
        "textfield",
        f"{question.key}_reason",
        say("第 {number} 项的理由", number=number),
        required=True,
        min_length=2,
    )
    if question.exception:
        yield Field(
            "textarea",
            f"{question.key}_exception",
            say("第 {number} 项所依据的例外规定", number=number),
            say("写明法律、法规名称和条款，如《……》第三条"),
            required=True,
            pattern=_LAW,
            pattern_message=say(
                "请写明作出例外规定的法律、法规名称和条款，如《……》第三条",
            ),
            hidden_when=parse(f'={question.key} != "yes"'),
        )
