"""A city of two levels: one place, and the grids in it; no county, no township, no community."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from orchestrator.services import jurisdictions
from orchestrator.services.designing import folder_check
from orchestrator.store.session import db
from tests.databases import release, settings_for
from tests.onboarding.test_another_city import signed_in

CITY = Path(__file__).parent / "chiling"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
NARROW = "880001001201"
FILES = {".bpmn", ".dmn", ".form"}
WIDE = ("league", "banner", "sumu")


@pytest.fixture
def port(tmp_path: Path) -> Path:
    """The league's folder with all bodies in one place: a new town whose administration has grids itself."""
    folder = Path(shutil.copytree(CITY, tmp_path / "port"))
    shutil.rmtree(folder / "scenarios")
    profile = (folder / "jurisdiction.toml").read_text(encoding="utf-8")
    profile = profile.replace('key = "chiling"', 'key = "port"')
    profile = profile.replace('"赤岭盟"', '"临港新城"')
    profile = re.sub(
        r"\[levels\]\n(.+\n)+",
        '[levels]\nzone = "新城"\ncell = "单元网格"\n',
        profile,
    )
    profile = re.sub(r"\[roles\.gacha-committee\]\n(.+\n)+\n", "", profile)
    profile = re.sub(
        r'levels = \["(league|banner).*\]', 'levels = ["zone"]', profile
    )
    profile = profile.replace('levels = ["patch"]', 'levels = ["cell"]')
    profile = re.sub(r"seed_lists = .*", 'seed_lists = ["880000"]', profile)
    (folder / "jurisdiction.toml").write_text(profile, encoding="utf-8")
    (folder / "territories.csv").write_text(
        "code,name,level,parent\n880000,临港新城,zone,\n", encoding="utf-8"
    )
    for file in folder.iterdir():
        if file.suffix in FILES:
            file.write_text(_levels(file.read_text("utf-8")), "utf-8")
    for name in ("grids.csv", "grid_areas.csv"):
        _keep(folder / name, (NARROW,), {f",{NARROW},": ",880000,"})
    _keep(folder / "people.csv", (",880000,", f",{NARROW[:8]}"), {})
    people = (folder / "people.csv").read_text(encoding="utf-8")
    kept = [
        line for line in people.splitlines() if "gacha-committee" not in line
    ]
    kept = [line for line in kept if ",authority,880001" not in line]
    (folder / "people.csv").write_text("\n".join(kept) + "\n", "utf-8")
    return folder


def _levels(text: str) -> str:
    for level in WIDE:
        text = text.replace(f"@{level}", "@zone")
        text = text.replace(f'"{level}"', '"zone"')
        text = text.replace(f">{level}<", ">zone<")
    return text.replace("@patch", "@cell")


def _keep(file: Path, words: tuple[str, ...], changed: dict[str, str]) -> None:
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if any(word in line for word in words)]
    text = "\n".join([head, *kept]) + "\n"
    for old, new in changed.items():
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def test_it_has_no_fault_and_its_pages_name_its_place(
    port: Path, database_url: str, tmp_path: Path
) -> None:
    told = [
        finding.message
        for finding in folder_check.check(port)
        if finding.severity == "error"
    ]
    assert told == []
    app = create_app(settings_for(database_url, tmp_path, demo=True))
    try:
        with app.app_context():
            jurisdictions.load(port, now=NOW, demo=True)
            db.session.remove()
        _look(app)
    finally:
        with app.app_context():
            release()


def _look(app: Flask) -> None:
    hub = signed_in(app, "league-hub")
    grids = hub.get("/grids").text
    assert "巴彦北片" in grids and "临港新城" in grids
    for address in ("/", "/grids", "/cases", "/figures", "/cases/map"):
        page = hub.get(address, follow_redirects=True)
        assert page.status_code == 200, address
        assert "None" not in page.text, address
    member = signed_in(app, "bayan-north")
    assert "巡护事件办理" in member.get("/start").text
    assert "巴彦北片" in app.test_client().get("/public/").text
