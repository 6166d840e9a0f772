"""`./gridflow`: the commands people type. Standard library only, because it makes the environment the rest
needs."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import audits
import bundling
import environment
import renewal
import supervisor
from occupancy import Occupancy


def run(arguments: list[str]) -> int:
    """start Gridflow here with the cities named, by key or folder, else the demonstration's; --empty: without
    the demonstration's instances; Ctrl-C stops it"""
    options = [argument for argument in arguments if argument == "--empty"]
    cities = [argument for argument in arguments if argument != "--empty"]
    cities = (
        cities or tomllib.loads(DEMONSTRATION.read_text("utf-8"))["cities"]
    )
    supervisor.require(cities)
    environment.prepare()
    return supervisor.run(cities, options)


def restart(arguments: list[str]) -> int:
    """exchange the services of the Gridflow that runs here for new ones, without a gap for visitors: after a
    new version was put in this folder"""
    if arguments:
        print("用法 / usage: ./gridflow restart", file=sys.stderr)
        return 2
    environment.prepare()
    return renewal.ask(environment.VAR)


def test(arguments: list[str]) -> int:
    """install what the tests need and pass them, with the quality gates, each rule once; --whole: all tests;
    other arguments go to pytest instead"""
    environment.prepare(tests=True)
    whole = arguments == [WHOLE]
    # Both the browser and the gates need a node, which one of them would install under the other's hands.
    environment.require_node()
    with ThreadPoolExecutor(1) as beside:
        # A browser comes over the network while the gates use the processors.
        browser = beside.submit(environment.browser_variables)
        if whole or not arguments:
            # The tests' files are read beside the gates: the processes that follow would each compile them.
            code = _gates((("pytest", "--collect-only", "-qq"),))
            if code:
                return code
            # One more than there are processors: a test that waits for a browser leaves its own to others.
            processes = (os.cpu_count() or 1) + 1
            arguments = ["-n", str(processes), "--dist", "worksteal"]
            arguments += [] if whole else ["-m", "not again"]
    return environment.call("-m", "pytest", *arguments, extra=browser.result())


def check(arguments: list[str]) -> int:
    """format, lint, types, import floors, the pages' scripts: the gates before each commit, in seconds"""
    environment.prepare(tests=True)
    return _gates()


def bench(arguments: list[str]) -> int:
    """measure: one table of figures and ratios on real servers (--quick, --json FILE); --peers:
    Viewflow and bpmn-engine beside it"""
    environment.prepare(tests=True)
    extra = environment.browser_variables()
    if "--peers" in arguments:
        extra |= environment.peers_variables()
    return environment.call("-m", "tests.bench", *arguments, extra=extra)


def chaos(arguments: list[str]) -> int:
    """kill, halt, cut off and fail over a whole installation while people work, then check every promise
    (--minutes N, --seed N); --outages: measure what a visitor notices of kills and restarts"""
    environment.prepare(tests=True)
    return environment.call("-m", "tests.chaos", *arguments)


def fuzz(arguments: list[str]) -> int:
    """send requests that nobody sends by hand to every route, form and operation of the interface, in a city
    of its own (--minutes N, --seed N, --postgres)"""
    environment.prepare(tests=True)
    return environment.call("-m", "tests.fuzz", *arguments)


def new_city(arguments: list[str]) -> int:
    """make the folder of a new city from the template: ./gridflow new-city KEY [FOLDER]"""
    environment.prepare()
    # The folder is not there yet, so that only the command knows that it is one.
    key, folders = (
        arguments[:1],
        [str(_here() / argument) for argument in arguments[1:]],
    )
    return environment.call(
        "-m", "flask", "--app", "app", "new-city", *key, *folders
    )


def load(arguments: list[str]) -> int:
    """load or refresh a city's folder, wherever it is: ./gridflow load FOLDER [--demo]"""
    environment.prepare()
    return environment.call("-m", "flask", "--app", "app", "load", *arguments)


def people(arguments: list[str]) -> int:
    """make, change, list and retire accounts, set one-time passwords, import a table: ./gridflow people
    --help"""
    environment.prepare()
    return environment.call(
        "-m", "flask", "--app", "app", "people", *arguments
    )


def verify(arguments: list[str]) -> int:
    """verify the hash chain of the history, of all process instances or of those named"""
    environment.prepare()
    return environment.call(
        "-m", "flask", "--app", "app", "verify", *arguments
    )


def backup(arguments: list[str]) -> int:
    """write database, attachments and keys into one file: ./gridflow backup FILE [--recipient age1…]"""
    environment.prepare()
    return environment.call(
        "-m", "flask", "--app", "app", "backup", *_from_here(arguments)
    )


def restore(arguments: list[str]) -> int:
    """put a backup into an empty installation that does not run: ./gridflow restore FILE [--identity KEY]"""
    environment.prepare()
    environment.VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    occupancy = Occupancy(environment.VAR, "restore")
    try:
        return environment.call(
            "-m", "flask", "--app", "app", "restore", *_from_here(arguments)
        )
    finally:
        occupancy.leave()


def upgrade(arguments: list[str]) -> int:
    """bring the database of an installation that does not run to this version, with a backup: ./gridflow
    upgrade [--check] [--back FILE]"""
    environment.prepare()
    environment.VAR.mkdir(mode=0o700, parents=True, exist_ok=True)
    occupancy = Occupancy(environment.VAR, "upgrade")
    try:
        return environment.call(
            "-m", "flask", "--app", "app", "upgrade", *arguments
        )
    finally:
        occupancy.leave()


def backup_key(arguments: list[str]) -> int:
    """make the keys that encrypt backups: ./gridflow backup-key FILE"""
    environment.prepare()
    return environment.call(
        "-m", "flask", "--app", "app", "backup-key", *_from_here(arguments)
    )


def heads(arguments: list[str]) -> int:
    """sign the heads of all histories with a key kept elsewhere, and compare with such an export: ./gridflow
    heads key|export|verify FILE [--key FILE]"""
    environment.prepare()
    named = {
        number
        for number, value in enumerate(arguments)
        if number and not value.startswith("-")
    }
    paths = [
        str(_here() / value) if number in named else value
        for number, value in enumerate(arguments)
    ]
    return environment.call("-m", "flask", "--app", "app", "heads", *paths)


def archive(arguments: list[str]) -> int:
    """pack ended process instances for an archive, and check a package without a database: ./gridflow archive
    make NUMBER|--closed-before DATE [--to FOLDER]; verify FILE [--key KEY]; key"""
    environment.prepare()
    given = [*arguments]
    for number, argument in enumerate(given):
        is_package = number == 1 and given[0] == "verify"
        is_target = number > 0 and given[number - 1] == "--to"
        if is_package or is_target:
            given[number] = str(_here() / argument)
    return environment.call("-m", "flask", "--app", "app", "archive", *given)


def check_jurisdiction(arguments: list[str]) -> int:
    """tell all that is missing or contradictory in a city's folder: ./gridflow check-jurisdiction FOLDER"""
    environment.prepare()
    return environment.call(
        "-m", "flask", "--app", "app", "check-jurisdiction", *arguments
    )


def scenarios(arguments: list[str]) -> int:
    """play the cities' scenarios through engine and services, with flow coverage: ./gridflow scenarios
    [city…] [--json FILE] [--memory]"""
    environment.prepare()
    written = [
        number
        for number in range(1, len(arguments))
        if arguments[number - 1] == "--json"
    ]
    for number in written:
        arguments[number] = str(_here() / arguments[number])
    return environment.call(
        "-m", "flask", "--app", "app", "scenarios", *arguments
    )


def flask(arguments: list[str]) -> int:
    """any other command of the application: ./gridflow flask --help"""
    environment.prepare()
    return environment.call("-m", "flask", "--app", "app", *arguments)


def sbom(arguments: list[str]) -> int:
    """write what the product is made of, as CycloneDX, into a folder: ./gridflow sbom FOLDER"""
    environment.prepare()
    if len(arguments) != 1:
        print("用法 / usage: ./gridflow sbom FOLDER", file=sys.stderr)
        return 2
    return audits.bill_of_materials(_here() / arguments[0])


def bundle(arguments: list[str]) -> int:
    """write one file that installs and runs this commit on a machine without a network: ./gridflow bundle
    FILE"""
    if len(arguments) != 1:
        print("用法 / usage: ./gridflow bundle FILE", file=sys.stderr)
        return 2
    environment.prepare()
    return bundling.make(_here() / arguments[0])


def audit(arguments: list[str]) -> int:
    """list the libraries' licences, and ask for known vulnerabilities, which needs a network"""
    environment.prepare()
    return audits.audit()


def lock(arguments: list[str]) -> int:
    """write requirements/*.txt anew from pyproject.toml and requirements/*.in"""
    environment.prepare(tests=True)
    return environment.lock()


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    command.__name__.replace("_", "-"): command
    for command in (
        run,
        restart,
        test,
        check,
        bench,
        chaos,
        fuzz,
        new_city,
        load,
        people,
        check_jurisdiction,
        scenarios,
        verify,
        backup,
        restore,
        upgrade,
        backup_key,
        heads,
        archive,
        flask,
        sbom,
        bundle,
        audit,
        lock,
    )
}

KEEPS_DATA = (
    "run",
    "restart",
    "load",
    "people",
    "verify",
    "backup",
    "restore",
    "upgrade",
    "backup-key",
    "heads",
    "archive",
    "flask",
)
"""Commands that write into the var directory of an installation."""

_GATES = (
    ("ruff", "format", "--check"),
    ("ruff", "check"),
    ("mypy",),
    ("lint-imports",),
)
_CLIENT_GATES = (
    ("node_modules/eslint/bin/eslint.js", "."),
    ("tests/client/run.mjs",),
)


def _gates(more: Sequence[tuple[str, ...]] = ()) -> int:
    """All of them and `more`, side by side; what they print comes one after the other, up to the first that
    fails."""
    commands = {gate: environment.tool(*gate) for gate in (*_GATES, *more)}
    for gate in _CLIENT_GATES:
        commands[("node", *gate)] = environment.script(*gate)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {
            gate: pool.submit(environment.listen, command)
            for gate, command in commands.items()
        }
        for gate, done in running.items():
            print(f"— {' '.join(gate)}", flush=True)
            code, outcome = done.result()
            print(outcome, end="", flush=True)
            if code:
                pool.shutdown(wait=False, cancel_futures=True)
                return code
    return 0


WHOLE = "--whole"
DEMONSTRATION = environment.ROOT / "bpmn" / "demonstration.toml"
"""Its `cities` are the keys of the cities that start when none is named."""


def _here() -> Path:
    """The folder from which the command was called."""
    return Path(os.environ.get("GRIDFLOW_CALLED_FROM") or environment.ROOT)


def _from_here(arguments: list[str]) -> list[str]:
    """The arguments with the first, a file that may not be there yet, as seen from the caller's folder."""
    return [str(_here() / argument) for argument in arguments[:1]] + arguments[
        1:
    ]


def _found_from_here(argument: str) -> str:
    """The argument with the caller's folder before it, where it names something there: commands run in the
    project's folder."""
    here = _here()
    if here == environment.ROOT or argument.startswith("-") or not argument:
        return argument
    return str(here / argument) if (here / argument).exists() else argument


def main() -> int:
    name, *given = sys.argv[1:] or ["help"]
    arguments = [_found_from_here(argument) for argument in given]
    if name in KEEPS_DATA:
        # Database, attachments and logs hold personal data: nobody but their owner reads what is made from
        # here on.
        os.umask(0o077)
    if name in COMMANDS:
        try:
            return COMMANDS[name](arguments)
        except environment.SetUpFailed as failure:
            print(failure, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    if name not in ("help", "-h", "--help"):
        print(f"没有这个命令 / no such command: {name}\n", file=sys.stderr)
    print("Gridflow 网格流程 — ./gridflow COMMAND [ARGUMENTS]\n")
    for word, command in COMMANDS.items():
        print(f"  {word:<20}{command.__doc__}")
    return 0 if name in ("help", "-h", "--help") else 2


if __name__ == "__main__":
    sys.exit(main())
