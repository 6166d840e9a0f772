"""The files of deploy/ for hosts, containers and Kubernetes keep to the product: settings, commands and
addresses that they name exist, no secret stands in them, nothing runs as root. Manifests keep to their
schemas."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from app import create_app
from orchestrator.settings import DEFAULTS, OF_THE_LAUNCHER
from tests.databases import settings_for

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file
    for folder in ("debian", "container", "kubernetes")
    for file in (ROOT / "deploy" / folder).iterdir()
)
UNITS = [file for file in FILES if file.suffix == ".service"]
WRITTEN_COMMAND = re.compile(
    r'"flask", "--app", "app", "([a-z-]+)"|-m flask --app app ([a-z-]+)'
)
OF_THE_SHELL = re.compile(
    r"\./gridflow ([a-z-]+)|/opt/gridflow/gridflow ([a-z-]+)"
)
SECRET = re.compile(
    r"(?:KEY|PASSWORD|SECRET|TOKEN)\w*[=:][ ]*[\"']?([^\s\"'$?]\S*)"
)
ADDRESS = re.compile(r"(?<![\w.])/(?:health|metrics)[a-z/]*")


def _named(pattern: re.Pattern[str], text: str) -> set[str]:
    return {
        next(filter(None, found.groups())) for found in pattern.finditer(text)
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_settings_exist_and_are_explained(file: Path) -> None:
    named = set(re.findall(r"GRIDFLOW_[A-Z_]*[A-Z]", file.read_text("utf-8")))
    explained = set(
        re.findall(
            r"`(GRIDFLOW_[A-Z_]+)`",
            (ROOT / "docs" / "settings.md").read_text("utf-8"),
        )
    )
    assert named <= (set(DEFAULTS) | OF_THE_LAUNCHER) & explained


def test_commands_and_addresses_exist(tmp_path: Path) -> None:
    app = create_app(
        settings_for(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path)
    )
    launcher = (ROOT / "deploy" / "launcher" / "__main__.py").read_text(
        "utf-8"
    )
    texts = [file.read_text("utf-8") for file in FILES]
    named, of_the_shell, addresses = set[str](), set[str](), set[str]()
    for text in texts:
        named |= _named(WRITTEN_COMMAND, text)
        of_the_shell |= _named(OF_THE_SHELL, text)
        addresses |= set(ADDRESS.findall(text))
    assert {"prepare", "worker", "clock"} <= named <= set(app.cli.commands)
    assert "run" in of_the_shell
    assert all(
        f"\ndef {command.replace('-', '_')}(" in launcher
        for command in of_the_shell
    )
    assert (
        {"/health/live", "/health/ready"}
        <= addresses
        <= {str(rule) for rule in app.url_map.iter_rules()}
    )


def test_the_web_server_is_called_as_the_launcher_calls_it() -> None:
    words = [
        "-m",
        "gunicorn",
        "--config",
        "python:deploy.serving",
        "app:create_app()",
    ]
    quoted = ", ".join(f'"{word}"' for word in words)
    source = (ROOT / "deploy" / "launcher" / "supervisor.py").read_text(
        "utf-8"
    )
    called = re.findall(r'"([^"\n]*)"', source)
    starts = range(len(called))
    assert any(called[at : at + len(words)] == words for at in starts)
    assert quoted in (
        ROOT / "deploy" / "container" / "Containerfile"
    ).read_text("utf-8")
    assert quoted in (ROOT / "deploy" / "kubernetes" / "web.yaml").read_text(
        "utf-8"
    )
    assert " ".join(words) in (
        ROOT / "deploy" / "debian" / "gridflow-web.service"
    ).read_text("utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_secret_stands_in_a_file(file: Path) -> None:
    assert SECRET.findall(file.read_text("utf-8")) == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_as_a_user_of_its_own_and_writes_its_data_alone(
    unit: Path,
) -> None:
    lines = unit.read_text("utf-8").splitlines()
    assert {
        "User=gridflow",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "StateDirectory=gridflow",
    } <= set(lines)
    assert "EnvironmentFile=/etc/gridflow/gridflow.env" in lines
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.read_string("\n".join(lines))
    assert parsed["Service"]["ExecStart"].startswith("/opt/gridflow/")


def test_workers_have_one_unit_and_numbers() -> None:
    folder = ROOT / "deploy" / "debian"
    script = (folder / "install.sh").read_text("utf-8")
    assert (folder / "gridflow-worker@.service").exists()
    assert "gridflow-worker@$number.service" in script


def test_the_socket_of_the_web_server_stays_while_it_starts_anew() -> None:
    folder = ROOT / "deploy" / "debian"
    unit = (folder / "gridflow-web.service").read_text("utf-8").splitlines()
    assert "Requires=gridflow-web.socket" in unit
    assert "StartLimitIntervalSec=0" in unit
    listening = (folder / "gridflow-web.socket").read_text("utf-8")
    assert re.search(r"^ListenStream=127\.0\.0\.1:8000$", listening, re.M)


def _containers() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for file in FILES:
        if file.parent.name != "kubernetes":
            continue
        for document in yaml.safe_load_all(file.read_text("utf-8")):
            if document["kind"] in ("Deployment", "Job"):
                pod = document["spec"]["template"]["spec"]
                yield from (
                    (file.name, pod, container)
                    for container in pod["containers"]
                )


def test_containers_of_kubernetes_are_no_root_and_read_only() -> None:
    found = list(_containers())
    assert {name for name, _pod, _container in found} == {
        "web.yaml",
        "worker.yaml",
        "clock.yaml",
        "migrate.yaml",
    }
    for name, pod, container in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert (
            container["securityContext"]["allowPrivilegeEscalation"] is False
        )
        # The migration ends by itself.
        assert ("livenessProbe" in container) is (name != "migrate.yaml")


@pytest.mark.parametrize(
    "file",
    [file for file in FILES if file.parent.name == "kubernetes"],
    ids=lambda file: file.name,
)
def test_manifests_keep_to_the_schemas_of_kubernetes(file: Path) -> None:
    """Strictly: a field that Kubernetes does not know is a fault, for it would be ignored."""
    for document in yaml.safe_load_all(file.read_text("utf-8")):
        kubernetes_validate.validate(document, "1.37", strict=True)


def test_a_field_that_kubernetes_does_not_know_is_a_fault() -> None:
    text = (ROOT / "deploy" / "kubernetes" / "web.yaml").read_text("utf-8")
    wrong = text.replace("runAsNonRoot", "runAsNoRoot")
    assert wrong != text
    with pytest.raises(kubernetes_validate.ValidationError):
        for document in yaml.safe_load_all(wrong):
            kubernetes_validate.validate(document, "1.37", strict=True)


def test_compose_keeps_to_the_schema_of_its_specification(
    tmp_path: Path,
) -> None:
    file = ROOT / "deploy" / "container" / "compose.yaml"
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(file.read_text("utf-8").replace("read_only", "readonly"))
    command = "check_jsonschema", "--builtin-schema", "vendor.compose-spec"
    for path, code in ((file, 0), (wrong, 1)):
        done = subprocess.run([sys.executable, "-m", *command, str(path)])
        assert done.returncode == code


def test_each_alert_has_a_line_that_says_what_to_do() -> None:
    rules = yaml.safe_load(
        (ROOT / "deploy" / "monitoring" / "prometheus-rules.yaml").read_text()
    )
    alerts = {
        rule["alert"] for group in rules["groups"] for rule in group["rules"]
    }
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    told = set(re.findall(r"`(Gridflow[A-Za-z]+)`", text))
    assert alerts == told


def test_containers_of_compose_are_no_root_and_read_only() -> None:
    services = yaml.safe_load(
        (ROOT / "deploy" / "container" / "compose.yaml").read_text("utf-8")
    )["services"]
    assert {"web", "worker", "clock", "migrate", "database", "queue"} == set(
        services
    )
    for service in services.values():
        assert service["read_only"] is True
        assert service["user"] not in ("root", "0", "0:0")
        assert service["cap_drop"] == ["ALL"]
        assert "healthcheck" in service
    watched = {
        name
        for name, service in services.items()
        if not service["healthcheck"].get("disable")
    }
    assert watched == set(services) - {"migrate"}
