"""What a worker and a clock tell of themselves: their counts over HTTP, and a file that they touch."""

from __future__ import annotations

import os
import socket
import urllib.request
from pathlib import Path

import pytest

from orchestrator.errors import SettingInvalid
from orchestrator.services.installation import process_watch
from orchestrator.services.records import happened
from orchestrator.settings import read_settings


def test_counts_are_told_where_the_settings_say() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    happened.LATENESS.observe(1)
    process_watch.serve_counts(address)
    with urllib.request.urlopen(f"http://{address}/metrics") as answer:
        text = answer.read().decode()
    assert "gridflow_timer_lateness_seconds_bucket" in text
    # The port is taken now: it is told in the log.
    process_watch.serve_counts(address)
    process_watch.serve_counts("")


def test_a_file_shows_that_a_process_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "alive"
    process_watch.note_alive(str(file))
    os.utime(file, (1, 1))
    process_watch.note_alive(str(file))
    assert file.stat().st_mtime > 1
    process_watch.note_alive(str(tmp_path / "nowhere" / "alive"))
    process_watch.note_alive("")


def test_each_of_several_workers_has_a_port_of_its_own() -> None:
    given = {"GRIDFLOW_METRICS_LISTEN": "127.0.0.1:9110+12"}
    assert read_settings(given).metrics_listen == "127.0.0.1:9122"


@pytest.mark.parametrize(
    "text",
    ["9110", ":9110", "host:", "host:70000", "host:9110+a", "host:9110+"],
)
def test_an_address_without_host_or_port_is_refused(text: str) -> None:
    with pytest.raises(SettingInvalid, match="GRIDFLOW_METRICS_LISTEN"):
        read_settings({"GRIDFLOW_METRICS_LISTEN": text})
