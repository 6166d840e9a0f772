"""What the start tells when a server of the settings cannot be reached: one sentence, no trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("GRIDFLOW_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x"),
        ("GRIDFLOW_REDIS_URL", "redis://127.0.0.1:1/0"),
    ],
)
def test_a_server_that_is_away_is_told_in_one_line_that_names_the_setting(
    tmp_path: Path, name: str, address: str
) -> None:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("GRIDFLOW_")
    }
    env = {
        **kept,
        "GRIDFLOW_VAR_DIR": str(tmp_path),
        "GRIDFLOW_SECRET_KEY": "tests" * 8,
        name: address,
    }
    command = [
        sys.executable,
        "-m",
        "flask",
        "--app",
        "app",
        "prepare",
        "nowhere",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 75, "so that the launcher tries again"
    (line,) = done.stderr.strip().splitlines()
    assert name in line
    assert "请检查地址" in line
