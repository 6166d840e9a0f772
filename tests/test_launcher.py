"""The launcher: one at a time in a var directory, what a killed one left is named, and servers that are away
are waited for."""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "deploy" / "launcher"))

import environment  # noqa: E402
import renewal  # noqa: E402
import supervisor  # noqa: E402
import waiting  # noqa: E402
from occupancy import Occupancy  # noqa: E402

ADDRESS = "127.0.0.1:8000"


def gone() -> int:
    """Id of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_a_second_start_in_the_same_directory_names_the_first(
    tmp_path: Path,
) -> None:
    first = Occupancy(tmp_path, ADDRESS)
    with pytest.raises(environment.SetUpFailed) as refused:
        Occupancy(tmp_path, "127.0.0.1:8001")
    for told in (
        str(tmp_path),
        f"进程 {os.getpid()}",
        ADDRESS,
        "GRIDFLOW_VAR_DIR",
    ):
        assert told in str(refused.value)
    Occupancy(tmp_path / "..", ADDRESS).leave()
    first.leave()
    Occupancy(tmp_path, ADDRESS).leave()


def test_services_whose_launcher_was_killed_are_named_with_the_command_that_ends_them(
    tmp_path: Path,
) -> None:
    lock = Occupancy(tmp_path, ADDRESS)
    waits = [sys.executable, "-c", "input()"]
    service = subprocess.Popen(
        waits, stdin=subprocess.PIPE, pass_fds=[lock.descriptor]
    )
    lock.note({"web": service.pid, "clock": gone()})
    lock.file.write_text(
        json.dumps({**json.loads(lock.file.read_text()), "launcher": gone()})
    )
    lock.leave()
    with pytest.raises(environment.SetUpFailed) as refused:
        Occupancy(tmp_path, ADDRESS)
    for told in (f"web {service.pid}，", ADDRESS, f"kill {service.pid} /"):
        assert told in str(refused.value)
    service.communicate(b"\n")
    Occupancy(tmp_path, ADDRESS).leave()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"services": {"web": "x"}}'])
def test_a_damaged_note_still_gives_a_sentence(
    tmp_path: Path, text: str
) -> None:
    lock = Occupancy(tmp_path, ADDRESS)
    lock.file.write_text(text)
    with pytest.raises(
        environment.SetUpFailed, match="正由另一个网格流程使用"
    ):
        Occupancy(tmp_path, ADDRESS)
    lock.leave()


def test_run_refuses_a_directory_that_is_in_use(tmp_path: Path) -> None:
    lock = Occupancy(tmp_path, ADDRESS)
    env = {
        **os.environ,
        "GRIDFLOW_VAR_DIR": str(tmp_path),
        "PYTHONPATH": str(ROOT / "deploy" / "launcher"),
    }
    command = [
        sys.executable,
        "-c",
        "import supervisor; supervisor.run(['zhenjiang'])",
    ]
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=240
    )
    assert (
        "正由另一个网格流程使用" in done.stderr
        and not (tmp_path / "valkey").exists()
    )
    lock.leave()


def test_a_taken_port_and_an_unknown_city_are_told_before_anything_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "VAR", tmp_path)
    run = runpy.run_path(str(ROOT / "deploy" / "launcher" / "__main__.py"))[
        "run"
    ]
    installed = []
    monkeypatch.setattr("environment.prepare", lambda: installed.append(1))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("GRIDFLOW_HOST", "127.0.0.1")
        monkeypatch.setenv("GRIDFLOW_PORT", str(taken.getsockname()[1]))
        with pytest.raises(
            environment.SetUpFailed, match="GRIDFLOW_PORT 换一个端口"
        ):
            run([])
    with pytest.raises(environment.SetUpFailed, match="没有这个辖区"):
        run(["nowhere"])
    assert not installed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_start_that_is_stopped_while_it_prepares_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GRIDFLOW_")
    }
    env = {
        **kept,
        "GRIDFLOW_VAR_DIR": str(tmp_path),
        "GRIDFLOW_PORT": str(port),
        "PYTHONPATH": str(ROOT / "deploy" / "launcher"),
    }
    program = (
        "import signal, sys, supervisor\n"
        "def prepare(*_given):\n"
        "    print('preparing', flush=True)\n"
        "    signal.pause()\n"
        "supervisor._prepare = prepare\n"
        "sys.exit(supervisor.run(['zhenjiang']))\n"
    )
    command = [sys.executable, "-c", program]
    start = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, text=True
    )
    assert start.stdout is not None
    assert start.stdout.readline() == "preparing\n"
    start.send_signal(number)
    start.communicate(timeout=240)
    assert start.returncode == 143
    Occupancy(tmp_path, ADDRESS).leave()


@pytest.mark.parametrize(
    ("failure", "code"), [("", 0), ("没有更换：数据库没有准备好", 1)]
)
def test_a_restart_asks_the_launcher_and_tells_what_became_of_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: str,
    code: int,
) -> None:
    lock = Occupancy(tmp_path, ADDRESS)
    lock.note({"web": os.getpid()})
    asked = []

    def launcher(process_id: int, number: int) -> None:
        asked.append((process_id, number))
        lock.renewed(failure)

    monkeypatch.setattr("renewal.os.kill", launcher)
    assert renewal.ask(tmp_path) == code
    assert asked == [(os.getpid(), signal.SIGUSR2)]
    assert failure in capsys.readouterr().err
    lock.leave()


def test_a_launcher_that_was_often_restarted_still_answers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lock = Occupancy(tmp_path, ADDRESS)
    lock.note({"web": os.getpid()})
    for _ in range(500):
        lock.renewed("没有更换：新的网页服务没有启动，见 var/log/web.log")
    monkeypatch.setattr(
        "renewal.os.kill", lambda *_: lock.renewed("没有更换：第五百零一次")
    )
    assert renewal.ask(tmp_path) == 1
    assert "第五百零一次" in capsys.readouterr().err
    assert lock.file.stat().st_size < 1000
    lock.leave()


def test_a_launcher_of_an_earlier_version_is_understood(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    noted = {"launcher": os.getpid(), "services": {"web": os.getpid()}}
    answers = iter(
        [
            {**noted, "renewals": [""]},
            {**noted, "renewals": ["", "没有更换：第二次"]},
        ]
    )
    monkeypatch.setattr(
        "renewal.occupancy.of_the_running", lambda _folder: next(answers)
    )
    monkeypatch.setattr("renewal.os.kill", lambda *_: None)
    assert renewal.ask(tmp_path) == 1
    assert "第二次" in capsys.readouterr().err


def test_a_restart_where_nothing_runs_is_told(tmp_path: Path) -> None:
    with pytest.raises(environment.SetUpFailed, match=r"\./gridflow run"):
        renewal.ask(tmp_path)
    lock = Occupancy(tmp_path, ADDRESS)
    lock.note({"web": os.getpid()})
    lock.stopping()
    with pytest.raises(environment.SetUpFailed, match=r"\./gridflow run"):
        renewal.ask(tmp_path)
    lock.leave()


class Clock:
    """Time passes only while somebody pauses."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def test_a_server_that_comes_is_waited_for_and_the_reason_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock, answers = (
        Clock(),
        iter(
            [(waiting.AWAY, "连不上数据库\n")] * 3
            + [(waiting.AWAY, "连不上 Redis\n"), (0, "")]
        ),
    )
    assert waiting.prepare(lambda: next(answers), 60, clock, clock.pause) == 0
    told = capsys.readouterr().err
    assert clock.now == 4 * waiting.PAUSE_SECONDS
    assert [
        told.count(each)
        for each in (
            "连不上数据库",
            "连不上 Redis",
            "每 5 秒再试一次，最多 60 秒",
        )
    ] == [
        1,
        1,
        1,
    ]


def test_after_the_time_it_gives_up_and_another_failure_is_not_waited_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    assert (
        waiting.prepare(
            lambda: (waiting.AWAY, "连不上数据库\n"), 60, clock, clock.pause
        )
        == waiting.AWAY
    )
    assert (
        clock.now == 60
        and "等了 60 秒仍连不上，没有启动" in capsys.readouterr().err
    )
    assert (
        waiting.prepare(lambda: (1, "图有错误\n"), 60, clock, clock.pause) == 1
    )
    assert (
        waiting.prepare(
            lambda: (waiting.AWAY, "连不上数据库\n"), 0, clock, clock.pause
        )
        == waiting.AWAY
    )
    assert clock.now == 60 and "再试" not in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "-1", "1.5", "soon", "3601", "²"])
def test_a_wrong_time_to_wait_is_told(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("GRIDFLOW_START_WAIT_SECONDS", text)
    with pytest.raises(environment.SetUpFailed, match="应为 0 到 3600 的整数"):
        waiting.longest()


def test_a_start_waits_for_one_that_is_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, waited = Occupancy(tmp_path, ADDRESS), []

    def the_first_ends(seconds: float) -> None:
        waited.append(seconds)
        first.leave()

    monkeypatch.setattr("occupancy.time.sleep", the_first_ends)
    first.stopping()
    Occupancy(tmp_path, ADDRESS).leave()
    assert len(waited) == 1
