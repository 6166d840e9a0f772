"""What is done to accounts: each act is one transaction, is written into the account's record, and refreshes
the notices of its grids."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from orchestrator.errors import FormInvalid, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import user_tasks
from orchestrator.services.people import (
    attempts,
    passwords,
    sessions,
)
from orchestrator.services.people.account_facts import Details, NewAccount
from orchestrator.services.people.account_rows import (
    ONE_TIME,
    all_named,
    bodies_of,
    close,
    insert,
    named,
    note,
    update,
    update_all,
    write_all_new,
    write_new,
)
from orchestrator.store.people import (
    Person,
)
from orchestrator.store.session import transaction

__all__ = [
    "Details",
    "NewAccount",
    "NewPassword",
    "ONE_TIME",
    "add",
    "all_named",
    "bodies_of",
    "change",
    "change_password",
    "close",
    "insert",
    "named",
    "note",
    "reset",
    "restore",
    "retire",
    "retire_demonstration",
    "unlock",
    "update",
    "update_all",
    "write_all_new",
    "write_new",
]


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A new password as it was typed."""

    password: str = field(repr=False)
    again: str = field(repr=False)
    """Typed a second time."""


def add(
    tenant_id: str,
    username: str,
    details: Details,
    now: datetime,
    actor: int | None = None,
) -> str:
    """Makes an account and returns its one-time password. Raises RuleViolated."""
    password = passwords.one_time_password()
    hashed = passwords.hash_password(password)
    with transaction() as session:
        insert(
            session,
            NewAccount(tenant_id, username, hashed),
            details,
            now,
            actor,
        )
    return password


def change(
    username: str,
    details: Details,
    now: datetime,
    actor: int | None = None,
) -> dict[str, list[str]]:
    """Changes an account; returns what was before and is now, by field. Raises NotFound, RuleViolated."""
    with transaction() as session:
        return update(session, named(session, username), details, now, actor)


def reset(username: str, now: datetime, actor: int | None = None) -> str:
    """Gives a one-time password, which is returned; ends the person's sessions. A demonstration's account
    becomes a real one."""
    password = passwords.one_time_password()
    hashed = passwords.hash_password(password)
    with transaction() as session:
        person = named(session, username)
        if not person.active:
            raise RuleViolated(
                [
                    say(
                        "“{username}”已停用，请先用 people restore 恢复",
                        username=username,
                    ),
                ],
            )
        person.password_hash = hashed
        person.one_time_until = now + ONE_TIME
        person.is_demo = False
        sessions.raise_epoch(session, person)
        attempts.unlock(session, person, now)
        note(session, person, "reset", now, actor)
    return password


def unlock(username: str, now: datetime, actor: int | None = None) -> None:
    """Failed attempts so far no longer make this name wait."""
    with transaction() as session:
        person = named(session, username)
        attempts.unlock(session, person, now)
        note(session, person, "unlocked", now, actor)


def retire(username: str, now: datetime, actor: int | None = None) -> None:
    """Closes the account, ends its sessions and gives back the tasks it holds. Raises NotFound,
    RuleViolated."""
    with transaction() as session:
        person = named(session, username)
        close(session, person, now, actor)
        person_id = person.id
    user_tasks.release_tasks_of(person_id, now)


def restore(username: str, now: datetime, actor: int | None = None) -> str:
    """Opens a closed account again and returns its one-time password; bodies are given anew by `change`."""
    password = passwords.one_time_password()
    hashed = passwords.hash_password(password)
    with transaction() as session:
        person = named(session, username)
        if person.active:
            raise RuleViolated(
                [say("“{username}”没有停用", username=username)],
            )
        person.active = True
        person.password_hash = hashed
        person.one_time_until = now + ONE_TIME
        person.is_demo = False
        note(session, person, "restored", now, actor)
    return password


def retire_demonstration(now: datetime) -> int:
    """Closes every account that a demonstration left; returns how many."""
    with transaction() as session:
        people = session.scalars(
            sa.select(Person).where(Person.is_demo, Person.active),
        ).all()
        for person in people:
            close(session, person, now, None)
        return len(people)


def change_password(
    person_id: int,
    old: str,
    wanted: NewPassword,
    token: str,
    now: datetime,
) -> None:
    """Changes one's own password and ends one's sessions but the one of the token. Raises FormInvalid,
    SignInBusy."""
    new = wanted.password
    with transaction(writing=False) as session:
        seen = session.get_one(Person, person_id)
    errors: dict[str, list[str]] = {}
    if not passwords.matches(seen.password_hash, old):
        errors["old"] = [say("原密码不正确")]
    errors |= passwords.faults(
        new,
        wanted.again,
        (seen.username, seen.display_name, seen.phone),
    )
    if new == old:
        errors["new"] = [say("新密码不能与原密码相同")]
    if errors:
        raise FormInvalid(errors)
    hashed = passwords.hash_password(new)
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        if person.password_hash != seen.password_hash:
            raise FormInvalid(
                {"old": [say("密码刚刚已被改动，请用新密码重新登录")]},
            )
        person.password_hash = hashed
        person.one_time_until = None
        sessions.raise_epoch(session, person, keep=token)
        note(session, person, "password-changed", now, person_id)
