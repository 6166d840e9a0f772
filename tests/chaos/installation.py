"""A whole installation in processes of its own: PostgreSQL, Valkey, web servers, workers and clocks, which
are started again when they die."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from orchestrator.services import deployments
from orchestrator.services.installation import database
from orchestrator.services.people.passwords import hash_password
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from tests.chaos.cluster import Cluster, free_port
from tests.databases import release
from tests.engine.diagrams import HEAD
from tests.servers import Valkey
from tests.services.world import (
    CITY,
    TENANT,
    make_app,
    settings_for,
    settle_people,
)

ROOT = Path(__file__).parents[2]
PASSWORD = "chaos-wangge-1"
KEY = "chaos" * 8
PETITION = f"""{HEAD}<process id="petition" name="来件" isExecutable="true"
  camunda:candidateStarterGroups="department@county">
<startEvent id="sent" camunda:formKey="request"/>
<userTask id="review" name="审核" camunda:formKey="review" camunda:candidateGroups="grid-office@county">
<documentation>依据：默认</documentation></userTask>
<intermediateCatchEvent id="pause" name="等候"><documentation>依据：默认</documentation>
<timerEventDefinition id="pause_timer"><timeDuration>PT6S</timeDuration></timerEventDefinition>
</intermediateCatchEvent>
<userTask id="look" name="查看" camunda:candidateGroups="grid-office@county">
<documentation>依据：默认</documentation></userTask>
<endEvent id="seen"/>
<sequenceFlow id="f1" sourceRef="sent" targetRef="review"/>
<sequenceFlow id="f2" sourceRef="review" targetRef="pause"/>
<sequenceFlow id="f3" sourceRef="pause" targetRef="look"/>
<sequenceFlow id="f4" sourceRef="look" targetRef="seen"/>
</process></definitions>"""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
_FLASK = ("-m", "flask", "--app", "app")
_WEB = ("-m", "gunicorn", "--config", "python:deploy.serving")


@dataclass
class Service:
    """A process that the installation keeps alive."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env={**self.env, **self.extra},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def send(self, number: int) -> None:
        """A signal to the process and its children."""
        with contextlib.suppress(ProcessLookupError):
            if self.process is not None:
                os.killpg(self.process.pid, number)


class Installation:
    """Servers and services in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.var = folder / "var"
        self.var.mkdir()
        self.small_disk = _mount(self.var)
        (folder / "cluster").mkdir()
        (folder / "valkey").mkdir()
        self.services: list[Service] = []
        self._stop = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self.cluster = Cluster(folder / "cluster")
        self.valkey = Valkey(folder / "valkey")
        self.app = make_app(settings_for(self.cluster.url, self.var))
        self.ports = [free_port(), free_port()]

    def start(self, standby: bool) -> None:
        """Everything, with the city in it; `standby`: with a second PostgreSQL."""
        self.cluster.begin()
        self.valkey.start()
        self._settle()
        if standby:
            self.cluster.follow()
        self.services = [self._web(port) for port in self.ports]
        for kind in ("worker", "clock"):
            self.services += [
                self._service(f"{kind}-{number}", (*_FLASK, kind), {})
                for number in (1, 2)
            ]
        for service in self.services:
            service.start()
        self._keeper.start()

    def of_kind(self, kind: str) -> list[Service]:
        return [each for each in self.services if each.name.startswith(kind)]

    def end(self) -> None:
        """Stops everything; what was written stays in the folder."""
        self._stop.set()
        if self._keeper.is_alive():
            self._keeper.join(5)
        for service in self.services:
            service.send(signal.SIGCONT)
            service.send(signal.SIGKILL)
            if service.process is not None:
                service.process.wait()
        with self.app.app_context():
            release()
        self.valkey.kill()
        self.cluster.end()
        if self.small_disk:
            subprocess.run(["umount", "-l", self.var], check=False)

    def _settle(self) -> None:
        with self.app.app_context():
            database.upgrade()
            settle_people()
            files = {
                name: (CITY / name).read_bytes()
                for name in (
                    "jurisdiction.toml",
                    "request.form",
                    "review.form",
                )
            }
            files["petition.bpmn"] = PETITION.encode()
            deployments.deploy(files, TENANT, None, datetime.now(UTC))
            hashed = hash_password(PASSWORD)
            with transaction() as session:
                session.execute(sa.update(Person).values(password_hash=hashed))
            db.session.remove()

    def _web(self, port: int) -> Service:
        named = {"GRIDFLOW_PORT": str(port)}
        return self._service(f"web-{port}", (*_WEB, "app:create_app()"), named)

    def _service(
        self, name: str, command: tuple[str, ...], named: dict[str, str]
    ) -> Service:
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("GRIDFLOW_")
        }
        env = {
            **inherited,
            "GRIDFLOW_DATABASE_URL": self.cluster.url,
            "GRIDFLOW_REDIS_URL": self.valkey.url,
            "GRIDFLOW_VAR_DIR": str(self.var),
            "GRIDFLOW_SECRET_KEY": KEY,
            "GRIDFLOW_SWEEP_SECONDS": "1",
            "PYTHONPATH": str(ROOT),
            **named,
        }
        return Service(name, command, env, self.folder / f"{name}.log")

    def _keep(self) -> None:
        while not self._stop.wait(0.3):
            for service in self.services:
                process = service.process
                if process is not None and process.poll() is not None:
                    # Children of one that was killed, RQ's scheduler for one, would live on.
                    service.send(signal.SIGKILL)
                    time.sleep(0.2)
                    service.start()


def _mount(folder: Path) -> bool:
    """Whether the folder is now a disk of 32 MB of its own."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
