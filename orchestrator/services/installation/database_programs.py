"""The database's own tools, run on the database of the settings."""

from __future__ import annotations

import os
import shutil
import subprocess

from psycopg.conninfo import make_conninfo

from orchestrator.errors import BackupFailed
from orchestrator.sentences import say
from orchestrator.store.session import db


def run(program: str, *arguments: str) -> None:
    """Runs a program of PostgreSQL's on this database; its password stands in no command line. Raises
    BackupFailed."""
    # The driver's own words: an address of several hosts is written otherwise in the settings.
    url = db.engine.url
    _positional, outcome = url.get_dialect()().create_connect_args(url)
    environment = dict(os.environ)
    password = outcome.pop("password", None)
    if password:
        environment["PGPASSWORD"] = str(password)
    address = make_conninfo(**outcome)
    _call(program, [f"--dbname={address}", *arguments], environment)


def convert(program: str, *arguments: str) -> None:
    """Runs a program of PostgreSQL's on files alone. Raises BackupFailed."""
    _call(program, list(arguments), dict(os.environ))


def _call(
    program: str, arguments: list[str], environment: dict[str, str]
) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(
            say(
                "没有找到 {program}，请安装 postgresql-client（版本不低于数据库）",
                program=program,
            ),
        )
    done = subprocess.run(
        [path, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        outcome = (done.stderr.strip().splitlines() or [str(done.returncode)])[
            0
        ]
        raise BackupFailed(
            say("{program} 没有完成：{told}", program=program, told=outcome),
        )
