"""A procedure leaves as one file and comes back without loss, for every procedure of every city; templates
are of the published format."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.errors import RuleViolated
from orchestrator.services.deployments import process_keys
from orchestrator.services.designing import element_templates, handing_over
from orchestrator.services.jurisdictions import resources

ROOT = Path(__file__).parents[3]
CITIES = sorted(
    each.parent for each in (ROOT / "bpmn").glob("*/jurisdiction.toml")
)
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def draft_of(files: dict[str, bytes], key: str) -> Any:
    (name,) = (
        name
        for name, content in files.items()
        if name.endswith(".bpmn")
        and f'<bpmn:process id="{key}"'.encode() in content
    )
    return SimpleNamespace(
        id="draft",
        process_key=key,
        name=key,
        of_regulation=False,
        content={name: files[name].decode()},
    )


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the draft's jurisdiction has (`there`), and what was kept of a package (`kept`)."""
    state: dict[str, Any] = {"there": {}, "kept": {}}
    monkeypatch.setattr(
        handing_over, "resources_of", lambda _session, _draft: state["there"]
    )
    monkeypatch.setattr(
        handing_over, "transaction", lambda **_writing: nullcontext()
    )
    monkeypatch.setattr(
        handing_over,
        "keep_files",
        lambda _id, texts, *_rest: state["kept"].update(texts),
    )
    return state


@pytest.mark.parametrize("city", CITIES, ids=lambda each: each.name)
def test_every_procedure_comes_back_as_it_left(
    city: Path, handed: dict[str, Any]
) -> None:
    files = resources(city)
    for key in process_keys(files):
        draft = draft_of(files, key)
        handed["there"] = files
        packed = handing_over.package(None, draft)  # type: ignore[arg-type]
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            inside = {each: archive.read(each) for each in archive.namelist()}
        for name in inside.keys() & files.keys():
            assert inside[name] == files[name]
        assert any(name.endswith(".form") for name in inside)
        assert "jurisdiction.toml" in inside
        same = handing_over.unpack(draft, packed, 1, 1, NOW)
        assert same == handing_over.Imported((), ())
        # A city that has the regulation alone takes all the rest of it.
        handed["there"] = {
            name: content
            for name, content in files.items()
            if name not in inside or name == "jurisdiction.toml"
        }
        handed["kept"] = {}
        found = handing_over.unpack(draft, packed, 1, 1, NOW)
        for name, text in handed["kept"].items():
            assert text.encode() == files[name]
        own = {
            name
            for name in inside.keys() & files.keys()
            if name != "jurisdiction.toml"
        }
        assert {*found.changed, *found.left_out} == own
        assert all(each.endswith(".bpmn") for each in found.left_out)


def test_what_is_no_package_of_the_procedure_is_refused(
    handed: dict[str, Any],
) -> None:
    files = resources(CITIES[0])
    handed["there"] = files
    draft = draft_of(files, "item_admission")
    once, again = (handing_over.package(None, draft) for _time in "12")  # type: ignore[arg-type]
    assert once == again

    def zipped(**entries: str) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in entries.items():
                archive.writestr(name.replace("__", "."), text)
        return packed.getvalue()

    about = {"format": handing_over.FORMAT, "procedure": "item_admission"}
    other = json.dumps({**about, "procedure": "other"})
    own = json.dumps(about)
    for content, told in (
        (b"", "不是本系统导出的文件包"),
        (b"PK\x03\x04broken", "不是本系统导出的文件包"),
        (zipped(a__form="{}"), "不是本系统导出的文件包"),
        (zipped(gridflow__json="[]"), "不是本系统导出的文件包"),
        (zipped(gridflow__json=other), "流程 other"),
        (zipped(gridflow__json=own, a__form="{"), "读不懂：a.form"),
        (zipped(gridflow__json=own, a__form=" " * 9_000_000), "太多或太大"),
    ):
        with pytest.raises(RuleViolated) as refused:
            handing_over.unpack(draft, content, 1, 1, NOW)
        assert told in str(refused.value)
    damaged = bytearray(zipped(gridflow__json=own + " " * 3000))
    begins = damaged.index(b"gridflow.json") + len("gridflow.json")
    damaged[begins : begins + 4] = b"\xff" * 4
    with pytest.raises(RuleViolated):
        handing_over.unpack(draft, bytes(damaged), 1, 1, NOW)
    odd = zipped(gridflow__json=own, **{"../../x": "y", "people__csv": "z"})
    found = handing_over.unpack(draft, odd, 1, 1, NOW)
    assert found == handing_over.Imported((), ("../../x", "people.csv"))
    assert handed["kept"] == {}


def test_templates_are_of_the_published_format(tmp_path: Path) -> None:
    """Node validates the templates of all cities against the schema that Camunda publishes."""
    made = []
    for city in CITIES:
        made += element_templates.templates(resources(city))
    file = tmp_path / "templates.json"
    file.write_text(json.dumps(made))
    script = """
        const { validateAll } = require('@bpmn-io/element-templates-validator');
        const made = JSON.parse(require('fs').readFileSync(process.argv[1]));
        const { valid, results } = validateAll(made);
        console.log(JSON.stringify({ valid, wrong: results.filter(each => !each.valid).slice(0, 3) }));
    """
    node = (
        os.environ.get("PLAYWRIGHT_NODEJS_PATH")
        or shutil.which("node")
        or "node"
    )
    told = subprocess.run(
        [node, "-e", script, str(file)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(told.stdout) == {"valid": True, "wrong": []}
    kinds = {each["appliesTo"][0] for each in made}
    assert kinds == {"bpmn:UserTask", "bpmn:ServiceTask"}
