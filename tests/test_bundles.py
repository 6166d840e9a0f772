"""An offline bundle: what it holds installs without an index, and one that is damaged or made for another
machine is refused in a sentence."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "deploy" / "launcher"))

import bundling  # noqa: E402
import environment  # noqa: E402
import offline  # noqa: E402

HERE = offline.this_machine()


def small_wheel(folder: Path) -> Path:
    """A library of one module."""
    about = "little-1.0.dist-info"
    file = folder / "little-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("little.py", "ANSWER = 42\n")
        wheel.writestr(
            f"{about}/METADATA",
            "Metadata-Version: 2.1\nName: little\nVersion: 1.0\n",
        )
        wheel.writestr(
            f"{about}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{about}/RECORD", "")
    return file


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A small bundle as it lies on a machine without a network."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "gridflow").write_text("#!/bin/sh\n")
    (tree / "gridflow").chmod(0o755)
    (tree / "说明.md").write_text("网格流程", "utf-8")
    file = tmp_path / "bundle.tar.gz"
    names = ["gridflow", "说明.md"]
    about = {"version": "1.2", "commit": "c" * 40}
    bundling.write(file, tree, names, [small_wheel(tmp_path)], about)
    there = tmp_path / "there"
    there.mkdir()
    subprocess.run(["tar", "-xf", file, "-C", there], check=True)
    return tmp_path / "there" / "gridflow-1.2"


def test_a_bundle_installs_without_an_index(
    unpacked: Path, tmp_path: Path
) -> None:
    assert offline.is_bundle(unpacked)
    offline.require_fit(unpacked, HERE)
    offline.require_whole(unpacked)
    assert (unpacked / "gridflow").stat().st_mode & 0o111
    sums = ["sha256sum", "--check", "--quiet", offline.SUMS]
    assert subprocess.run(sums, cwd=unpacked).returncode == 0
    put = [sys.executable, "-m", "pip", "install", "--quiet"]
    target = ["--no-compile", "--target", str(tmp_path / "put")]
    subprocess.run(
        [*put, *target, *offline.pip_arguments(unpacked)], check=True
    )
    assert (tmp_path / "put" / "little.py").is_file()


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"python": "3.99"}, "是为 Python 3.99 制作的"),
        ({"system": "linux sparc"}, "是为 linux sparc 制作的"),
        ({"glibc": 99}, "需要 glibc 2.99 或更新的系统"),
    ],
)
def test_a_bundle_for_another_machine_is_refused(
    unpacked: Path, other: dict[str, object], told: str
) -> None:
    note = json.loads((unpacked / offline.NOTE).read_text())
    (unpacked / offline.NOTE).write_text(json.dumps({**note, **other}))
    with pytest.raises(environment.SetUpFailed, match=told):
        offline.require_fit(unpacked, HERE)


def test_without_glibc_the_sentence_says_so(unpacked: Path) -> None:
    note = json.loads((unpacked / offline.NOTE).read_text())
    (unpacked / offline.NOTE).write_text(json.dumps({**note, "glibc": 17}))
    with pytest.raises(environment.SetUpFailed, match="不是 glibc"):
        offline.require_fit(unpacked, dataclasses.replace(HERE, glibc=0))


@pytest.mark.parametrize(
    "name",
    [
        "wheels/little-1.0-py3-none-any.whl",
        "说明.md",
        offline.REQUIREMENTS,
        offline.SUMS,
    ],
)
def test_a_damaged_bundle_is_refused(unpacked: Path, name: str) -> None:
    (unpacked / name).write_bytes(b"\xff other")
    with pytest.raises(environment.SetUpFailed, match="不完整或被改动"):
        offline.require_whole(unpacked)


def test_a_bundle_without_one_of_its_wheels_is_refused(unpacked: Path) -> None:
    (unpacked / "wheels" / "little-1.0-py3-none-any.whl").unlink()
    with pytest.raises(environment.SetUpFailed, match="little-1"):
        offline.require_whole(unpacked)


def test_the_glibc_that_wheels_need_is_read_from_their_names() -> None:
    wheels = [
        "a-1-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        "b-1-cp311-cp311-manylinux_2_26_x86_64.manylinux_2_28_x86_64.whl",
        "c-1-py3-none-any.whl",
    ]
    assert offline.needed_glibc(wheels) == 26
    assert offline.needed_glibc(wheels[2:]) == 0


def test_only_what_is_committed_is_packed(tmp_path: Path) -> None:
    with pytest.raises(environment.SetUpFailed, match="git 检出"):
        bundling.sources(tmp_path)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    (tmp_path / "网格.txt").write_text("一")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True)
    assert bundling.sources(tmp_path) == ["网格.txt"]
    (tmp_path / "more.txt").write_text("二")
    with pytest.raises(
        environment.SetUpFailed, match=r"(?s)未提交.*more\.txt"
    ):
        bundling.sources(tmp_path)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("older")
    with pytest.raises(environment.SetUpFailed, match="已经存在"):
        bundling.make(tmp_path / "bundle")
    assert (tmp_path / "bundle").read_text() == "older"
