"""What was typed into a form that is refused is on the page, with a fresh token, and can be sent again."""

from __future__ import annotations

import errno
import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient

import forms
from orchestrator.services import instances, people
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import Attachment, UserTask
from tests.web.test_registers import APPLICATION
from web import unsent
from web.typed_lines import Line

Signed = Callable[[str], FlaskClient]
START = "/start/item_admission/zhenjiang:justice:321102"


@pytest.fixture(name="filled")
def typed(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the test types into the form, under a key of its own."""
    return {
        "item_name": f"夜间巡查河道{APPLICATION['item_name'][4:]}",
        "legal_basis": "《河道管理条例》第三条",
        "_key": f"key-{request.node.name}"[:80],
    }


@pytest.fixture
def guarded(application: Flask) -> Iterator[Flask]:
    """The application with the check of tokens, as people use it."""
    application.config["WTF_CSRF_ENABLED"] = True
    yield application
    application.config["WTF_CSRF_ENABLED"] = False


def enter(client: FlaskClient, username: str) -> None:
    client.post(
        "/sign-in",
        data={
            "username": username,
            "password": "gridflow",
            "csrf_token": token(client.get("/sign-in").text),
        },
    )


def token(page: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def sendable(page: str) -> dict[str, str]:
    """What the page's form would send: its hidden values, and the first line of each control."""
    form = page[page.index("data-unsent") :]
    found = dict(
        re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form)
    )
    found |= dict(
        re.findall(
            r'<textarea[^>]* name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', form
        )
    )
    return found


def started(application: Flask) -> set[str]:
    with application.app_context(), transaction(writing=False) as session:
        return set(session.scalars(sa.select(ProcessInstance.id)))


def task_of(application: Flask, **fields: str) -> str:
    """An open task of the grid office of Jingkou; `fields` of the application are other than usual."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            {**APPLICATION, **fields},
            person,
            "zhenjiang:justice:321102",
            now,
        )
        with transaction() as session:
            return session.scalars(
                sa.select(UserTask.id).where(
                    UserTask.instance_id == begun.instance_id
                )
            ).one()


class Later:
    """itsdangerous asks the time of this: so many seconds later."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
        import itsdangerous.timed as timed

        begun = timed.time.time
        monkeypatch.setattr(timed.time, "time", lambda: begun() + seconds)


def test_a_form_open_for_eleven_hours_is_accepted(
    guarded: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    held, before = token(client.get(START).text), started(guarded)
    Later(monkeypatch, 11 * 3600)
    answer = client.post(START, data={**APPLICATION, "csrf_token": held})
    assert answer.status_code == 302 and len(started(guarded) - before) == 1


def test_a_form_older_than_the_session_comes_back_with_everything_and_is_sent_again(
    guarded: Flask, filled: dict[str, str]
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    client.get(START)
    before = started(guarded)
    answer = client.post(
        START, data={**APPLICATION, **filled, "csrf_token": "not a token"}
    )
    assert (
        answer.status_code == 400
        and "页面停留过久" in answer.text
        and "现在登录的是" in answer.text
    )
    assert "夜间巡查河道" in answer.text and "事项名称" in answer.text
    again = sendable(answer.text)
    assert again["_key"] == filled["_key"]
    sent = client.post(
        START, data={**APPLICATION, **filled, "csrf_token": token(answer.text)}
    )
    assert sent.status_code == 302 and len(started(guarded) - before) == 1


def test_a_person_who_signed_in_again_elsewhere_just_goes_on(
    guarded: Flask,
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    held, before = token(client.get(START).text), started(guarded)
    client.delete_cookie("session")
    enter(client, "jk-sf")
    assert (
        client.post(
            START, data={**APPLICATION, "csrf_token": held}
        ).status_code
        == 302
    )
    assert len(started(guarded) - before) == 1


def test_a_session_that_ended_is_renewed_on_the_page_and_the_form_goes_on(
    guarded: Flask, filled: dict[str, str]
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    page, before = client.get(START).text, started(guarded)
    named = re.search(r'name="_form" value="([^"]+)"', page)[1]
    typed = {**APPLICATION, **filled, "_form": named}
    client.delete_cookie("session")
    answer = client.post(START, data={**typed, "csrf_token": token(page)})
    assert answer.status_code == 401 and "登录已过期" in answer.text
    assert (
        "夜间巡查河道" in answer.text
        and "事项名称" in answer.text
        and "（jk-sf）的密码" in answer.text
    )
    again = {
        **typed,
        **sendable(answer.text),
        "csrf_token": token(answer.text),
    }
    wrong = client.post(START, data={**again, "_password": "something else"})
    assert (
        wrong.status_code == 401
        and "用户名或密码不正确" in wrong.text
        and "夜间巡查河道" in wrong.text
    )
    assert (
        "something else" not in wrong.text and "（jk-sf）的密码" in wrong.text
    )
    again |= sendable(wrong.text)
    sent = client.post(
        START,
        data={
            **again,
            "_password": "gridflow",
            "csrf_token": token(wrong.text),
        },
    )
    assert sent.status_code == 302 and "/instance/" in sent.location
    assert len(started(guarded) - before) == 1
    assert "司法局" in client.get("/me").text


def test_who_signed_in_in_a_second_tab_sends_the_form_without_a_password(
    guarded: Flask, filled: dict[str, str]
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    page, before = client.get(START).text, started(guarded)
    named = re.search(r'name="_form" value="([^"]+)"', page)[1]
    typed = {**APPLICATION, **filled, "_form": named}
    client.delete_cookie("session")
    answer = client.post(START, data={**typed, "csrf_token": token(page)})
    assert "用通行密钥登录" in answer.text
    again = {**typed, **sendable(answer.text), "_password": ""}
    enter(client, "jk-sf")
    told = client.post(START, data=again)
    assert told.status_code == 400, "the page was drawn for nobody"
    again |= {**sendable(told.text), "csrf_token": token(told.text)}
    assert client.post(START, data=again).status_code == 302
    assert len(started(guarded) - before) == 1


def test_another_person_in_a_second_tab_never_sends_what_the_first_one_typed(
    guarded: Flask, filled: dict[str, str]
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    held, before = token(client.get(START).text), started(guarded)
    enter(client, "jk-wgb")
    answer = client.post(
        START, data={**APPLICATION, **filled, "csrf_token": held}
    )
    assert (
        answer.status_code == 409
        and "所以没有提交" in answer.text
        and "夜间巡查河道" in answer.text
    )
    assert "（jk-sf）的密码" in answer.text
    assert started(guarded) == before
    silent = client.post(
        START, data={**APPLICATION, **filled, "csrf_token": held}
    )
    assert silent.status_code == 409 and started(guarded) == before
    again = {
        **APPLICATION,
        **filled,
        **sendable(answer.text),
        "csrf_token": token(answer.text),
        "_password": "gridflow",
    }
    sent = client.post(START, data=again)
    assert sent.status_code == 302
    (made,) = started(guarded) - before
    with guarded.app_context(), transaction(writing=False) as session:
        starter = session.get_one(
            Person, session.get_one(ProcessInstance, made).started_by
        )
        assert starter.username == "jk-sf"


def test_what_another_site_sends_is_not_offered_to_be_sent_again(
    guarded: Flask, filled: dict[str, str]
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
    ):
        answer = client.post(
            START, data={**APPLICATION, **filled}, headers=headers
        )
        assert (
            answer.status_code == 400
            and "夜间巡查河道" not in answer.text
            and "data-unsent" not in answer.text
        )


def test_a_password_is_never_written_into_a_page(guarded: Flask) -> None:
    client = guarded.test_client()
    answer = client.post(
        "/sign-in",
        data={
            "username": "jk-sf",
            "password": "my secret",
            "csrf_token": "old",
        },
    )
    assert (
        answer.status_code == 400
        and "my secret" not in answer.text
        and 'value="jk-sf"' in answer.text
    )


def test_every_plain_form_gives_back_what_was_typed(guarded: Flask) -> None:
    task = task_of(guarded)
    client = guarded.test_client()
    enter(client, "jk-wgb")
    for address, given in (
        (f"/task/{task}/assign", {"to": "1", "reason": "本周外出"}),
        (f"/instance/{task.partition('.')[0]}/cancel", {"reason": "材料不全"}),
        (
            f"/instance/{task.partition('.')[0]}/oversee/urge",
            {"reason": "请尽快办理"},
        ),
        (
            "/deadline/nothing/suspend",
            {"reason": "等待省厅答复", "review_on": "2027-01-04"},
        ),
        (
            "/admin/calendar/preview",
            {"text": "一、元旦\n二、春节", "source": "国办发明电"},
        ),
    ):
        answer = client.post(address, data={**given, "csrf_token": "old"})
        assert answer.status_code == 400, address
        for name, value in given.items():
            assert sendable(answer.text).get(name, "").strip() == value, (
                address,
                name,
            )
        assert f'action="{address}"' in answer.text


def test_a_refusal_keeps_the_reason_that_was_typed(
    signed_in: Callable[[str], FlaskClient], application: Flask
) -> None:
    task = task_of(application)
    answer = signed_in("jk-wgb").post(
        f"/task/{task}/assign", data={"to": "999999", "reason": "请李主任看"}
    )
    assert (
        answer.status_code == 403
        and "只能转给同一办理机构的人员" in answer.text
    )
    assert sendable(answer.text)["reason"] == "请李主任看"


@pytest.mark.parametrize(
    ("username", "address", "given", "told"),
    [
        (
            "jk-wgb",
            "/instance/{matter}/oversee/void",
            {"reason": "重复上报"},
            "",
        ),
        (
            "jk-wgb",
            "/instance/{matter}/oversee/merge",
            {"reason": "同一件事", "into": "nothing"},
            "",
        ),
        (
            "jk-wgb",
            "/instance/{matter}/cancel",
            {"reason": "材料不全"},
            "只有发起人可以撤回",
        ),
        (
            "jk-wgb",
            "/instance/{matter}/oversee/urge",
            {"reason": "请尽快" * 70},
            "最多写 200 字，现在有 210 字",
        ),
        (
            "jk-wgb",
            "/deadline/{deadline}/extend",
            {"reason": "等待省厅答复", "amount": "0", "unit": "workday"},
            "",
        ),
        (
            "jk-wgb",
            "/deadline/{deadline}/suspend",
            {"reason": "等待省厅答复", "review_on": "不知道"},
            "",
        ),
        (
            "designer",
            "/design/deployments/nothing/withdraw",
            {"reason": "发布有误"},
            "",
        ),
    ],
)
def test_what_a_service_refuses_stays_in_the_form(
    signed_in: Callable[[str], FlaskClient],
    application: Flask,
    username: str,
    address: str,
    given: dict[str, str],
    told: str,
) -> None:
    task = task_of(application)
    matter = task.partition(".")[0]
    with application.app_context(), transaction(writing=False) as session:
        deadline = session.scalars(
            sa.select(Deadline.id).where(Deadline.instance_id == matter)
        ).first()
    address = address.format(matter=matter, deadline=deadline)
    page = f"/instance/{matter}" if username == "jk-wgb" else "/design/"
    answer = signed_in(username).post(
        address, data=given, headers={"Referer": f"http://localhost{page}"}
    )
    assert (
        answer.status_code in (400, 403, 404, 409, 422) and told in answer.text
    )
    again = sendable(answer.text)
    assert {name: again.get(name, "").strip() for name in given} == given
    assert f'href="{page}"' in answer.text and again["_back"] == page
    silent = signed_in(username).post(
        address,
        data={**given, "_back": page},
        headers={"Referer": f"http://localhost{address}"},
    )
    assert f'href="{page}"' in silent.text, (
        "the page that was first left is not forgotten"
    )


def test_a_task_that_changed_meanwhile_is_sent_again_from_the_page_as_it_is_now(
    signed_in: Callable[[str], FlaskClient], application: Flask
) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    page = client.get(f"/task/{task}").text
    given = {
        "decision": "approve",
        "approver": "government",
        "opinion": "材料齐全，同意上报",
        "_key": f"changed-{task}",
    }
    held = {
        **given,
        "_revision": re.search(r'name="_revision" value="(\d+)"', page)[1],
    }
    client.post(f"/task/{task}/claim")
    client.post(f"/task/{task}/unclaim")
    answer = client.post(f"/task/{task}/complete", data=held)
    assert (
        answer.status_code == 409
        and "请核对后重新提交" in answer.text
        and "材料齐全，同意上报" in answer.text
    )
    fresh = {
        name: re.search(rf'name="{name}" value="([^"]+)"', answer.text)[1]
        for name in ("_revision", "_key")
    }
    assert (
        fresh["_revision"] != held["_revision"]
        and fresh["_key"] != held["_key"]
    )
    assert (
        client.post(
            f"/task/{task}/complete", data={**given, **fresh}
        ).status_code
        == 302
    )


def test_a_task_claimed_by_another_keeps_the_text_until_it_is_released(
    signed_in: Callable[[str], FlaskClient], application: Flask
) -> None:
    task, other, client = (
        task_of(application),
        signed_in("jk-wgb2"),
        signed_in("jk-wgb"),
    )
    given = {
        "decision": "approve",
        "approver": "government",
        "opinion": "材料齐全，同意上报",
        "_key": f"claimed-{task}",
    }
    held = {
        **given,
        "_revision": re.search(
            r'name="_revision" value="(\d+)"', client.get(f"/task/{task}").text
        )[1],
    }
    other.post(f"/task/{task}/claim")
    answer = client.post(f"/task/{task}/complete", data=held)
    assert answer.status_code == 409 and "放回后可以重新提交" in answer.text
    again = {**given, **sendable(answer.text)}
    assert (
        again["opinion"].strip() == given["opinion"]
        and again["_revision"] != held["_revision"]
    )
    other.post(f"/task/{task}/unclaim")
    late = client.post(f"/task/{task}/complete", data=again)
    assert late.status_code == 409 and "材料齐全，同意上报" in late.text
    fresh = {
        name: re.search(rf'name="{name}" value="([^"]+)"', late.text)[1]
        for name in ("_revision", "_key")
    }
    assert (
        client.post(
            f"/task/{task}/complete", data={**given, **fresh}
        ).status_code
        == 302
    )


@pytest.mark.parametrize("action", ["complete", "resolve"])
def test_what_was_written_for_a_closed_task_is_there_to_be_copied(
    signed_in: Callable[[str], FlaskClient], application: Flask, action: str
) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    given = {
        "decision": "approve",
        "approver": "government",
        "opinion": "材料齐全，同意上报",
    }
    assert (
        client.post(
            f"/task/{task}/complete",
            data={**given, "_key": f"first-{task}-{action}"},
        ).status_code
        == 302
    )
    answer = client.post(
        f"/task/{task}/{action}",
        data={**given, "reason": "建议同意", "opinion": "另一份意见"},
    )
    assert (
        answer.status_code == 409
        and "可以复制" in answer.text
        and "另一份意见" in answer.text
    )
    assert (
        "重新提交" not in answer.text and f'href="/task/{task}"' in answer.text
    )
    assert action == "complete" or "建议同意" in answer.text


def test_a_trial_whose_designer_is_not_signed_in_any_more_keeps_its_labels(
    guarded: Flask,
) -> None:
    client = guarded.test_client()
    enter(client, "designer")
    opened = client.post(
        "/design/open/item_admission",
        data={"csrf_token": token(client.get("/design/").text)},
    )
    address = f"{opened.location}/try"
    page = client.get(address).text
    starter = re.search(r'<option value="([^"]+)"', page)[1]
    shown = client.post(
        address,
        data={
            "csrf_token": token(page),
            "_steps": "[]",
            "_act": "start",
            "_by": starter,
        },
    ).text
    typed = {
        "_steps": "[]",
        "_act": "start",
        "_by": starter,
        "_submit": "1",
        "item_name": "夜间巡查河道",
    }
    typed["_form"] = re.search(r'name="_form" value="([^"]+)"', shown)[1]
    old = client.post(address, data={**typed, "csrf_token": "old"})
    client.delete_cookie("session")
    ended = client.post(address, data={**typed, "csrf_token": token(shown)})
    for answer in (old, ended):
        assert answer.status_code in (400, 401)
        assert (
            "事项名称" in answer.text
            and "夜间巡查河道" in answer.text
            and ">item_name<" not in answer.text
        )


def test_a_form_of_some_thousand_values_is_read(
    signed_in: Callable[[str], FlaskClient],
) -> None:
    many = {f"more.{number}": "值" for number in range(3000)}
    given = {
        **APPLICATION,
        **many,
        "legal_basis": "",
        "item_name": "夜间巡查河道",
    }
    answer = signed_in("jk-sf").post(
        START, data=given, content_type="multipart/form-data"
    )
    assert answer.status_code == 422 and "夜间巡查河道" in answer.text


def test_a_file_of_a_refused_form_is_kept_and_shown_by_its_name(
    guarded: Flask, filled: dict[str, str]
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    client.get(START)
    file = (_pdf(), "请示.txt")
    good = {
        **APPLICATION,
        **filled,
        "csrf_token": "old",
        "file:attachments": (_pdf(), "现场 照片（一）.pdf"),
    }
    expired = _expired_token(guarded, client)
    answer = client.post(
        START,
        data={**good, "csrf_token": expired},
        content_type="multipart/form-data",
    )
    assert (
        answer.status_code == 400
        and "已上传：现场 照片（一）.pdf" in answer.text
    )
    bad = {**good, "csrf_token": expired, "file:attachments": file}
    answer = client.post(START, data=bad, content_type="multipart/form-data")
    assert "的类型不能上传" in answer.text


def test_a_file_of_who_is_not_signed_in_is_named_and_asked_for_again(
    guarded: Flask,
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    page = client.get(START).text
    client.delete_cookie("session")
    given = {
        **APPLICATION,
        "csrf_token": token(page),
        "file:attachments": (_pdf(), "请示.pdf"),
    }
    with guarded.app_context(), transaction(writing=False) as session:
        before = session.scalar(
            sa.select(sa.func.count()).select_from(Attachment)
        )
    answer = client.post(START, data=given, content_type="multipart/form-data")
    assert "请重新选择：" in answer.text and "请示.pdf" in answer.text
    with guarded.app_context(), transaction(writing=False) as session:
        assert (
            session.scalar(sa.select(sa.func.count()).select_from(Attachment))
            == before
        )


def test_an_uploaded_file_shows_its_name_after_an_error_elsewhere(
    signed_in: Callable[[str], FlaskClient],
) -> None:
    given = {
        **APPLICATION,
        "legal_basis": "",
        "file:attachments": (_pdf(), "现场 照片（一）.pdf"),
    }
    answer = signed_in("jk-sf").post(
        START, data=given, content_type="multipart/form-data"
    )
    assert (
        answer.status_code == 422
        and "已上传：现场 照片（一）.pdf" in answer.text
    )


def test_a_busy_database_is_told_and_the_form_is_sent_again(
    application: Flask,
    signed_in: Callable[[str], FlaskClient],
    filled: dict[str, str],
) -> None:
    client, before = signed_in("jk-sf"), started(application)
    with application.app_context():
        engine = db.engine
    engine.dispose()

    def impatient(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    sa.event.listen(engine, "connect", impatient)
    holder = sqlite3.connect(engine.url.database, isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        answer = client.post(START, data={**APPLICATION, **filled})
        assert (
            answer.status_code == 503
            and "系统繁忙" in answer.text
            and answer.headers["Retry-After"]
        )
        assert (
            "夜间巡查河道" in answer.text
            and sendable(answer.text)["_key"] == filled["_key"]
        )
        task = client.post("/api/task/1.2/claim")
        assert (
            task.status_code == 503 and "系统繁忙" in task.get_json()["title"]
        )
    finally:
        holder.execute("ROLLBACK")
        holder.close()
        sa.event.remove(engine, "connect", impatient)
        engine.dispose()
    assert (
        client.post(START, data={**APPLICATION, **filled}).status_code == 302
    )
    assert (
        client.post(START, data={**APPLICATION, **filled}).status_code == 302
    )
    assert len(started(application) - before) == 1


def test_a_full_disk_is_told_and_the_administrator_is_named(
    application: Flask,
    signed_in: Callable[[str], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    filled: dict[str, str],
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    given = {
        **APPLICATION,
        **filled,
        "file:attachments": (_pdf("never kept"), "请示.pdf"),
    }
    answer = signed_in("jk-sf").post(
        START, data=given, content_type="multipart/form-data"
    )
    assert (
        answer.status_code == 503
        and "磁盘已满" in answer.text
        and "告诉管理员" in answer.text
    )
    assert "夜间巡查河道" in answer.text and "请重新选择：请示.pdf" in re.sub(
        r"\s+", "", answer.text
    )
    folder = Path(application.extensions["gridflow"].var_dir) / "attachments"
    assert not [
        path
        for path in folder.rglob("*")
        if path.is_file() and "." in path.name
    ], "half a file stays"


def test_a_database_that_has_no_room_is_told(
    signed_in: Callable[[str], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    filled: dict[str, str],
) -> None:
    def full(*_given: object, **_named: object) -> None:
        raise sa.exc.OperationalError(
            "INSERT", {}, sqlite3.OperationalError("database or disk is full")
        )

    monkeypatch.setattr(instances, "start_at", full)
    answer = signed_in("jk-sf").post(START, data={**APPLICATION, **filled})
    assert (
        answer.status_code == 503
        and "磁盘已满" in answer.text
        and "夜间巡查河道" in answer.text
    )


def test_the_form_keeps_its_labels_and_choices_while_the_database_is_away(
    signed_in: Callable[[str], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    filled: dict[str, str],
) -> None:
    def away(*_given: object, **_named: object) -> None:
        raise sa.exc.OperationalError(
            "SELECT", {}, psycopg.OperationalError("connection refused")
        )

    client = signed_in("jk-sf")
    named = re.search(r'name="_form" value="([^"]+)"', client.get(START).text)[
        1
    ]
    monkeypatch.setattr(instances, "start_at", away)
    answer = client.post(START, data={**APPLICATION, **filled, "_form": named})
    assert answer.status_code == 503 and "数据库暂时不可用" in answer.text
    assert "事项名称" in answer.text and "夜间巡查河道" in answer.text
    assert re.search(r'value="治安安全"[^>]* (selected|checked)', answer.text)


def test_the_administrator_sees_the_room_on_the_disk(
    signed_in: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(
        "shutil.disk_usage",
        lambda _path: usage(90 * 1024**2, 88 * 1024**2, 2 * 1024**2),
    )
    page = signed_in("admin").get("/admin/").text
    assert "磁盘剩余 2 MB，共 90 MB" in page and "请尽快清理或扩容" in page


def test_a_fault_of_ours_gives_back_what_was_typed(
    application: Flask,
    signed_in: Callable[[str], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    filled: dict[str, str],
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(instances, "start_at", broken)
    answer = signed_in("jk-sf").post(START, data={**APPLICATION, **filled})
    assert answer.status_code == 500 and "已记录" in answer.text
    assert (
        "夜间巡查河道" in answer.text
        and sendable(answer.text)["_key"] == filled["_key"]
    )


def test_what_was_done_before_is_not_told_above_an_error(
    signed_in: Callable[[str], FlaskClient],
) -> None:
    client = signed_in("jk-sf")
    assert client.post(START, data=dict(APPLICATION)).status_code == 302
    assert "已提交，编号" not in client.get("/instance/nothing").text
    assert "已提交，编号" in client.get("/").text


def test_a_body_too_large_leads_back_to_the_form(
    application: Flask, signed_in: Callable[[str], FlaskClient]
) -> None:
    client = signed_in("jk-sf")
    huge = {
        **APPLICATION,
        "legal_basis": "长"
        * (application.config["MAX_FORM_MEMORY_SIZE"] // 2),
    }
    answer = client.post(
        START,
        data=huge,
        headers={"Referer": f"http://localhost{START}"},
        content_type="multipart/form-data",
    )
    assert (
        answer.status_code == 413
        and "内容过大" in answer.text
        and f'href="{START}"' in answer.text
    )
    assert (
        APPLICATION["item_name"] in answer.text
        and APPLICATION["advice_and_training"] in answer.text
    ), "what stands after it too"
    assert (
        90_000 < answer.text.count("长") < 110_000
        and "重新提交</button>" not in answer.text
    ), "what was cut is not sent"
    assert application.config["MAX_CONTENT_LENGTH"] > len(
        huge["legal_basis"].encode()
    )


@pytest.mark.parametrize(
    "encoding", ["multipart/form-data", "application/x-www-form-urlencoded"]
)
def test_a_form_of_twenty_thousand_fields_is_refused_with_what_was_typed(
    signed_in: Signed, encoding: str
) -> None:
    many = {
        **APPLICATION,
        **{f"more.{number}": "值" for number in range(20_000)},
    }
    answer = signed_in("jk-sf").post(START, data=many, content_type=encoding)
    assert (
        answer.status_code == 413
        and "内容过大" in answer.text
        and APPLICATION["item_name"] in answer.text
    )


def test_a_file_beside_a_text_that_is_too_long_is_named_and_not_kept(
    application: Flask, signed_in: Signed
) -> None:
    huge = {
        **APPLICATION,
        "file:attachments": (_pdf(), "请示.pdf"),
        "legal_basis": "长" * 1_500_000,
    }
    with application.app_context(), transaction(writing=False) as session:
        before = session.scalar(
            sa.select(sa.func.count()).select_from(Attachment)
        )
    answer = signed_in("jk-sf").post(
        START, data=huge, content_type="multipart/form-data"
    )
    assert (
        answer.status_code == 413
        and "附件没有保存下来，请重新选择：请示.pdf"
        in re.sub(r"\s+", "", answer.text)
    )
    with application.app_context(), transaction(writing=False) as session:
        assert (
            session.scalar(sa.select(sa.func.count()).select_from(Attachment))
            == before
        )


def test_a_plain_form_that_is_too_long_is_refused_unread(
    application: Flask, signed_in: Signed
) -> None:
    answer = signed_in("jk-sf").post(
        START, data={"legal_basis": "长" * 600_000}
    )
    assert answer.status_code == 413 and "内容过大" in answer.text


def test_a_program_that_sends_too_much_is_told_so(signed_in: Signed) -> None:
    answer = signed_in("jk-sf").post(
        "/api/task/none/complete",
        data={"legal_basis": "长" * 1_500_000},
        content_type="multipart/form-data",
    )
    assert (
        answer.status_code == 413
        and answer.content_type == "application/problem+json"
    )


def _pdf(mark: str = "") -> object:
    import io

    return io.BytesIO(f"%PDF-1.4\n{mark}\n%%EOF\n".encode())


def _expired_token(app: Flask, client: FlaskClient) -> str:
    """The person's own token, as it was signed longer ago than a session lasts."""
    from itsdangerous import TimestampSigner, URLSafeTimedSerializer

    class Then(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - 13 * 3600

    with client.session_transaction() as cookie:
        raw = cookie["csrf_token"]
    return str(
        URLSafeTimedSerializer(
            app.secret_key, salt="wtf-csrf-token", signer=Then
        ).dumps(raw)
    )


def test_who_signs_in_on_the_page_with_a_one_time_password_sets_his_own_first_and_loses_nothing(
    guarded: Flask, filled: dict[str, str]
) -> None:
    client = guarded.test_client()
    enter(client, "jk-sf")
    page, before = client.get(START).text, started(guarded)
    with guarded.app_context(), transaction(writing=False) as session:
        row = session.scalars(
            sa.select(Person).where(Person.username == "jk-sf")
        ).one()
        kept = {
            "password_hash": row.password_hash,
            "is_demo": row.is_demo,
            "one_time_until": None,
        }
    with guarded.app_context():
        password = people.accounts.reset("jk-sf", datetime.now(UTC))
    try:
        typed = {**APPLICATION, **filled}
        lost = client.post(START, data={**typed, "csrf_token": token(page)})
        again = {
            **typed,
            **sendable(lost.text),
            "csrf_token": token(lost.text),
            "_password": password,
        }
        told = client.post(START, data=again)
        assert (
            told.status_code == 403
            and "请先设置自己的密码" in told.text
            and 'href="/me/password"' in told.text
        )
        assert (
            sendable(told.text)["_key"] == filled["_key"]
            and "夜间巡查河道" in told.text
        )
        form = {
            "old": password,
            "new": "battery staple",
            "again": "battery staple",
        }
        assert (
            client.post(
                "/me/password", data={**form, "csrf_token": token(told.text)}
            ).status_code
            == 302
        )
        assert (
            client.post(
                START, data={**typed, "csrf_token": token(told.text)}
            ).status_code
            == 302
        )
        assert len(started(guarded) - before) == 1
    finally:
        with guarded.app_context(), transaction() as session:
            session.execute(
                sa.update(Person)
                .where(Person.username == "jk-sf")
                .values(**kept)
            )


def test_a_second_conflict_keeps_the_text_again(
    signed_in: Signed, application: Flask
) -> None:
    task, other, client = (
        task_of(application),
        signed_in("jk-wgb2"),
        signed_in("jk-wgb"),
    )
    given = {
        "decision": "approve",
        "approver": "government",
        "opinion": "材料齐全，同意上报",
        "_key": f"twice-{task}",
    }
    given["_revision"] = re.search(
        r'name="_revision" value="(\d+)"', client.get(f"/task/{task}").text
    )[1]
    other.post(f"/task/{task}/claim")
    for _round in range(3):
        answer = client.post(f"/task/{task}/complete", data=given)
        assert (
            answer.status_code == 409 and "放回后可以重新提交" in answer.text
        )
        assert sendable(answer.text)["opinion"].strip() == "材料齐全，同意上报"
        assert 'value="approve"' in answer.text
        given |= sendable(answer.text)


@pytest.mark.parametrize("action", ["give-back", "give-to", "redirect"])
def test_the_administrators_reason_is_never_cut(
    signed_in: Signed, application: Flask, action: str
) -> None:
    task, client = task_of(application), signed_in("admin")
    reason = "长" * 201
    answer = client.post(
        f"/admin/tasks/{task}/{action}",
        data={"reason": reason, "to": "1", "body": "zhenjiang:justice:321102"},
    )
    assert (
        answer.status_code == 422
        and "最多写 200 字，现在有 201 字" in answer.text
        and reason in answer.text
    )


def test_while_the_choices_cannot_be_had_the_form_says_so(application) -> None:
    fields = (
        forms.Field("select", "item", options_source="items"),
        forms.Field("select", "area", options_source="areas"),
    )
    with application.test_request_context():
        g.without_database = True
        options: dict[str, list[forms.Option]] = {}
        unsent._choices_as_given(fields, {"item": "1"}, options)
    told = {
        source: [(each.value, each.label) for each in listed]
        for source, listed in options.items()
    }
    assert told == {
        "items": [("1", "已选择（数据库恢复后显示名称）")],
        "areas": [("", "暂时取不到可选项")],
    }


@pytest.mark.parametrize(
    ("name", "value", "control"),
    [
        ("last_on", "2026-11-30", "date"),
        ("last_on", "明天", "text"),
        ("remark", "2026-11-30", "text"),
        ("amount", "12", "number"),
        ("amount", "很多", "text"),
        ("remark", "12", "text"),
        ("again", "12", "password"),
    ],
)
def test_a_control_takes_what_was_typed(
    name: str, value: str, control: str
) -> None:
    """One of dates or numbers would be empty where something else was typed."""
    assert Line(name, "", value).control == control
