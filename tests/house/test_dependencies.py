"""Every direct dependency is explained in docs/dependencies.md, and no lock names a registry."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _declared() -> set[str]:
    names = set()
    for file in (ROOT / "requirements").glob("*.in"):
        for line in file.read_text().splitlines():
            if line and not line.startswith("-"):
                names.add(re.split(r"[=\[]", line)[0])
    for file in ("package.json", "deploy/browser/package.json"):
        package = json.loads((ROOT / file).read_text())
        names |= {*package.get("dependencies", {}), *package.get("devDependencies", {})}
    return names


def test_each_direct_dependency_says_why_it_is_there() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    explained = set(re.findall(r"^\| ([@\w./-]+) \|", page, re.MULTILINE)) - {"library", "package", "---"}
    assert explained == _declared()


def test_no_lock_file_names_a_registry() -> None:
    locks = [*(ROOT / "requirements").glob("*.txt"), ROOT / "package-lock.json", ROOT / "deploy/browser/package-lock.json"]
    assert len(locks) >= 5
    for lock in locks:
        text = lock.read_text()
        assert '"resolved"' not in text and "index-url" not in text and "find-links" not in text, lock.name
