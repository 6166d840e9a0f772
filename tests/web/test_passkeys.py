"""Passkeys: added with the password, used alone and as the second step, for this site alone, and taken
away."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.store.accounts import Passkey, SignInEvent
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from tests.web.keyring import Device, add, enter, question
from tests.web.test_people_admin import add as add_person
from tests.web.test_people_admin import id_of
from web import passkeys

PASSWORD = "湖边的小船与灯塔和老槐树"


@pytest.fixture
def owner(application, signed_in, county_administrator: str, request) -> str:
    """Somebody with a password of his own."""
    username = f"key-{abs(hash(request.node.name)) % 10**8}"
    application.test_client().post(
        add_person(signed_in("jk-admin"), username, "京口区司法局"),
        data={"new": PASSWORD, "again": PASSWORD},
    )
    return username


def password_step(application, username: str):
    """A client whose password was right, and the text of its second step."""
    client = application.test_client()
    page = client.post(
        "/sign-in?next=/me", data={"username": username, "password": PASSWORD}
    )
    return client, re.search(r'name="pending" value="([^"]+)"', page.text)[1]


def test_a_passkey_is_added_with_the_password_and_signs_in_alone(
    application, signed_in, owner
) -> None:
    client = signed_in(owner)
    device = Device()
    wrong = client.post(
        "/me/second-factor/passkeys/ask",
        data={"password": "falsch", "name": "电脑"},
    )
    assert (wrong.status_code, wrong.json["told"]) == (422, "密码不正确")
    nameless = client.post(
        "/me/second-factor/passkeys/ask",
        data={"password": PASSWORD, "name": " "},
    )
    assert nameless.status_code == 422 and "名字" in nameless.json["told"]
    other = signed_in(owner)
    done = add(client, device, PASSWORD, "办公室电脑")
    assert len(re.findall(r"\b\w{4}-\w{4}-\w{4}\b", done.text)) == 10
    assert other.get("/me").status_code == 302, "other sessions have ended"
    assert "办公室电脑" in client.get("/me/second-factor").text
    visitor = application.test_client()
    asked = question(visitor, "/sign-in/passkey/ask")
    sent = {"state": asked["state"], "answer": device.prove(asked["options"])}
    entered = visitor.post("/sign-in/passkey?next=/me/sign-ins", data=sent)
    assert (entered.status_code, entered.headers["Location"]) == (
        302,
        "/me/sign-ins",
    )
    log = visitor.get("/me/sign-ins").text
    assert "通行密钥" in log and "登录成功" in log
    again = application.test_client().post("/sign-in/passkey", data=sent)
    assert again.status_code == 401 and "没有通过验证" in again.text, (
        "an answer counts once"
    )


def test_after_the_password_a_passkey_takes_the_place_of_the_code(
    application, signed_in, owner
) -> None:
    device = Device(asks_who=False)
    add(signed_in(owner), device, PASSWORD, "安全密钥")
    client, pending = password_step(application, owner)
    asked = question(
        client, "/sign-in/passkey/second-step/ask", pending=pending
    )
    allowed = json.loads(asked["options"])["allowCredentials"]
    assert len(allowed) == 1
    sent = {
        "state": asked["state"],
        "answer": device.prove(asked["options"]),
        "pending": pending,
    }
    entered = client.post(
        "/sign-in/passkey/second-step?next=//evil.example", data=sent
    )
    assert (entered.status_code, entered.headers["Location"]) == (302, "/home")
    assert client.get("/me").status_code == 200
    alone = enter(application.test_client(), device)
    assert alone.status_code == 401, "it did not ask who holds it"


def test_another_persons_key_another_site_and_a_copied_key_let_nobody_in(
    application, signed_in, owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device()
    add(signed_in(owner), device, PASSWORD, "电脑")
    elsewhere = dataclasses.replace(device, origin="https://evil.example")
    assert enter(application.test_client(), elsewhere).status_code == 401
    stranger = Device()
    assert enter(application.test_client(), stranger).status_code == 401
    claimed = dataclasses.replace(stranger, id=device.id)
    assert enter(application.test_client(), claimed).status_code == 401
    copied = dataclasses.replace(device)
    assert enter(application.test_client(), device).status_code == 302
    assert enter(application.test_client(), copied).status_code == 401, (
        "its count has fallen behind"
    )
    with monkeypatch.context() as later:
        later.setattr(passkeys, "SECONDS", -1)
        assert enter(application.test_client(), device).status_code == 401, (
            "the time for an answer is over"
        )
    client, pending = password_step(application, owner)
    asked = question(
        client, "/sign-in/passkey/second-step/ask", pending=pending
    )
    sent = {
        "state": asked["state"],
        "answer": stranger.prove(asked["options"]),
        "pending": pending,
    }
    refused = client.post("/sign-in/passkey/second-step", data=sent)
    assert refused.status_code == 401 and "没有通过验证" in refused.text
    assert pending in refused.text, "another try needs no password"
    with application.app_context(), transaction(writing=False) as session:
        failed = sa.select(SignInEvent.way).where(
            SignInEvent.username == owner, SignInEvent.kind == "failed"
        )
        assert set(session.scalars(failed)) == {"passkey"}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[]",
        "[" * 5000,
        "{}",
        '{"id": 1}',
        '{"id": "a", "rawId": "!", "type": "public-key", "response": []}',
        "x" * 30_000,
    ],
)
def test_an_answer_that_is_none_is_told_in_a_sentence(
    application, signed_in, owner, answer: str
) -> None:
    visitor = application.test_client()
    state = question(visitor, "/sign-in/passkey/ask")["state"]
    sent = {"state": state, "answer": answer}
    refused = visitor.post("/sign-in/passkey", data=sent)
    assert refused.status_code == 401 and "没有通过验证" in refused.text
    forged = visitor.post(
        "/sign-in/passkey", data={"state": "x", "answer": answer}
    )
    assert forged.status_code == 401
    client = signed_in(owner)
    state = question(
        client,
        "/me/second-factor/passkeys/ask",
        password=PASSWORD,
        name="电脑",
    )["state"]
    told = client.post(
        "/me/second-factor/passkeys",
        data={"state": state, "answer": answer},
        follow_redirects=True,
    )
    assert told.status_code == 200 and "通行密钥没有添加" in told.text


def test_a_passkey_is_removed_by_its_person_or_with_the_lost_telephone(
    application, signed_in, owner
) -> None:
    client = signed_in(owner)
    first, second = Device(), Device()
    add(client, first, PASSWORD, "旧手机")
    add(client, second, PASSWORD, "新手机")
    with application.app_context(), transaction(writing=False) as session:
        known = {
            each.name: each.id for each in session.scalars(sa.select(Passkey))
        }
    address = f"/me/second-factor/passkeys/{known['旧手机']}/remove"
    wrong = client.post(
        address, data={"password": "falsch"}, follow_redirects=True
    )
    assert "密码不正确" in wrong.text
    stranger = signed_in("jk-sf").post(address, data={"password": "gridflow"})
    assert stranger.status_code == 404
    client.post(address, data={"password": PASSWORD})
    assert enter(application.test_client(), first).status_code == 401
    assert enter(application.test_client(), second).status_code == 302
    person_id = id_of(application, owner)
    page = signed_in("jk-admin").get(f"/admin/people/{person_id}").text
    assert "添加通行密钥" in page and "删除通行密钥" in page
    signed_in("jk-admin").post(f"/admin/people/{person_id}/second-factor")
    assert enter(application.test_client(), second).status_code == 401


def test_the_last_passkey_stays_where_a_role_needs_a_second_factor(
    application, signed_in, owner
) -> None:
    settings = application.extensions["gridflow"]
    client = signed_in(owner)
    add(client, Device(), PASSWORD, "电脑")
    with application.app_context(), transaction(writing=False) as session:
        person_id = id_of(application, owner)
        key = session.scalar(
            sa.select(Passkey.id).where(Passkey.person_id == person_id)
        )
    address = f"/me/second-factor/passkeys/{key}/remove"
    application.extensions["gridflow"] = dataclasses.replace(
        settings, second_factor_roles=("justice",)
    )
    try:
        kept = client.post(
            address, data={"password": PASSWORD}, follow_redirects=True
        )
        assert "请先设置验证器" in kept.text
    finally:
        application.extensions["gridflow"] = settings
    client.post(address, data={"password": PASSWORD})
    assert "开启后，登录时除密码外" in client.get("/me/second-factor").text


def test_a_site_opened_by_number_says_why_it_takes_no_passkeys(
    application, signed_in
) -> None:
    told = application.test_client().post(
        "/sign-in/passkey/ask", base_url="http://10.0.0.8:8000"
    )
    assert told.status_code == 422 and "域名" in told.json["told"]


def test_an_administrator_sees_the_sign_ins_of_his_territory_alone(
    application, signed_in, owner
) -> None:
    visitor = application.test_client()
    for name in (owner, "dt-sf"):
        visitor.post("/sign-in", data={"username": name, "password": "falsch"})
    county = signed_in("jk-admin").get("/admin/sign-ins/?kind=failed").text
    assert owner in county and "dt-sf" not in county
    assert owner in signed_in("admin").get(f"/admin/sign-ins/?q={owner}").text
    nobody = signed_in("jk-admin").get("/admin/sign-ins/?q=nobody-here").text
    assert "没有登录记录" in nobody
    assert signed_in("jk-sf").get("/admin/sign-ins/").status_code == 403
    with application.app_context(), transaction() as session:
        person = session.scalars(
            sa.select(Person).where(Person.username == owner)
        ).one()
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == person.id)
            .values(until_on=date(2026, 1, 1))
        )
    left = signed_in("jk-admin").get("/admin/sign-ins/?kind=failed").text
    assert owner not in left, "who served there once does not any more"
