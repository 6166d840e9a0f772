"""`./gridflow restart`: asks the launcher that runs for an exchange of its services, and waits for it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import occupancy
from environment import SetUpFailed

LONGEST_SECONDS = 600


def ask(
    folder: Path,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """The exit code: 0 once all services are new. Raises SetUpFailed where none runs in the folder, or where
    it does not answer."""
    before = occupancy.of_the_running(folder)
    launcher = before.get("launcher")
    serves = "web" in before.get("services", {})
    if not isinstance(launcher, int) or before.get("stopping") or not serves:
        raise SetUpFailed(
            f"数据目录 {folder} 没有正在运行的网格流程，请用 ./gridflow run 启动"
            f" / no Gridflow runs in {folder}; start it with ./gridflow run"
        )
    done = _renewals(before)
    os.kill(launcher, signal.SIGUSR2)
    until = clock() + LONGEST_SECONDS
    while clock() < until:
        now = occupancy.of_the_running(folder)
        if now.get("launcher") != launcher or now.get("stopping"):
            break
        if _renewals(now) > done:
            return _tell(_outcome(now))
        pause(0.1)
    raise SetUpFailed(
        f"运行中的网格流程（进程 {launcher}）没有更换服务，请查看它的输出"
        f" / the running Gridflow (process {launcher}) has not exchanged its services"
    )


def _renewals(noted: Mapping[str, Any]) -> int:
    """How often the services were exchanged, or failed to be. A launcher of an earlier version, which goes on
    running while its services are exchanged, notes a list of the outcomes."""
    count = noted.get("renewals", 0)
    if isinstance(count, list):
        return len(count)
    return int(count)


def _outcome(noted: Mapping[str, Any]) -> str:
    """What became of the last exchange: nothing, or why it failed."""
    outcomes = noted.get("renewals")
    if isinstance(outcomes, list):
        return str(outcomes[-1])
    return str(noted.get("outcome", ""))


def _tell(failure: str) -> int:
    if failure:
        print(failure, file=sys.stderr)
        return 1
    print("服务已更换，其间访问没有中断 / the services are new")
    return 0
