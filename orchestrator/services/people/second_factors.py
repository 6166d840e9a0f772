"""One's second factor: set up, taken away, its recovery codes made anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from orchestrator.errors import FormInvalid, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.access import Viewer
from orchestrator.services.installation.database import settings
from orchestrator.services.people import (
    accounts,
    authenticators,
    passkeys,
    passwords,
    sessions,
)
from orchestrator.services.people.passkeys import Answer, Asked, Site
from orchestrator.store.accounts import Passkey, passkeys_of
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

ISSUER = "Gridflow"
"""What the app shows above the codes; some apps show Latin letters alone."""

MOST_KEYS = 10
LONGEST_KEY_NAME = 60


@dataclass(frozen=True, slots=True)
class NewAuthenticator:
    """A secret that the person is about to put into his app."""

    secret: str = field(repr=False)
    address: str = field(repr=False)
    """`otpauth://…`, what the QR code says."""


def is_required(viewer: Viewer) -> bool:
    """Whether one of the person's roles may not be without (GRIDFLOW_SECOND_FACTOR_ROLES)."""
    return any(
        body.role in settings().second_factor_roles
        for body in viewer.all_bodies
    )


def begin(person_id: int, password: str, now: datetime) -> NewAuthenticator:
    """A new secret, which counts once a code of it was typed. Raises FormInvalid for a wrong password,
    RuleViolated where a second factor is in use, SignInBusy."""
    _require_password(person_id, password)
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        if authenticators.in_use(session, person_id):
            raise RuleViolated([say("验证器已经设置，请先关闭两步验证")])
        return _begun(
            person,
            authenticators.new_secret(session, person_id, now),
        )


def begun(person_id: int) -> NewAuthenticator | None:
    """The secret of a set-up that was not finished, for its page; None when there is none."""
    with transaction(writing=False) as session:
        person = session.get_one(Person, person_id)
        secret = authenticators.secret_of(session, person_id)
        if authenticators.in_use(session, person_id):
            return None
        if secret is not None:
            return _begun(person, secret)
        return None


def confirm(person_id: int, code: str, token: str, now: datetime) -> list[str]:
    """The second factor counts from here on, and one's other sessions end; returns the recovery codes, which
    are told this once. Raises FormInvalid for a code that is not the present one."""
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        if authenticators.in_use(
            session,
            person_id,
        ) or not authenticators.matches(session, person_id, code, now):
            raise FormInvalid(
                {
                    "code": [
                        say("验证码不正确，请输入验证器上现在显示的六位数字"),
                    ],
                },
            )
        person.second_factor_at = person.second_factor_at or now
        sessions.raise_epoch(session, person, keep=token)
        accounts.note(session, person, "second-factor-set", now, person_id)
        return authenticators.new_codes(session, person_id)


def ask_for_passkey(
    person_id: int,
    password: str,
    name: str,
    site: Site,
) -> Asked:
    """The question with which a device makes a passkey. Raises FormInvalid for a wrong password or a missing
    name, RuleViolated for too many, SignInBusy."""
    if not 0 < len(name) <= LONGEST_KEY_NAME or not name.isprintable():
        raise FormInvalid(
            {"name": [say("请给通行密钥起个名字，最多 60 个字")]},
        )
    _require_password(person_id, password)
    with transaction(writing=False) as session:
        person = session.get_one(Person, person_id)
        _require_room(session, person_id)
        return passkeys.ask_for_new(session, person, site)


def add_passkey(
    person_id: int,
    name: str,
    given: Answer,
    token: str,
    now: datetime,
) -> list[str]:
    """The passkey counts from here on, and one's other sessions end; returns recovery codes where it is the
    first second factor, which are told this once. Raises PasskeyRefused, RuleViolated."""
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        _require_room(session, person_id)
        passkeys.put(session, person, name, given, now)
        sessions.raise_epoch(session, person, keep=token)
        accounts.note(
            session,
            person,
            "passkey-added",
            now,
            person_id,
            {"name": name},
        )
        if person.second_factor_at is not None:
            return []
        person.second_factor_at = now
        return authenticators.new_codes(session, person_id)


def remove_passkey(
    viewer: Viewer,
    passkey_id: int,
    password: str,
    now: datetime,
) -> None:
    """Takes one passkey away; with the last second factor the second step goes too. Raises NotFound,
    FormInvalid for a wrong password, RuleViolated where a role may not be without, SignInBusy."""
    _require_password(viewer.person_id, password)
    with transaction() as session:
        person = session.get_one(
            Person,
            viewer.person_id,
            with_for_update=True,
        )
        passkey = session.get(Passkey, passkey_id)
        if passkey is None or passkey.person_id != person.id:
            raise NotFound(str(passkey_id))
        details = {"name": passkey.name}
        session.delete(passkey)
        session.flush()
        accounts.note(
            session,
            person,
            "passkey-removed",
            now,
            person.id,
            details,
        )
        if passkeys_of(session, person.id) or authenticators.in_use(
            session,
            person.id,
        ):
            return
        if is_required(viewer):
            raise RuleViolated(
                [
                    say(
                        "您的岗位必须使用两步验证，请先设置验证器或另一个通行密钥，再删除这一个",
                    ),
                ],
            )
        forget(session, person, now, person.id)


def renew_codes(person_id: int, password: str, now: datetime) -> list[str]:
    """New recovery codes in the place of the old ones. Raises FormInvalid for a wrong password, RuleViolated
    where there is no second factor, SignInBusy."""
    _require_password(person_id, password)
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        if person.second_factor_at is None:
            raise RuleViolated([say("两步验证还没有开启")])
        accounts.note(session, person, "recovery-codes-made", now, person_id)
        return authenticators.new_codes(session, person_id)


def remove(viewer: Viewer, password: str, now: datetime) -> None:
    """Signs in by password alone from here on. Raises FormInvalid for a wrong password, RuleViolated where a
    role may not be without, SignInBusy."""
    if is_required(viewer):
        raise RuleViolated(
            [
                say(
                    "您的岗位必须使用两步验证，不能关闭；换手机请联系管理员重置",
                ),
            ],
        )
    _require_password(viewer.person_id, password)
    with transaction() as session:
        person = session.get_one(
            Person,
            viewer.person_id,
            with_for_update=True,
        )
        forget(session, person, now, viewer.person_id)


def forget(
    session: Session,
    person: Person,
    now: datetime,
    actor: int | None,
) -> None:
    """Takes the second factor from the person, on the record; nothing where there is none."""
    authenticators.remove(session, person.id)
    if person.second_factor_at is not None:
        person.second_factor_at = None
        accounts.note(session, person, "second-factor-removed", now, actor)


def _begun(person: Person, secret: str) -> NewAuthenticator:
    return NewAuthenticator(
        secret,
        pyotp.TOTP(secret).provisioning_uri(
            name=person.username,
            issuer_name=ISSUER,
        ),
    )


def _require_room(session: Session, person_id: int) -> None:
    if len(passkeys_of(session, person_id)) >= MOST_KEYS:
        raise RuleViolated(
            [say("最多 {most} 个通行密钥，请先删除不用的", most=MOST_KEYS)],
        )


def _require_password(person_id: int, password: str) -> None:
    with transaction(writing=False) as session:
        hashed = session.get_one(Person, person_id).password_hash
    if not passwords.matches(hashed, password):
        raise FormInvalid({"password": [say("密码不正确")]})
