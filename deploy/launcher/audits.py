"""What the product is made of: a bill of materials, the libraries' licences, and what is known against them.

The tools have an environment of their own, so that the bill lists the product alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import environment
from environment import PYTHON, REQUIREMENTS, ROOT

TOOLS = ROOT / "var" / "audit"
PYTHON_BILL = "python.cdx.json"
JAVASCRIPT_BILL = "javascript.cdx.json"


def bill_of_materials(folder: Path) -> int:
    """Writes the Python libraries and the packages of the front end with their versions and licences; returns
    the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / PYTHON_BILL
    code = _tool(
        "cyclonedx-py",
        "environment",
        "--output-format",
        "JSON",
        "--output-file",
        str(written),
        str(PYTHON),
    )
    if code:
        return code
    code = _javascript_bill(folder / JAVASCRIPT_BILL)
    if code == 0:
        print(f"{written}\n{folder / JAVASCRIPT_BILL}")
    return code


def _javascript_bill(target: Path) -> int:
    with tempfile.TemporaryDirectory() as name:
        for file in ("package.json", "package-lock.json"):
            outcome = json.loads((ROOT / file).read_text(encoding="utf-8"))
            # npm writes no bill of a package without a version.
            outcome["version"] = "0.0.0"
            outcome.get("packages", {}).get("", {})["version"] = "0.0.0"
            (Path(name) / file).write_text(
                json.dumps(outcome), encoding="utf-8"
            )
        with target.open("wb") as written:
            return environment.call_npm(
                "sbom",
                "--sbom-format",
                "cyclonedx",
                "--package-lock-only",
                cwd=name,
                stdout=written,
            )


def audit() -> int:
    """Prints each library's licence, and what is known against it; 1 where a vulnerability is known, 3 where
    not every library could be asked about."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        code = bill_of_materials(folder)
        if code:
            return code
        _print_licences(folder)
        asked = _asked_about(folder / "vulnerabilities.json")
    result = vulnerabilities_of(asked)
    for line in result:
        print(line)
    known = [value for value in asked if "skip_reason" not in value]
    print(
        f"核对了 {len(known)} 个库，已知漏洞 {len(result)} 个 / "
        f"looked up: {len(known)}, known vulnerabilities: {len(result)}"
    )
    if result:
        return 1
    if not known or len(known) < len(asked):
        print(
            f"没有核对的 {len(asked) - len(known)} 个：没有网络，或者软件源不是 PyPI；请在能上网的机器上运行 "
            "./gridflow audit / not looked up: no network, or another registry"
        )
        return 3
    return 0


def vulnerabilities_of(asked: list[dict[str, Any]]) -> list[str]:
    """A line for each vulnerability that pip-audit tells of the libraries."""
    return [
        f"{value['name']} {value['version']}: {known['id']}, 已修正的版本 / mended in "
        f"{', '.join(known['fix_versions']) or '-'}"
        for value in asked
        for known in value.get("vulns", ())
    ]


def licences_of(component: dict[str, Any]) -> str:
    """The component's licences in one text; empty where it names none."""
    outcome = []
    for value in component.get("licenses", ()):
        licence = value.get("license", {})
        outcome.append(
            value.get("expression") or licence.get("id") or licence.get("name")
        )
    return ", ".join(
        sorted({str(value).strip() for value in outcome if value})
    )


def _print_licences(folder: Path) -> None:
    for file in (PYTHON_BILL, JAVASCRIPT_BILL):
        bill = json.loads((folder / file).read_text(encoding="utf-8"))
        for component in bill["components"]:
            name = f"{component['name']} {component.get('version', '')}"
            licences = licences_of(component)
            outcome = licences[:100] or "见其自己的文本 / see its own text"
            print(f"{name:<44}{outcome}")


def _asked_about(target: Path) -> list[dict[str, Any]]:
    """What pip-audit tells of each library that runs; empty where it could ask nobody."""
    _tool(
        "pip-audit",
        "--requirement",
        str(REQUIREMENTS / "runtime.txt"),
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner=off",
        "--format=json",
        f"--output={target}",
        quiet=True,
    )
    try:
        outcome = json.loads(target.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    result: list[dict[str, Any]] = outcome["dependencies"]
    return result


def _tool(name: str, *arguments: str, quiet: bool = False) -> int:
    """Runs one of the tools; returns its exit code."""
    _install()
    errors = subprocess.DEVNULL if quiet else None
    return subprocess.run(
        [str(TOOLS / "bin" / name), *arguments], cwd=ROOT, stderr=errors
    ).returncode


def _install() -> None:
    lockfile = REQUIREMENTS / "audit.txt"
    stamp = TOOLS / "installed.txt"
    if stamp.exists() and stamp.read_bytes() == lockfile.read_bytes():
        return
    python = TOOLS / "bin" / "python"
    pip = ("-m", "pip", "install", "--quiet", "--require-hashes", "-r")
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(TOOLS)],
        [str(python), *pip, str(lockfile)],
    ):
        if subprocess.run(command, cwd=ROOT).returncode:
            raise environment.SetUpFailed(
                "审计工具安装失败，请检查网络或软件源配置后重试"
            )
    stamp.write_bytes(lockfile.read_bytes())
