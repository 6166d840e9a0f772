"""An installation from an offline bundle: it fits this machine or is refused, and its wheels are installed
without a network."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failures import SetUpFailed

NOTE = "bundle.json"
"""Tells what the bundle was made for. Where it lies in the root, the installation came from a bundle."""
WHEELS = "wheels"
REQUIREMENTS = f"{WHEELS}/requirements.txt"
SUMS = "SHA256SUMS"
"""As `sha256sum -c` reads it."""
_GLIBC = re.compile(r"manylinux_2_(\d+)_|manylinux(1|2010|2014)_")
_OLDER_NAMES = {"1": 5, "2010": 12, "2014": 17}


@dataclass(frozen=True)
class Machine:
    """What wheels depend on."""

    python: str
    """As in `3.11`."""
    system: str
    """As in `linux x86_64`."""
    glibc: int
    """The second number of its version; 0 where the library is another one."""


def this_machine() -> Machine:
    """This Python on this machine."""
    library, version = platform.libc_ver()
    parts = version.split(".")
    glibc = 0
    if library == "glibc" and len(parts) > 1 and parts[1].isdigit():
        glibc = int(parts[1])
    return Machine(
        f"{sys.version_info[0]}.{sys.version_info[1]}",
        f"{sys.platform} {platform.machine()}",
        glibc,
    )


def needed_glibc(wheels: list[str]) -> int:
    """The second number of the oldest glibc that all these wheels, named as files are, run with."""
    return max((_glibc_of(name) for name in wheels), default=0)


def _glibc_of(wheel: str) -> int:
    """A wheel may name several: the oldest is enough. 0 for one that needs none."""
    result = [
        int(number) if number else _OLDER_NAMES[older]
        for number, older in _GLIBC.findall(wheel)
    ]
    return min(result, default=0)


def is_bundle(root: Path) -> bool:
    """Whether the installation in this folder came from a bundle."""
    return (root / NOTE).is_file()


def require_fit(root: Path, machine: Machine) -> None:
    """Raises SetUpFailed when the bundle in this folder was made for another machine."""
    note = _note(root)
    if machine.python != note["python"]:
        raise SetUpFailed(
            f"离线包是为 Python {note['python']} 制作的，这里用的是 Python {machine.python}。"
            f"请安装 python{note['python']} 和 python{note['python']}-venv，"
            f"再用 GRIDFLOW_PYTHON=python{note['python']} ./gridflow run 启动；"
            f"或在装有 Python {machine.python} 的机器上重新制作离线包"
            f" / the bundle was made for Python {note['python']}, this is {machine.python}"
        )
    if machine.system != note["system"]:
        raise SetUpFailed(
            f"离线包是为 {note['system']} 制作的，这台机器是 {machine.system}。"
            "请在同类机器上重新制作离线包"
            f" / the bundle was made for {note['system']}, this is {machine.system}"
        )
    if machine.glibc < note["glibc"]:
        raise SetUpFailed(
            f"离线包需要 glibc 2.{note['glibc']} 或更新的系统（{_library(machine)}）。"
            "请换较新的系统，或在同类机器上重新制作离线包"
            f" / the bundle needs glibc 2.{note['glibc']} or newer"
        )


def _library(machine: Machine) -> str:
    if machine.glibc:
        return f"这里是 2.{machine.glibc}"
    return "这里用的不是 glibc"


def require_whole(root: Path) -> None:
    """Raises SetUpFailed when a file that is installed from is not the one that was packed."""
    for line in _text(root / SUMS).splitlines():
        digest, _blank, name = line.partition("  ")
        file = root / name
        if not file.is_file() and not name.startswith(f"{WHEELS}/"):
            # An installation on a host keeps the program's own folders alone.
            continue
        if not file.is_file() or _sum(file) != digest:
            raise SetUpFailed(
                f"离线包不完整或被改动：{name}。请重新复制离线包，解开后再试"
                f" / the bundle is damaged: {name}"
            )


def pip_arguments(root: Path) -> list[str]:
    """What follows `pip install` so that it takes the bundle's wheels, by their hashes, and asks no
    network."""
    return [
        "--no-index",
        "--find-links",
        str(root / WHEELS),
        "--require-hashes",
        "-r",
        str(root / REQUIREMENTS),
    ]


def _note(root: Path) -> dict[str, Any]:
    result = json.loads(_text(root / NOTE))
    if not isinstance(result, dict):
        raise SetUpFailed(
            f"离线包不完整或被改动：{NOTE} / the bundle is damaged"
        )
    return result


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SetUpFailed(
            f"离线包不完整或被改动：{file.name} / the bundle is damaged: {file.name}"
        ) from None


def _sum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
