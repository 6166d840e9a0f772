"""The interface in English: what forms, refusals, the timeline and JSON say comes from the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import gettext

import forms
from orchestrator.errors import RuleViolated
from orchestrator.sentences import joined, say, sentence_of, spoken
from orchestrator.services.notifications import delivery
from orchestrator.services.notifications.letters import remark
from orchestrator.services.people import credential_changes
from orchestrator.store.notification_channels import NotificationChannel
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.forms.conftest import field, load
from web.errors import sentence
from web.i18n import spoken_in

ENGLISH = "/sign-in?lang=en"


def test_a_sentence_is_its_chinese_text_and_is_said_in_the_readers_language(
    application: Flask,
) -> None:
    told = say("{label}最多 {limit} 个字", label=say("事项名称"), limit=5)
    assert told == "事项名称最多 5 个字"
    with application.test_request_context("/sign-in"):
        assert spoken(told) == "事项名称最多 5 个字"
    with application.test_request_context(ENGLISH):
        assert spoken(told) == "Name of the item: at most 5 characters"
        assert spoken_in({"told": [told]}) == {
            "told": ["Name of the item: at most 5 characters"]
        }
        assert spoken("事项名称") == "事项名称"


def test_a_name_that_holds_marks_has_single_ones_where_a_sentence_quotes_it(
    application: Flask,
) -> None:
    told = say("“{name}”{why}", name="落实“吹哨”事项", why="没有“依据”")
    # What is stored and compared stays as it is.
    assert told == "“落实“吹哨”事项”没有“依据”"
    with application.test_request_context("/sign-in"):
        assert spoken(told) == "“落实‘吹哨’事项”没有“依据”"


def test_what_a_form_says_is_english_for_an_english_reader_and_escaped(
    application: Flask,
) -> None:
    form = load(field("textfield", "t", "<标题>", required=True))
    errors: dict[str, list[str]] = {}
    try:
        forms.validate(form, {}, {})
    except forms.Invalid as invalid:
        errors = dict(invalid.errors)
    assert errors == {"t": ["请填写<标题>"]}
    with application.test_request_context(ENGLISH):
        html = forms.render(form, {}, errors, {})
    assert "Fill in: &lt;标题&gt;" in html
    assert "At most 200 characters" in html


def test_refusals_are_joined_in_the_readers_language(
    application: Flask,
) -> None:
    refused = RuleViolated(
        [
            say("原密码不正确"),
            say("照片超过 {largest} MB，请压缩后再传", largest=3),
        ]
    )
    assert str(refused) == "原密码不正确；照片超过 3 MB，请压缩后再传"
    with application.test_request_context(ENGLISH):
        assert sentence(refused) == (
            "The old password is wrong; The photo is larger than 3 MB: compress it"
        )
    assert sentence_of(ValueError(joined("、", ["a", "b"]))) == "a、b"


def test_a_libraries_filling_of_messages_leaves_braces_alone() -> None:
    form = load(field("number", "n", "数{x}", required=True))
    try:
        forms.validate(form, {"n": "x"}, {})
    except forms.Invalid as invalid:
        assert invalid.errors == {"n": ["数{x}应为数字"]}
    else:
        raise AssertionError("accepted")


def test_a_refused_extension_is_said_in_the_readers_language_with_the_remark(
    application: Flask,
) -> None:
    refused = Notification(kind="result", task_id="task", words="按期办结")
    with application.test_request_context(ENGLISH):
        assert spoken(remark(refused)) == "Extension refused: 按期办结"
        refused.words = ""
        assert spoken(remark(refused)) == "Extension refused"
        # The result of a whole instance has no task.
        ended = Notification(kind="result", task_id=None, words="按期办结")
        assert spoken(remark(ended)) == "按期办结"


@pytest.mark.parametrize(
    ("locale", "subject", "text"),
    [
        (
            "en",
            "How your account signs in has changed",
            "One-time password given",
        ),
        ("zh_Hans_CN", "账号的登录方式有变动", "重设一次性密码"),
    ],
)
def test_a_letter_is_in_the_language_of_its_reader_whoever_has_it_sent(
    application: Flask, monkeypatch, locale: str, subject: str, text: str
) -> None:
    sent = []
    monkeypatch.setattr(
        delivery.channels,
        "send",
        lambda _way, address, letter, _settings: sent.append(
            (address, letter)
        ),
    )
    now = datetime.now(UTC)
    with application.test_request_context(ENGLISH):
        with transaction() as session:
            person = session.scalars(
                sa.select(Person).where(Person.username == "jk-wgb")
            ).one()
            person.locale = locale
            way = NotificationChannel(
                person_id=person.id,
                channel="email",
                tenant_id=person.tenant_id,
                address=f"{locale}@example.gov.cn",
                kinds=[],
            )
            session.add(way)
            session.flush()
            credential_changes.notify(session, person, "reset", now)
        delivery.send(now)
        with transaction() as session:
            session.delete(session.merge(way))
            session.merge(person).locale = "zh_Hans_CN"
    ((_address, letter),) = [
        one for one in sent if one[0] == f"{locale}@example.gov.cn"
    ]
    assert letter.subject == subject and text in letter.text, letter


def test_a_sentence_without_values_may_hold_a_sign_of_per_cent(
    application: Flask,
) -> None:
    with application.test_request_context():
        assert gettext("按期办结率 100%") == "按期办结率 100%"
        assert gettext("%(rate)s%% 按期", rate=9) == "9% 按期"
