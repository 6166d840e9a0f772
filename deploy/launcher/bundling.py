"""`./gridflow bundle`: one file that installs and runs the product on a machine without any network."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import offline
from environment import DIST, PYTHON, REQUIREMENTS, ROOT
from failures import SetUpFailed

_NAME = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)-.+\.whl")


def make(file: Path) -> int:
    """Writes the bundle of the commit that is checked out; returns the exit code. Raises SetUpFailed."""
    if file.exists():
        raise SetUpFailed(
            f"{file} 已经存在，请换一个文件名 / {file} exists already"
        )
    names = sources(ROOT)
    commit = _git(ROOT, "rev-parse", "HEAD").strip()
    wheels = _wheels()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
        "project"
    ]["version"]
    assets = [
        str(path.relative_to(ROOT))
        for path in sorted(DIST.rglob("*"))
        if path.is_file()
    ]
    about = {"version": version, "commit": commit}
    print("打包 / packing …", flush=True)
    digest = write(file, ROOT, [*names, *assets], wheels, about)
    size = file.stat().st_size // 1024**2
    machine = offline.this_machine()
    print(
        f"离线包 {file}：{size} MB，用于 {machine.system} 的 Python {machine.python}\n"
        f"SHA-256 {digest}\n"
        "在没有网络的机器上解开它，进入其中的文件夹，运行 ./gridflow run"
        " / unpack it there and run ./gridflow run"
    )
    return 0


def sources(root: Path) -> list[str]:
    """The names of all files of the commit. Raises SetUpFailed where the folder is no checkout, or has
    changes."""
    try:
        changed = _git(root, "status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        raise SetUpFailed(
            "离线包要在 git 检出的源码里制作：请安装 git，并在克隆得到的文件夹里运行"
            " / a bundle is made in a git checkout"
        ) from None
    if changed:
        raise SetUpFailed(
            "源码有未提交的改动，离线包只收录提交过的内容。请先提交或撤销：\n"
            f"{changed.rstrip()}\n / commit or undo these changes first"
        )
    return _git(root, "ls-files", "-z").rstrip("\0").split("\0")


def write(
    file: Path,
    root: Path,
    names: Sequence[str],
    wheels: Sequence[Path],
    about: dict[str, str],
) -> str:
    """Writes the files of `root` that are named, and the wheels, with their checksums; returns the SHA-256 of
    the whole. No half file is left behind.
    """
    folder = f"gridflow-{about['version']}"
    part = file.with_name(f".{file.name}.part")
    machine = replace(
        offline.this_machine(),
        glibc=offline.needed_glibc([wheel.name for wheel in wheels]),
    )
    note = json.dumps({**about, **asdict(machine)}, indent=1)
    try:
        with (
            part.open("wb") as plain,
            # Neither a name nor an instant in the head: the same commit makes the same file.
            gzip.GzipFile("", "wb", 3, plain, mtime=0) as stream,
            tarfile.open(fileobj=stream, mode="w") as archive,
        ):
            packed = _Packed(archive, folder)
            for name in names:
                packed.add(name, root / name)
            for wheel in sorted(wheels):
                packed.add(f"{offline.WHEELS}/{wheel.name}", wheel)
            packed.add_text(offline.REQUIREMENTS, _requirements(wheels))
            packed.add_text(offline.NOTE, f"{note}\n")
            sums = "".join(
                f"{digest}  {name}\n" for name, digest in packed.sums.items()
            )
            packed.add_text(offline.SUMS, sums)
        digest = _sum(part)
        part.replace(file)
    except OSError as reason:
        raise SetUpFailed(
            f"离线包没有写成：{reason}。请检查空间和权限后重试 / the bundle was not written"
        ) from reason
    finally:
        part.unlink(missing_ok=True)
    return digest


class _Packed:
    """An archive being written, with the SHA-256 of each file."""

    def __init__(self, archive: tarfile.TarFile, folder: str) -> None:
        self.archive = archive
        self.folder = folder
        self.sums: dict[str, str] = {}

    def add(self, name: str, path: Path) -> None:
        """Adds a file, readable by all and nobody's; one that is executed stays so."""
        mode = 0o644
        if path.stat().st_mode & 0o100:
            mode = 0o755
        self._add(name, path.read_bytes(), mode)

    def add_text(self, name: str, text: str) -> None:
        self._add(name, text.encode(), 0o644)

    def _add(self, name: str, content: bytes, mode: int) -> None:
        entry = tarfile.TarInfo(f"{self.folder}/{name}")
        entry.size = len(content)
        entry.mode = mode
        self.archive.addfile(entry, io.BytesIO(content))
        self.sums[name] = hashlib.sha256(content).hexdigest()


def _wheels() -> list[Path]:
    """The wheels of all libraries that the product runs with, for this Python; kept for the next bundle."""
    lock = REQUIREMENTS / "runtime.txt"
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    folder = ROOT / "var" / "wheels" / key[:16]
    stamp = folder / ".complete"
    if not stamp.exists():
        print("获取依赖包 / collecting the wheels …", flush=True)
        command = [str(PYTHON), "-m", "pip", "wheel", "--quiet", "--no-deps"]
        locked = ["--require-hashes", "-r", str(lock), "-w", str(folder)]
        if subprocess.run([*command, *locked], cwd=ROOT).returncode:
            raise SetUpFailed(
                "依赖包没有取全，请检查网络或软件源配置后重试 / not all wheels could be collected"
            )
        stamp.touch()
    return sorted(folder.glob("*.whl"))


def _requirements(wheels: Sequence[Path]) -> str:
    """The wheels as pip reads them: those that were built here have no hash in the lock."""
    return "".join(_requirement(wheel) for wheel in sorted(wheels))


def _requirement(wheel: Path) -> str:
    result = _NAME.fullmatch(wheel.name)
    if result is None:
        raise SetUpFailed(f"不是依赖包 / no wheel: {wheel.name}")
    return (
        f"{result['name']}=={result['version']} --hash=sha256:{_sum(wheel)}\n"
    )


def _sum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
