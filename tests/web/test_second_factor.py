"""Two steps of a sign-in: an authenticator app is set up, asked for, replaced by recovery codes, required of
roles, and taken away by an administrator when the telephone is lost."""

from __future__ import annotations

import dataclasses
import re
import time

import pyotp
import pytest
import sqlalchemy as sa

from orchestrator.services.people import passwords
from orchestrator.store.accounts import Authenticator, RecoveryCode
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.web.test_people_admin import add, id_of

PASSWORD = "湖边的小船与灯塔和老槐树"


@pytest.fixture
def owner(application, signed_in, county_administrator: str, request) -> str:
    """Somebody with a password of his own."""
    username = f"two-{abs(hash(request.node.name)) % 10**8}"
    visitor = application.test_client()
    visitor.post(
        add(signed_in("jk-admin"), username, "京口区司法局"),
        data={"new": PASSWORD, "again": PASSWORD},
    )
    return username


def confirmed(client) -> tuple[pyotp.TOTP, list[str], str]:
    """Opens the second factor of who is signed in: his app, his recovery codes, the used code."""
    assert (
        client.post(
            "/me/second-factor/begin", data={"password": PASSWORD}
        ).status_code
        == 302
    )
    page = client.get("/me/second-factor").text
    assert 'src="data:image/svg+xml' in page
    app = pyotp.TOTP(re.search(r'id="secret">([A-Z2-7]+)<', page)[1])
    refused = client.post("/me/second-factor/confirm", data={"code": "000000"})
    assert refused.status_code == 422 and "验证码不正确" in refused.text
    code = app.now()
    done = client.post("/me/second-factor/confirm", data={"code": code})
    codes = re.findall(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b", done.text)
    assert done.status_code == 200 and len(codes) == 10
    return app, codes, code


def set_up(client) -> tuple[pyotp.TOTP, list[str]]:
    """The same without the code."""
    app, codes, _code = confirmed(client)
    return app, codes


def first_step(application, username: str):
    """A client whose password was right, and the text of its second step."""
    client = application.test_client()
    page = client.post(
        "/sign-in?next=/me", data={"username": username, "password": PASSWORD}
    )
    assert page.status_code == 200 and "验证器上显示的六位验证码" in page.text
    assert client.get("/me").status_code == 302, (
        "the password alone opens nothing"
    )
    return client, re.search(r'name="pending" value="([^"]+)"', page.text)[1]


def test_a_sign_in_asks_for_a_code_that_counts_once_or_a_recovery_code(
    application, signed_in, owner
) -> None:
    app, codes, code = confirmed(signed_in(owner))
    client, pending = first_step(application, owner)
    used = client.post(
        "/sign-in/code?next=/me", data={"pending": pending, "code": code}
    )
    assert used.status_code == 401 and "已经用过" in used.text
    sent = {"pending": pending, "code": app.at(int(time.time()) + 30)}
    entered = client.post("/sign-in/code?next=//evil.example", data=sent)
    assert (
        entered.status_code == 302
        and "evil" not in entered.headers["Location"]
    )
    assert client.get("/me").status_code == 200
    client, pending = first_step(application, owner)
    assert (
        client.post(
            "/sign-in/code",
            data={"pending": pending, "code": codes[0].upper()},
        ).status_code
        == 302
    )
    assert "恢复码还剩 9 个" in client.get("/me/second-factor").text
    client, pending = first_step(application, owner)
    assert (
        client.post(
            "/sign-in/code", data={"pending": pending, "code": codes[0]}
        ).status_code
        == 401
    )
    assert (
        client.post(
            "/sign-in/code", data={"pending": "x", "code": codes[1]}
        ).status_code
        == 401
    )
    for _attempt in range(5):
        refused = client.post(
            "/sign-in/code", data={"pending": pending, "code": "123456"}
        )
    assert refused.status_code == 429, "codes cannot be guessed"


def test_neither_a_form_in_place_nor_a_new_password_goes_round_the_second_factor(
    application, signed_in, owner
) -> None:
    _app, codes = set_up(signed_in(owner))
    sent = {"username": owner, "password": PASSWORD}
    client = application.test_client()
    assert client.post("/sign-in/here", json=sent).status_code == 401
    assert (
        client.post(
            "/sign-in/here", json={**sent, "code": codes[0]}
        ).status_code
        == 200
    )
    link = (
        signed_in("jk-admin")
        .post(f"/admin/people/{id_of(application, owner)}/link")
        .text
    )
    visitor = application.test_client()
    address = re.search(r"/set-password/[\w-]+", link)[0]
    set_anew = visitor.post(address, data={"new": PASSWORD, "again": PASSWORD})
    assert set_anew.headers["Location"] == "/sign-in"
    assert visitor.get("/me").status_code == 302
    first_step(application, owner)


def test_a_lost_telephone_is_an_administrators_reset_on_the_record(
    application, signed_in, owner
) -> None:
    set_up(signed_in(owner))
    person_id = id_of(application, owner)
    administrator = signed_in("jk-admin")
    assert (
        "重置两步验证" in administrator.get(f"/admin/people/{person_id}").text
    )
    page = administrator.post(f"/admin/people/{person_id}/second-factor").text
    visitor = application.test_client()
    sent = {"new": PASSWORD, "again": PASSWORD}
    assert (
        visitor.post(
            re.search(r"/set-password/[\w-]+", page)[0], data=sent
        ).status_code
        == 302
    )
    assert visitor.get("/me").status_code == 200, (
        "he is in by the link and may set up another"
    )
    assert (
        "取消两步验证" in administrator.get(f"/admin/people/{person_id}").text
    )
    own = id_of(application, "jk-admin")
    assert (
        administrator.post(f"/admin/people/{own}/second-factor").status_code
        == 422
    )


def test_a_role_that_asks_for_it_opens_nothing_else_before(
    application, signed_in, owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = dataclasses.replace(
        application.extensions["gridflow"], second_factor_roles=("justice",)
    )
    monkeypatch.setitem(application.extensions, "gridflow", asked)
    client = signed_in(owner)
    assert client.get("/done").headers["Location"] == "/me/second-factor"
    assert client.get("/api/task").status_code == 403
    assert client.post("/me/sessions/end-others").status_code == 403
    assert "您的岗位必须使用两步验证" in client.get("/me/second-factor").text
    set_up(client)
    assert client.get("/done").status_code == 200
    assert (
        client.post(
            "/me/second-factor/remove", data={"password": PASSWORD}
        ).status_code
        == 422
    )


def test_it_is_closed_with_the_password_alone_and_the_table_tells_no_secret(
    application, signed_in, owner
) -> None:
    client = signed_in(owner)
    app, codes = set_up(client)
    person_id = id_of(application, owner)
    with application.app_context(), transaction(writing=False) as session:
        kept = session.get_one(Authenticator, person_id).sealed_secret
        rows = session.scalars(
            sa.select(RecoveryCode.id).where(
                RecoveryCode.person_id == person_id
            )
        ).all()
    assert app.secret not in kept and not {
        code.replace("-", "") for code in codes
    } & set(rows)
    for act in ("remove", "codes"):
        refused = client.post(
            f"/me/second-factor/{act}", data={"password": "falsch"}
        )
        assert refused.status_code == 422 and "密码不正确" in refused.text
    assert (
        len(
            set(
                re.findall(
                    r"[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}", _new_codes(client)
                )
            )
            & {*codes}
        )
        == 0
    )
    assert (
        client.post(
            "/me/second-factor/remove", data={"password": PASSWORD}
        ).status_code
        == 302
    )
    with application.app_context(), transaction(writing=False) as session:
        assert session.get_one(Person, person_id).second_factor_at is None
        assert passwords.matches(
            session.get_one(Person, person_id).password_hash, PASSWORD
        )


def _new_codes(client) -> str:
    return client.post(
        "/me/second-factor/codes", data={"password": PASSWORD}
    ).text


def test_a_code_is_taken_as_apps_show_it_and_keyboards_give_it(
    signed_in, owner
) -> None:
    client = signed_in(owner)
    assert (
        client.post(
            "/me/second-factor/begin", data={"password": PASSWORD}
        ).status_code
        == 302
    )
    secret = re.search(
        r'id="secret">([A-Z2-7]+)<', client.get("/me/second-factor").text
    )[1]
    code = (
        pyotp.TOTP(secret)
        .now()
        .translate(
            {ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}
        )
    )
    done = client.post(
        "/me/second-factor/confirm", data={"code": f" {code[:3]} {code[3:]} "}
    )
    assert done.status_code == 200
