"""When the start fills a city with the demonstration's matters, and when it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import create_app
from orchestrator.services.simulation import demonstration
from orchestrator.settings import read_settings
from web.commands import preparing


@pytest.mark.parametrize(
    ("settings", "arguments", "wanted"),
    [
        ({}, ["zhenjiang"], [("zhenjiang", 60)]),
        ({}, ["zhenjiang", "qingdao"], [("zhenjiang", 30), ("qingdao", 30)]),
        ({}, ["--empty", "zhenjiang"], []),
        ({"GRIDFLOW_DEMO": "0"}, ["zhenjiang"], []),
        ({"GRIDFLOW_HOST": "0.0.0.0"}, ["zhenjiang"], []),
        (
            {"GRIDFLOW_PUBLIC_URL": "https://grid.example.gov.cn"},
            ["zhenjiang"],
            [],
        ),
    ],
)
def test_only_a_demonstration_on_this_machine_is_filled(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    arguments: list[str],
    wanted: list[tuple[str, int]],
) -> None:
    filled = []
    monkeypatch.setattr(
        demonstration,
        "load_filled",
        lambda folder, now, matters: filled.append((folder.name, matters)),
    )
    monkeypatch.setattr(preparing, "_upgrade", lambda: None)
    monkeypatch.setattr(preparing, "_load", lambda folder, demo: None)
    monkeypatch.setattr(preparing, "_list_accounts", lambda: None)
    monkeypatch.setattr(preparing, "_refuse_known_passwords", lambda: None)
    monkeypatch.setattr(preparing, "_tell_administrators", lambda: None)
    app = create_app(
        read_settings(
            {
                "GRIDFLOW_VAR_DIR": str(tmp_path),
                "GRIDFLOW_SECRET_KEY": "tests" * 8,
                **settings,
            }
        )
    )
    done = app.test_cli_runner().invoke(args=["prepare", *arguments])
    assert done.exit_code == 0, done.output
    assert filled == wanted
