"""Preparing the database when it, or Redis, is not there yet: tried again for a bounded time, as after a
power cut."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from environment import SetUpFailed

AWAY = 75
"""Exit code of `prepare` when a server cannot be reached: EX_TEMPFAIL of sysexits.h."""
PAUSE_SECONDS = 5
_DEFAULT_SECONDS = "120"


def longest() -> int:
    """GRIDFLOW_START_WAIT_SECONDS. Raises SetUpFailed where it is no number of seconds."""
    text = os.environ.get("GRIDFLOW_START_WAIT_SECONDS", _DEFAULT_SECONDS)
    if not text.isdecimal() or int(text) > 3600:
        raise SetUpFailed(
            f"GRIDFLOW_START_WAIT_SECONDS 应为 0 到 3600 的整数，现为“{text}”"
            f" / GRIDFLOW_START_WAIT_SECONDS must be a number of seconds from 0 to 3600, not {text!r}"
        )
    return int(text)


def prepare(
    attempt: Callable[[], tuple[int, str]],
    seconds: int,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Tries until the servers answer or the seconds are over; returns the last exit code.

    `attempt` gives its exit code and what it complained of, which is told once where it stays the same.
    """
    until, outcome = clock() + seconds, ""
    while True:
        code, complaint = attempt()
        if complaint != outcome:
            print(complaint, end="", file=sys.stderr, flush=True)
        if code != AWAY:
            return code
        if clock() >= until:
            break
        if not outcome:
            print(
                f"每 {PAUSE_SECONDS} 秒再试一次，最多 {seconds} 秒（Ctrl-C 停止）"
                f" / trying again every {PAUSE_SECONDS} seconds for {seconds} seconds at most",
                file=sys.stderr,
                flush=True,
            )
        outcome = complaint
        pause(PAUSE_SECONDS)
    if outcome:
        print(
            f"等了 {seconds} 秒仍连不上，没有启动 / gave up after {seconds} seconds",
            file=sys.stderr,
            flush=True,
        )
    return code
