"""Signing in: a lock after repeated failures, hashes that keep up, and a new password that ends other sessions."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from orchestrator.errors import AccountLocked, FormInvalid, SignInRefused
from orchestrator.services import identity
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction

ATTEMPTS, MINUTES = 5, 15


@pytest.fixture
def li(world) -> int:
    change("li", password_hash=identity.hash_password("correct horse"))
    return world.person("li")


def change(username: str, **values: object) -> None:
    with transaction() as session:
        session.execute(sa.update(Person).where(Person.username == username).values(**values))


def row(username: str) -> Person:
    with transaction(writing=False) as session:
        return session.scalars(sa.select(Person).where(Person.username == username)).one()


def fail(now) -> None:
    with pytest.raises(SignInRefused):
        identity.sign_in("li", "wrong", now)


def test_the_right_password_signs_in_and_a_wrong_name_or_password_is_refused_alike(world, li):
    assert identity.sign_in(" li ", "correct horse", world.now) == li
    told = set()
    for name, password in (("li", "wrong"), ("nobody", "correct horse")):
        with pytest.raises(SignInRefused) as refused:
            identity.sign_in(name, password, world.now)
        told.add(str(refused.value))
    assert len(told) == 1


def test_the_fifth_failure_locks_for_a_quarter_of_an_hour_even_for_the_right_password(world, li):
    for _each in range(ATTEMPTS - 1):
        fail(world.now)
    with pytest.raises(AccountLocked) as locked:
        identity.sign_in("li", "wrong", world.now)
    assert locked.value.until == world.now + timedelta(minutes=MINUTES)
    with pytest.raises(AccountLocked):
        identity.sign_in("li", "correct horse", world.now + timedelta(minutes=MINUTES - 1))
    assert identity.sign_in("li", "correct horse", world.now + timedelta(minutes=MINUTES)) == li
    assert row("li").locked_until is None


def test_a_success_forgets_earlier_failures_and_an_administrator_can_unlock(world, li):
    for _each in range(ATTEMPTS - 1):
        fail(world.now)
    identity.sign_in("li", "correct horse", world.now)
    for _each in range(ATTEMPTS - 1):
        fail(world.now)
    change("li", locked_until=world.now + timedelta(hours=1))
    identity.unlock(li)
    assert identity.sign_in("li", "correct horse", world.now) == li


def test_failures_at_the_same_time_are_all_counted(world, li):
    ready, outcomes = threading.Barrier(ATTEMPTS), []

    def attempt() -> None:
        with world.app.app_context():
            ready.wait()
            try:
                identity.sign_in("li", "wrong", world.now)
            except (SignInRefused, AccountLocked) as refused:
                outcomes.append(type(refused))

    threads = [threading.Thread(target=attempt) for _each in range(ATTEMPTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.__name__ for each in outcomes) == ["AccountLocked"] + ["SignInRefused"] * (ATTEMPTS - 1)
    assert row("li").locked_until is not None


def test_who_left_does_not_sign_in(world, li):
    change("li", active=False)
    fail(world.now)


def test_a_hash_of_older_strength_is_replaced_at_the_next_sign_in(world, li):
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("correct horse")
    change("li", password_hash=old)
    identity.sign_in("li", "correct horse", world.now)
    assert row("li").password_hash != old
    assert identity.sign_in("li", "correct horse", world.now) == li


def test_an_ordinary_sign_in_writes_nothing(world, li):
    statements = []

    def keep(_connection, _cursor, statement, *_rest):
        statements.append(statement.split()[0])

    sa.event.listen(db.engine, "before_cursor_execute", keep)
    try:
        identity.sign_in("li", "correct horse", world.now)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", keep)
    assert set(statements) <= {"SELECT", "BEGIN"}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("wrong", "a new password", "old"), ("correct horse", "short", "new"), ("correct horse", "correct horse", "new")],
)
def test_a_password_is_changed_only_by_who_knows_the_old_one_and_to_a_good_one(world, li, old, new, field):
    with pytest.raises(FormInvalid) as refused:
        identity.change_password(li, old, new)
    assert list(refused.value.errors) == [field]
    assert identity.sign_in("li", "correct horse", world.now) == li


def test_a_new_password_ends_the_persons_other_sessions(world, li):
    before = row("li").session_epoch
    identity.change_password(li, "correct horse", "battery staple")
    assert row("li").session_epoch == before + 1
    assert identity.sign_in("li", "battery staple", world.now) == li
    fail(world.now)
