"""Passwords: Argon2id hashes, few at a time, and what a good password is."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from orchestrator.errors import SignInBusy
from orchestrator.sentences import say

# OWASP's recommendation for Argon2id (password storage cheat sheet): 19 MiB, two passes, one lane. A check
# takes some 20 ms of one core.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE = 1
"""Checks at once in a process; the web server runs a process for each of two cores."""
MOST_WAITING = 4
"""Threads of a process that may wait for their turn; the others serve pages."""
WAIT_SECONDS = 5.0
SHORTEST = 12
LONGEST = 128
LONGEST_COMPARED = 16
"""Longer passwords are in no list, and comparing them takes long."""
WEAKEST = 2
"""Score of zxcvbn: a million guesses at least. It knows 30,000 passwords of breaches, how they are varied,
rows of the keyboard, dates and runs."""
_COMMON = frozenset(
    [
        "520131414520",
        "5201314520131",
        "woaini1314520",
        "woaini5201314",
        "woaini520520",
        "wangge123456",
        "wanggeyuan123",
        "administrator",
        "administrator1",
        "admin888888",
        "gridflow1234",
        "gridflow12345",
        "changeme1234",
    ],
)
"""Of breaches in China and of this product, where the list of zxcvbn lacks them."""
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Letters and digits that nobody takes for another."""

_slots = threading.BoundedSemaphore(AT_ONCE)
_queue = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)


def hash_password(password: str) -> str:
    """The Argon2id hash. Raises SignInBusy when too many are asked for at once."""
    with _turn():
        return _HASHER.hash(password)


def matches(hashed: str | None, password: str) -> bool:
    """Whether it is the password of the hash. None, for nobody, and what is no hash, of an account without a
    password, take as long and never match. Raises SignInBusy."""
    known = _NOBODY
    if hashed and hashed.startswith("$argon2"):
        known = hashed
    with _turn():
        try:
            return _HASHER.verify(known, password) and known == hashed
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(hashed: str) -> bool:
    """Whether the hash is of another strength than new ones."""
    return _HASHER.check_needs_rehash(hashed)


def one_time_password() -> str:
    """A random password of twelve characters (some 59 bits) that is easily read out."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _each in range(4))
        for _group in range(3)
    )


def objections(password: str, names: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with a new password, in Chinese; `names`: the person's user name, name and telephone."""
    plain = password.casefold()
    if len(password) < SHORTEST:
        return [say("新密码至少 {shortest} 位", shortest=SHORTEST)]
    if len(password) > LONGEST:
        return [say("新密码最多 {longest} 位", longest=LONGEST)]
    if len(set(plain)) < 4 or _is_run(plain) or _is_well_known(plain):
        return [say("这个密码太常见或太有规律，容易被猜到，请换一个")]
    if any(
        name
        and (
            plain == name.casefold()
            or plain.strip("0123456789!@#_.-") == name.casefold()
        )
        for name in names
    ):
        return [
            say("新密码不能是用户名、姓名或电话，也不能只在后面加几位数字"),
        ]
    return []


def faults(
    password: str,
    again: str,
    names: tuple[str, ...],
) -> dict[str, list[str]]:
    """Field (`new`, `again`) → what is wrong with a new password that was typed twice, in Chinese."""
    wrong = {}
    if sentences := objections(password, names):
        wrong["new"] = sentences
    if password != again:
        wrong["again"] = [say("两次输入的新密码不一致")]
    return wrong


def _is_well_known(plain: str) -> bool:
    """Whether it is a password of a breach, or one that is made from such in the usual ways."""
    if plain in _COMMON:
        return True
    if len(plain) > LONGEST_COMPARED:
        return False
    score: int = zxcvbn(plain)["score"]
    return score < WEAKEST


def _is_run(text: str) -> bool:
    """Whether each character is the next, or each the one before: `abcdefgh`, `98765432`."""
    steps = {
        ord(second) - ord(first) for first, second in itertools.pairwise(text)
    }
    return steps in ({1}, {-1})


@contextmanager
def _turn() -> Iterator[None]:
    if not _queue.acquire(blocking=False):
        raise SignInBusy
    try:
        if not _slots.acquire(timeout=WAIT_SECONDS):
            raise SignInBusy
        try:
            yield
        finally:
            _slots.release()
    finally:
        _queue.release()


_NOBODY = _HASHER.hash(secrets.token_hex(16))
