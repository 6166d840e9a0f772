"""One Gridflow at a time in a var directory of this machine: a lock that the launcher and its services hold
together.

The services hold it too, so that those whose launcher was killed are told as what they are.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environment import SetUpFailed

_STOPPING_SECONDS = 40
"""How long a start waits for another that is stopping: longer than its services may take."""


def _file(folder: Path) -> Path:
    # Several machines may share the directory for its attachments; each has its own launcher.
    return folder / f"run.{socket.gethostname()}.lock"


class Occupancy:
    """The lock, as long as this process or one that was given `descriptor` lives."""

    def __init__(self, folder: Path, address: str) -> None:
        """Takes it. Raises SetUpFailed with who has it, and what to do."""
        self.file = _file(folder)
        self.address = address
        self._noted: dict[str, Any] = {}
        self._stops = False
        self._renewals = 0
        self._outcome = ""
        self.descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + _STOPPING_SECONDS
        while not self._taken():
            known = _read(self.descriptor)
            if not known.get("stopping") or time.monotonic() > end:
                os.close(self.descriptor)
                raise SetUpFailed(_told(folder, known))
            time.sleep(0.1)
        self.note({})

    def _taken(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def stopping(self) -> None:
        """Notes that it will soon be given up: whoever starts now waits for it."""
        self._stops = True
        self._write({**self._noted, "stopping": True})

    def note(self, services: Mapping[str, int]) -> None:
        """Writes down which processes hold it: name → process id."""
        noted = {
            "launcher": os.getpid(),
            "address": self.address,
            "services": dict(services),
            "renewals": self._renewals,
            "outcome": self._outcome,
        }
        if noted == self._noted or self._stops:
            return
        self._write(noted)

    def renewed(self, failure: str) -> None:
        """Notes that the services were exchanged, or with which sentence that failed."""
        self._renewals += 1
        self._outcome = failure
        self.note(self._noted.get("services", {}))

    def _write(self, noted: dict[str, Any]) -> None:
        text = json.dumps(noted).encode()
        os.pwrite(self.descriptor, text, 0)
        os.ftruncate(self.descriptor, len(text))
        self._noted = noted

    def leave(self) -> None:
        """Gives it up. Services that still live keep it."""
        os.close(self.descriptor)


def of_the_running(folder: Path) -> dict[str, Any]:
    """What the Gridflow that runs in the folder on this machine has noted; empty where none runs."""
    file = _file(folder)
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        return {}
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(descriptor)
    finally:
        os.close(descriptor)
    return {}


def _read(descriptor: int) -> dict[str, Any]:
    try:
        result = json.loads(os.pread(descriptor, 10_000, 0))
    except ValueError:
        return {}
    return result if isinstance(result, dict) else {}


def _told(folder: Path, known: Mapping[str, Any]) -> str:
    address, launcher = known.get("address", ""), known.get("launcher")
    left = {
        name: number
        for name, number in known.get("services", {}).items()
        if _lives(number)
    }
    if not left or _lives(launcher):
        return (
            f"数据目录 {folder} 正由另一个网格流程使用（进程 {launcher}，{address}）。"
            "请先停止它，或者设置 GRIDFLOW_VAR_DIR 换一个目录"
            f" / {folder} is in use by another Gridflow (process {launcher}, {address});"
            " stop it, or set GRIDFLOW_VAR_DIR to another folder"
        )
    names = "、".join(f"{name} {number}" for name, number in left.items())
    command = "kill " + " ".join(str(number) for number in left.values())
    return (
        f"上次启动的网格流程被强行结束，它的服务仍在运行（{names}，{address}），占着数据目录 {folder}。"
        f"请先结束它们，再重新启动：{command}"
        f" / services of a killed Gridflow still run; stop them first: {command}"
    )


def _lives(process_id: object) -> bool:
    if not isinstance(process_id, int) or process_id <= 0:
        return False
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
