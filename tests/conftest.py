"""What every test may use: real servers, started once a run."""

from __future__ import annotations

import gc
import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import settings as search_settings
from hypothesis.internal.conjecture import engine as conjecture
from hypothesis.internal.conjecture import providers
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import rules

from orchestrator.services.people import passwords
from orchestrator.store import session, writing
from tests import compiled
from tests.databases import (  # noqa: F401
    app,
    behind_url,
    database_url,
    empty_url,
    postgres_behind,
    postgres_schema,
    postgres_schemas,
    postgres_url,
    redis_url,
    rows,
    sqlite_behind,
    sqlite_schema,
    valkey,
)
from tests.servers import wait_until
from tests.services.templates import (  # noqa: F401
    errands_postgres,
    errands_sqlite,
    settled_url,
)
from tests.shared import copy, shared
from tests.stores import new_bucket, store_address  # noqa: F401

gc.disable()
"""Until all modules and tests are read: looking through them again and again takes a fifth of that time."""
search_settings.register_profile("untimed", deadline=None, derandomize=True)
search_settings.load_profile("untimed")
# The same examples in each run: `python -m tests.bench.walks` and `./gridflow fuzz` look for new ones.
_NONE = providers.Constants()
providers._get_local_constants = lambda: _NONE
"""Hypothesis also draws numbers that stand in the modules which a process has loaded so far: with three
processes those are others in each run."""
conjecture.MAX_SHRINKING_SECONDS = 30
"""A failing example is made smaller for half a minute, not five: `tests.bench.walks` takes its time."""

ROOT = Path(__file__).parents[1]
FONTS = ROOT / "web" / "static" / "dist" / "fonts"
LONG = ("scenarios", "upgrades")
"""Folders whose tests take many seconds each: they come first, so that what is left for the end is short."""
IN_TURN = ("handlers", "services")
"""Folders of hundreds of tests that each run on one of the two databases: with both they take a tenth of the
suite's time. Every module has some on each; `--both` runs all on both."""
AGAIN_ON_SQLITE = ("chaos",)
"""Folders whose tests prove again on SQLite what they prove on PostgreSQL: the quick run leaves those out."""
WAITING = ("browser", "chaos")
"""Folders whose tests wait: they begin where the second process begins, beside the others."""
HEAVY = (
    "services/simulation/test_demonstration.py",
    "store/test_inbox.py",
    "web/test_crawl.py",
    "web/test_fuzz.py",
    "web/test_regulation.py",
)
"""Files of other folders with tests that take a minute: they begin where the third process begins."""
writing.strict = True
TOLD_OF_THE_DISK = session.synchronous
"""What the product tells SQLite."""
session.synchronous = "OFF"
"""Each commit of a test would wait for the disk, some milliseconds long."""
compiled.share()
PRODUCTS_HASHER, PRODUCTS_NOBODY = passwords._HASHER, passwords._NOBODY
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1)
passwords._NOBODY = passwords._HASHER.hash("nobody")
"""The product's takes twenty milliseconds for each password."""


class Compiled(BytecodeCache):
    """Templates that one application of the run has compiled, for all the others."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}
_compile_builder = rules.Rule._compile_builder
_builders: dict[tuple[str | None, ...], Callable[..., tuple[str, str]]] = {}
"""What builds the address of a route, compiled by one application of the run for all the others: three
hundred routes take four fifths of the time in which an application is made."""


def _compiled_once(
    rule: rules.Rule, append_unknown: bool = True
) -> Callable[..., tuple[str, str]]:
    key = (rule.rule, rule.subdomain, repr(rule.defaults), str(append_unknown))
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


rules.Rule._compile_builder = _compiled_once  # type: ignore[method-assign]


_folders = itertools.count(1)


@pytest.fixture
def tmp_path(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder of the test's own, kept where the test fails: thousands of databases would be written to the
    disk. No two tests of a process have had the same, for what is kept in memory goes by a database's
    address."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    folder = tmp_path_factory.mktemp(f"{next(_folders)}-{name}", False)
    failed = request.session.testsfailed
    yield folder
    if request.session.testsfailed == failed:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-pictures",
        action="store_true",
        help="writes the pictures of the manuals anew, from today's pages",
    )
    parser.addoption(
        "--both",
        action="store_true",
        help="each test of a service on SQLite and on PostgreSQL, not on one of them in turn",
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leaves out PostgreSQL where one database proves all that the other would, and of the tests in turn the
    half that is the other database's."""
    left_out = {
        item
        for item in items
        if _marked(item, "one_database") and _marked(item, "postgres")
    }
    if not config.getoption("both"):
        left_out |= _others_turn(
            [item for item in items if item not in left_out]
        )
    names = {item.nodeid for item in items if item not in left_out}
    for item in items:
        other = item.nodeid.replace("[sqlite]", "[postgresql]")
        if (
            _folder(item) in AGAIN_ON_SQLITE
            and other != item.nodeid
            and other in names
        ):
            item.add_marker(pytest.mark.again)
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]
    _order(items)


def _others_turn(items: list[pytest.Item]) -> set[pytest.Item]:
    """Of each test that runs on both databases the one that is not its turn: the number of its name says
    which, so that a test always has the same."""
    named = {item.nodeid: item for item in items}
    left_out = set()
    for item in items:
        name, bracket, database = item.nodeid.partition("[")
        sqlite = named.get(
            f"{name}{bracket}{database.replace('postgresql', 'sqlite')}"
        )
        if (
            sqlite is None
            or sqlite is item
            or _folder(item) not in IN_TURN
            or _marked(item, "both_databases")
        ):
            continue
        even = zlib.crc32(sqlite.nodeid.encode()) % 2 == 0
        left_out.add(item if even else sqlite)
    return left_out


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: none of them is looked through again and again for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def _order(items: list[pytest.Item]) -> None:
    """Each process begins with an equal part of the list, and takes from the ends of the others' parts."""
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = len(items) // processes
    long = [each for each in items if _folder(each) in LONG]
    waiting = [each for each in items if _folder(each) in WAITING]
    heavy = [each for each in items if _file(each) in HEAVY]
    begun = {*long, *waiting, *heavy}
    rest = iter([each for each in items if each not in begun])
    ordered = list(long)
    for number, group in enumerate((waiting, heavy), 1):
        ordered += islice(rest, max(0, number * share - len(ordered)))
        ordered += group
    items[:] = [*ordered, *rest]


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0].removeprefix("tests/")


def _folder(item: pytest.Item) -> str:
    return item.nodeid.split("/", 2)[1]


def _marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict:
    """The Chromium that the launcher found; flags for a machine without a screen and without a network."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    env = dict(os.environ)
    if libraries := os.environ.get("CHROMIUM_LIBRARIES"):
        env["LD_LIBRARY_PATH"] = libraries
    if pytestconfig.getoption("keep_pictures"):
        # The browser of the tests draws no Chinese letter by itself.
        folder = tmp_path_factory.mktemp("fonts")
        settings = folder / "fonts.conf"
        settings.write_text(
            f"<fontconfig><dir>{FONTS}</dir>"
            f"<cachedir>{folder}</cachedir></fontconfig>\n"
        )
        env["FONTCONFIG_FILE"] = str(settings)
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    flags += ["--disable-sync", "--no-first-run", "--disable-dev-shm-usage"]
    return {
        **browser_type_launch_args,
        "executable_path": executable,
        "args": flags,
        "env": env,
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {
        **browser_context_args,
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1280, "height": 900},
    }


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Zhenjiang in a database of its own behind a real web server; yields its address."""
    with serving(tmp_path_factory.mktemp("product")) as address:
        yield address


@contextmanager
def serving(
    folder: Path,
    *cities: str,
    settings: Callable[[str], Mapping[str, str]] | None = None,
) -> Iterator[str]:
    """The product with Zhenjiang, or these cities, in that folder of pytest's, until the block ends; its
    address. Cities are loaded once a run and copied; with `settings`, which is told the address, they are
    loaded anew. What was printed is in `prepare.log`."""
    # The server gets this very socket: nobody takes its port while the cities are loaded.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = _start(listening, address, folder, cities, settings)
    try:
        _await(address, server, folder / "web.log")
        yield address
    finally:
        server.terminate()
        server.wait(60)


def _start(
    listening: socket.socket,
    address: str,
    folder: Path,
    cities: Sequence[str],
    settings: Callable[[str], Mapping[str, str]] | None,
) -> subprocess.Popen:
    """The web server on that socket, with the cities loaded or copied."""
    env = {
        **os.environ,
        "GRIDFLOW_VAR_DIR": str(folder),
        "GRIDFLOW_SECRET_KEY": "tests" * 8,
        "GRIDFLOW_DEMO": "1",
    }
    env |= {
        "GRIDFLOW_HOST": "127.0.0.1",
        "GRIDFLOW_PORT": address.rpartition(":")[2],
    }
    env.pop("GRIDFLOW_DATABASE_URL", None)
    if settings is not None:
        env |= settings(address)
    cities = cities or ("zhenjiang",)
    if settings is None:
        name = "-".join(("product", *cities))
        copy(
            shared(
                folder.parent, name, lambda made: _prepare(made, cities, env)
            ),
            folder,
        )
    else:
        _prepare(folder, cities, env)
    with (folder / "web.log").open("wb") as log:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "--config",
                "python:deploy.serving",
                "app:create_app()",
                "--bind",
                f"fd://{listening.fileno()}",
            ],
            cwd=ROOT,
            env=env,
            pass_fds=[listening.fileno()],
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _prepare(
    folder: Path, cities: Sequence[str], env: Mapping[str, str]
) -> None:
    """Loads the cities into that folder as the start of the product does."""
    prepared = subprocess.run(
        [
            sys.executable,
            "-m",
            "flask",
            "--app",
            "app",
            "prepare",
            "--empty",
            *cities,
        ],
        cwd=ROOT,
        env={**env, "GRIDFLOW_VAR_DIR": str(folder)},
        check=True,
        stdout=subprocess.PIPE,
    )
    (folder / "prepare.log").write_bytes(prepared.stdout)


def _await(address: str, server: subprocess.Popen, log: Path) -> None:
    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/sign-in", timeout=5).close()
        except OSError:
            return False
        return True

    # Between two questions it leaves the processor to the server that starts.
    wait_until(answers, 30, f"a page of {address}")
