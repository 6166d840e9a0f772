"""`./gridflow restart`: asks the launcher that runs for an exchange of its services, and waits for it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

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
    done = len(before.get("renewals", []))
    os.kill(launcher, signal.SIGUSR2)
    until = clock() + LONGEST_SECONDS
    while clock() < until:
        now = occupancy.of_the_running(folder)
        if now.get("launcher") != launcher or now.get("stopping"):
            break
        renewals = now.get("renewals", [])
        if len(renewals) > done:
            return _tell(renewals[done])
        pause(0.1)
    raise SetUpFailed(
        f"运行中的网格流程（进程 {launcher}）没有更换服务，请查看它的输出"
        f" / the running Gridflow (process {launcher}) has not exchanged its services"
    )


def _tell(failure: str) -> int:
    if failure:
        print(failure, file=sys.stderr)
        return 1
    print("服务已更换，其间访问没有中断 / the services are new")
    return 0
