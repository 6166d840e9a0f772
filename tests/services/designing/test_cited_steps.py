"""A step that cites an article is told as changed where it is another than before, or is new."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from orchestrator.services.designing.regulation import touching

CITY = Path(__file__).parents[3] / "bpmn" / "zhenjiang"


def test_a_step_of_a_new_process_is_changed_and_one_that_stood_there_is_not() -> (
    None
):
    files = {
        path.name: path.read_bytes()
        for path in CITY.iterdir()
        if path.suffix in (".bpmn", ".toml", ".dmn")
    }
    new = touching.CitedFiles.of(files)
    others = {
        key: process
        for key, process in new.processes.items()
        if key != "case_handling"
    }
    steps = {
        before: {
            (step.key, step.changed)
            for step in touching.one("32", old, new).touched
            if step.kind == "step"
        }
        for before, old in (
            ("all", new),
            ("others", replace(new, processes=others)),
        )
    }
    assert ("case_handling", False) in steps["all"]
    assert all(not changed for _key, changed in steps["all"])
    assert steps["others"] == {
        (key, key == "case_handling") for key, _changed in steps["all"]
    }
