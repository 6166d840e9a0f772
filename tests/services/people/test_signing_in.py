"""Signing in: every attempt counts, strangers lock nobody out, hashes keep up, sessions end on the server."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from orchestrator.errors import (
    DemonstrationElsewhere,
    FormInvalid,
    OneTimePasswordExpired,
    SecondFactorWrong,
    SignInBusy,
    SignInRefused,
    SignInThrottled,
)
from orchestrator.services import people
from orchestrator.services.clocks import upkeep
from orchestrator.services.people import (
    Visitor,
    accounts,
    attempts,
    passwords,
    second_factors,
    sessions,
)
from orchestrator.services.people.accounts import NewPassword
from orchestrator.store.accounts import SignInEvent, SignInSession
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.conftest import PRODUCTS_HASHER, PRODUCTS_NOBODY

pytestmark = pytest.mark.both_databases

ATTEMPTS = 5
RIGHT = "correct horse"
OFFICE, STRANGER = Visitor("10.0.0.1"), Visitor("203.0.113.9")


@pytest.fixture
def li(world) -> int:
    change("li", password_hash=passwords.hash_password(RIGHT))
    return world.person("li")


def change(username: str, **values: object) -> None:
    with transaction() as session:
        session.execute(
            sa.update(Person)
            .where(Person.username == username)
            .values(**values)
        )


def row(username: str) -> Person:
    with transaction(writing=False) as session:
        return session.scalars(
            sa.select(Person).where(Person.username == username)
        ).one()


def kinds() -> list[str]:
    with transaction(writing=False) as session:
        return list(
            session.scalars(
                sa.select(SignInEvent.kind).order_by(SignInEvent.id)
            )
        )


def fail(now, visitor=STRANGER, name="li", times=1) -> None:
    for _each in range(times):
        with pytest.raises(SignInRefused):
            people.sign_in(name, "wrong", now, visitor)


def person_of(token: str, now) -> Person | None:
    with transaction(writing=False) as session:
        return sessions.person_of(session, token, now)


def test_the_right_password_signs_in_and_is_recorded(world, li):
    person_id, token = people.sign_in(" li ", RIGHT, world.now, OFFICE)
    assert person_id == li == person_of(token, world.now).id
    assert kinds() == ["signed-in"]


@pytest.mark.parametrize("name", ["li", "nobody"])
def test_a_known_and_an_unknown_name_are_answered_alike(world, li, name):
    fail(world.now, name=name, times=ATTEMPTS)
    with pytest.raises(SignInThrottled) as told:
        people.sign_in(name, RIGHT, world.now, STRANGER)
    assert told.value.until == world.now + timedelta(seconds=30)
    assert kinds() == ["failed"] * ATTEMPTS + ["throttled"]


def test_each_further_failure_doubles_the_wait_up_to_the_longest(world, li):
    fail(world.now, times=ATTEMPTS)
    now, waits = world.now, []
    for _each in range(5):
        with pytest.raises(SignInThrottled) as told:
            people.sign_in("li", RIGHT, now, STRANGER)
        waits.append((told.value.until - now).total_seconds())
        now = told.value.until
        fail(now)
    assert waits == [30, 60, 120, 240, 480]


def test_a_stranger_locks_nobody_out(world, li):
    fail(world.now, times=ATTEMPTS)
    assert people.sign_in("li", RIGHT, world.now, OFFICE)[0] == li
    known = Visitor(STRANGER.address, device_id="a" * 32)
    assert people.sign_in("li", RIGHT, world.now, known)[0] == li


def test_many_strangers_make_strangers_wait_and_not_a_known_device_or_address(
    world, li, monkeypatch
):
    monkeypatch.setattr(attempts, "OF_ONE_NAME", 2)
    people.sign_in("li", RIGHT, world.now, OFFICE)
    for number in range(ATTEMPTS * 2):
        fail(world.now, Visitor(f"198.51.100.{number}"))
    with pytest.raises(SignInThrottled):
        people.sign_in("li", RIGHT, world.now, Visitor("192.0.2.1"))
    assert people.sign_in("li", RIGHT, world.now, OFFICE)[0] == li
    assert (
        people.sign_in(
            "li", RIGHT, world.now, Visitor("192.0.2.1", device_id="a" * 32)
        )[0]
        == li
    )


def test_one_password_tried_at_many_names_is_stopped_by_address(
    world, li, monkeypatch
):
    monkeypatch.setattr(attempts, "OF_ONE_ADDRESS", 2)
    for number in range(ATTEMPTS * 2):
        fail(world.now, name=f"name{number}")
    with pytest.raises(SignInThrottled):
        people.sign_in("another", "wrong", world.now, STRANGER)
    fail(world.now, Visitor("192.0.2.1"), name="another")


def test_addresses_of_one_ipv6_network_are_one(world, li):
    for number in range(ATTEMPTS):
        fail(world.now, Visitor(f"2001:db8::{number:x}"))
    with pytest.raises(SignInThrottled):
        people.sign_in("li", RIGHT, world.now, Visitor("2001:db8::ffff"))


def test_a_success_or_an_administrator_ends_the_wait(world, li):
    fail(world.now, times=ATTEMPTS - 1)
    people.sign_in("li", RIGHT, world.now, STRANGER)
    later = world.now + timedelta(seconds=1)
    fail(later, times=ATTEMPTS)
    accounts.unlock("li", later)
    assert (
        people.sign_in("li", RIGHT, later + timedelta(seconds=1), STRANGER)[0]
        == li
    )


def test_failures_at_the_same_time_are_all_counted(world, li, monkeypatch):
    monkeypatch.setattr(passwords, "_queue", threading.BoundedSemaphore(99))
    ready, outcomes = threading.Barrier(ATTEMPTS + 3), []

    def attempt() -> None:
        with world.app.app_context():
            ready.wait()
            try:
                people.sign_in("li", "wrong", world.now, STRANGER)
            except (SignInRefused, SignInThrottled) as refused:
                outcomes.append(type(refused).__name__)

    threads = [
        threading.Thread(target=attempt) for _each in range(ATTEMPTS + 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (
        sorted(outcomes)
        == ["SignInRefused"] * ATTEMPTS + ["SignInThrottled"] * 3
    )


@pytest.mark.parametrize("kept", [None, "", "x"])
def test_who_has_no_password_is_found_out_as_late_as_who_is_unknown(
    monkeypatch: pytest.MonkeyPatch, kept: str | None
) -> None:
    """Otherwise the time of the answer would tell which names there are."""
    compared = []

    class Watched:
        def verify(self, hashed: str, password: str) -> bool:
            compared.append(hashed)
            return True

    monkeypatch.setattr(passwords, "_HASHER", Watched())
    assert not passwords.matches(kept, RIGHT)
    assert compared == [passwords._NOBODY]


def test_hashes_are_as_strong_as_recommended_and_nobodys_is_as_strong() -> (
    None
):
    """The other tests hash with the least that there is."""
    strength = PRODUCTS_HASHER.memory_cost, PRODUCTS_HASHER.time_cost
    assert strength >= (19 * 1024, 2)
    assert not PRODUCTS_HASHER.check_needs_rehash(PRODUCTS_NOBODY)


def test_when_too_many_passwords_are_checked_the_attempt_is_refused_and_does_not_count(
    world, li, monkeypatch
):
    monkeypatch.setattr(passwords, "_queue", threading.BoundedSemaphore(1))
    with passwords._turn(), pytest.raises(SignInBusy):
        people.sign_in("li", RIGHT, world.now, STRANGER)
    assert kinds() == []
    assert people.sign_in("li", RIGHT, world.now, STRANGER)[0] == li


def test_a_hash_of_older_strength_is_replaced_at_the_next_sign_in(world, li):
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(RIGHT)
    change("li", password_hash=old)
    people.sign_in("li", RIGHT, world.now)
    assert row("li").password_hash != old
    assert people.sign_in("li", RIGHT, world.now)[0] == li


def test_a_password_that_was_reset_while_it_was_checked_signs_nobody_in(
    world, li, monkeypatch
):
    matches = passwords.matches

    def slow(hashed: str | None, password: str) -> bool:
        right = matches(hashed, password)
        change("li", password_hash="another")
        return right

    monkeypatch.setattr(passwords, "matches", slow)
    with pytest.raises(SignInRefused):
        people.sign_in("li", RIGHT, world.now, OFFICE)
    with transaction(writing=False) as session:
        assert session.scalars(sa.select(SignInSession.id)).all() == []


def test_a_demonstrations_account_opens_no_real_server(world, li):
    _id, token = people.sign_in("li", RIGHT, world.now)
    change("li", is_demo=True)
    assert person_of(token, world.now) is None
    with pytest.raises(DemonstrationElsewhere):
        people.sign_in("li", RIGHT, world.now)
    fail(world.now)


def test_a_session_ends_after_the_hours_that_the_setting_says(world, li):
    _id, token = people.sign_in("li", RIGHT, world.now)
    world.app.extensions["gridflow"] = dataclasses.replace(
        world.app.extensions["gridflow"], session_life=timedelta(hours=2)
    )
    assert person_of(token, world.now + timedelta(hours=1)) is not None
    assert person_of(token, world.now + timedelta(hours=2)) is None


def test_strangers_who_know_the_password_type_few_codes_and_lock_nobody_out(
    world, li, monkeypatch
):
    _id, own = people.sign_in("li", RIGHT, world.now, OFFICE)
    begun = second_factors.begin(li, RIGHT, world.now)
    code = pyotp.TOTP(begun.secret)
    at = world.now.timestamp()
    second_factors.confirm(li, code.at(int(at)), own, world.now)
    monkeypatch.setattr(attempts, "WRONG_CODES", 3)
    for number in range(3):
        stranger = Visitor(f"203.0.113.{number}", "")
        with pytest.raises(SecondFactorWrong):
            people.sign_in("li", RIGHT, world.now, stranger, "000000")
    another = Visitor("203.0.113.99", "")
    later = world.now + timedelta(hours=23)
    with pytest.raises(SignInThrottled) as told:
        people.sign_in("li", RIGHT, later, another, code.at(later))
    assert told.value.until == world.now + timedelta(hours=24)
    assert people.sign_in("li", RIGHT, later, OFFICE, code.at(later))[0] == li


def test_sessions_end_by_sign_out_by_age_by_retiring_and_by_a_reset(world, li):
    tokens = [people.sign_in("li", RIGHT, world.now)[1] for _each in range(4)]
    sessions.end(tokens[0], world.now)
    assert [person_of(token, world.now) is None for token in tokens] == [
        True,
        False,
        False,
        False,
    ]
    assert person_of(tokens[1], world.now + timedelta(hours=12)) is None
    sessions.end_others(li, tokens[1], world.now)
    assert [person_of(token, world.now) is None for token in tokens] == [
        True,
        False,
        True,
        True,
    ]
    accounts.reset("li", world.now)
    assert person_of(tokens[1], world.now) is None
    _id, token = people.sign_in(
        "li", accounts.reset("li", world.now), world.now
    )
    accounts.retire("li", world.now)
    assert person_of(token, world.now) is None
    fail(world.now)


def test_a_one_time_password_ends_in_time(world, li):
    password = accounts.reset("li", world.now)
    assert (
        people.sign_in("li", password, world.now + timedelta(hours=71))[0]
        == li
    )
    with pytest.raises(OneTimePasswordExpired):
        people.sign_in("li", password, world.now + accounts.ONE_TIME)


@pytest.mark.parametrize(
    ("old", "new", "again", "field"),
    [
        ("wrong", "battery staple", "battery staple", "old"),
        (RIGHT, "short", "short", "new"),
        (RIGHT, RIGHT, RIGHT, "new"),
        (RIGHT, "elevenchars", "elevenchars", "new"),
        (RIGHT, "123456789012", "123456789012", "new"),
        (RIGHT, "23456789:;<=", "23456789:;<=", "new"),
        (RIGHT, "zyxwvutsrqponmlkjihg", "zyxwvutsrqponmlkjihg", "new"),
        (RIGHT, "aaaaaabbbbbb", "aaaaaabbbbbb", "new"),
        (RIGHT, "Password1234", "Password1234", "new"),
        (RIGHT, "Sunshine2013", "Sunshine2013", "new"),
        (RIGHT, "p@ssw0rd2024", "p@ssw0rd2024", "new"),
        (RIGHT, "wangge123456", "wangge123456", "new"),
        (RIGHT, "li1234567890", "li1234567890", "new"),
        (RIGHT, "x" * 200, "x" * 200, "new"),
        (RIGHT, "battery staple", "battery stapler", "again"),
    ],
)
def test_a_password_is_changed_only_by_who_knows_the_old_one_and_to_a_good_one(
    world, li, old, new, again, field
):
    _id, token = people.sign_in("li", RIGHT, world.now)
    with pytest.raises(FormInvalid) as refused:
        accounts.change_password(
            li, old, NewPassword(new, again), token, world.now
        )
    assert list(refused.value.errors) == [field]


def test_a_new_password_ends_the_persons_other_sessions_and_keeps_this_one(
    world, li
):
    tokens = [people.sign_in("li", RIGHT, world.now)[1] for _each in range(2)]
    accounts.change_password(
        li,
        RIGHT,
        NewPassword("battery staple", "battery staple"),
        tokens[0],
        world.now,
    )
    assert person_of(tokens[0], world.now).id == li
    assert person_of(tokens[1], world.now) is None
    assert people.sign_in("li", "battery staple", world.now)[0] == li


def test_old_sessions_and_old_sign_in_records_are_forgotten_by_the_upkeep_and_young_ones_kept(
    world, li
) -> None:
    people.sign_in("li", RIGHT, world.now, OFFICE)
    world.later(days=31)
    _person, token = people.sign_in("li", RIGHT, world.now, OFFICE)
    assert upkeep.tidy(world.now)
    assert len(world.rows(sa.select(SignInSession))) == 1 and len(kinds()) == 2
    assert person_of(token, world.now) is not None
    world.later(days=340)
    assert upkeep.tidy(world.now)
    assert world.rows(sa.select(SignInSession)) == [] and len(kinds()) == 1, (
        "a year for the record of who signed in"
    )
