"""What the product keeps is closed to other people of the machine, also what an earlier version left open."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.services.installation import private_files
from orchestrator.services.records import attachments
from orchestrator.settings import read_settings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def generous():
    """The mask of a system on which everybody may read what is not forbidden."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def _open_to_others(folder: Path) -> list[Path]:
    return [
        path
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


def test_what_an_earlier_start_left_open_is_closed(
    tmp_path: Path, generous
) -> None:
    var = tmp_path / "var"
    for name in (
        "gridflow.sqlite",
        "gridflow.sqlite-wal",
        "log/web.log",
        "attachments/ab/abc",
    ):
        file = var / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("personal")
    assert len(_open_to_others(var)) == 8
    assert (
        private_files.tighten(read_settings({"GRIDFLOW_VAR_DIR": str(var)}))
        == 8
    )
    assert _open_to_others(var) == []
    assert (
        private_files.tighten(read_settings({"GRIDFLOW_VAR_DIR": str(var)}))
        == 0
    )


def test_an_attachment_is_its_owners_alone_whatever_the_mask(
    tmp_path: Path, generous, world
) -> None:
    attachments.keep(
        b"%PDF-1.4",
        "a.pdf",
        "files",
        attachments.Claim("teston", world.person("li")),
        world.now,
    )
    (file,) = (
        path
        for path in (tmp_path / "attachments").rglob("*")
        if path.is_file()
    )
    assert _open_to_others(tmp_path / "attachments") == []
    assert file.read_bytes() == b"%PDF-1.4"


def test_a_prepared_installation_is_closed(tmp_path: Path, generous) -> None:
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("GRIDFLOW_")
    }
    env |= {
        "GRIDFLOW_VAR_DIR": str(tmp_path / "var"),
        "GRIDFLOW_SECRET_KEY": "tests" * 8,
    }
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "app",
        "prepare",
        "--empty",
        "template",
    ]
    subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert (tmp_path / "var" / "gridflow.sqlite").exists()
    assert _open_to_others(tmp_path / "var") == []
