"""Runs directories in the layout of the DMN conformance suite (`dmn-tck/tck`): each holds a `*.dmn` and its
`*-test-0N.xml` with inputs and the value that must come of each decision.

`python -m tests.engine.standard_tests DIRECTORY` prints a line for each directory and one for each value that
is wrong. A decision that the checks refuse, or that stops with a sentence, is told apart from a wrong value.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestrator.engine import TriedFile, dmn_nodes, xml
from orchestrator.engine.decisions import findings
from orchestrator.engine.dmn_spelling import as_variable
from orchestrator.engine.feel_temporal import Temporal, read

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NUMBERS = ("decimal", "double", "float", "int", "integer", "long")
TIMES = ("date", "time", "dateTime", "duration")
NEAR = Decimal("1e-7")
"""How far two numbers may lie apart: the suite writes the results of divisions with about eight places."""
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
PASSED, REFUSED, STOPPED, WRONG = "passed", "refused", "stopped", "wrong"


@dataclass(frozen=True, slots=True)
class Outcome:
    case: str
    """Id of the test case."""
    decision: str
    """Name of the decision."""
    how: str
    """PASSED, REFUSED by the checks, STOPPED with a sentence, or WRONG."""
    told: str = ""
    """The sentence, or both values."""


def run(folder: Path) -> Iterator[Outcome]:
    """What becomes of each value that the files of one directory ask for."""
    for tests in sorted(folder.glob("*test*.xml")):
        root, problems = xml.parse(tests.read_bytes())
        if root is None:
            raise ValueError(f"{tests}: {problems}")
        model = next(
            each for each in root if dmn_nodes.local(each) == "modelName"
        )
        yield from _of_model(folder / (model.text or "").strip(), root)


def _of_model(file: Path, tests: Any) -> Iterator[Outcome]:
    content = file.read_bytes()
    model, _problems = xml.parse(content)
    refused = {
        finding.element_id: finding.message
        for finding in findings(model)
        if finding.severity == "error"
    }
    ids = {
        node.get("name"): node.get("id")
        for node in model
        if dmn_nodes.local(node) == "decision"
    }
    tried = TriedFile(content)
    for case in tests:
        if dmn_nodes.local(case) != "testCase":
            continue
        given = {
            as_variable(node.get("name")) or node.get("name"): value(node)
            for node in case
            if dmn_nodes.local(node) == "inputNode"
        }
        for node in case:
            if dmn_nodes.local(node) != "resultNode":
                continue
            name = node.get("name")
            id_ = ids.get(name)
            problem = refused.get(id_) or "no decision that can be made"
            if id_ not in tried.ids or id_ in refused:
                yield Outcome(case.get("id"), name, REFUSED, problem)
                continue
            yield _made(tried, id_, given, (case.get("id"), node))


def _made(
    tried: TriedFile, id_: str, given: dict[str, Any], asked: tuple[str, Any]
) -> Outcome:
    case, node = asked
    name = node.get("name")
    decided = tried.decide(id_, given, NOW)
    if decided.failure:
        return Outcome(case, name, STOPPED, decided.failure)
    expected = next(
        each for each in node if dmn_nodes.local(each) == "expected"
    )
    wanted = value(expected)
    got = whole(decided.result)
    if not decided.rows and isinstance(got, dict):
        got = _of_no_rule(got)
    if alike(got, wanted):
        return Outcome(case, name, PASSED)
    return Outcome(case, name, WRONG, f"{got!r} for {wanted!r}")


def _of_no_rule(got: dict[str, Any]) -> Any:
    """Null where no rule has matched and no output has a value for that."""
    if any(part is not None for part in got.values()):
        return got
    return None


def whole(result: Any) -> Any:
    """A decision's result as the standard has it: one output by itself, rows of several outputs as a list."""
    values = list(result.values())
    if len(values) == 1:
        return values[0]
    if values and all(isinstance(each, (list, tuple)) for each in values):
        return [
            dict(zip(result, row, strict=True))
            for row in zip(*values, strict=True)
        ]
    return dict(result)


def value(node: Any) -> Any:
    """The value that a node of the suite's files writes."""
    parts = {}
    for each in node:
        kind = dmn_nodes.local(each)
        if kind == "component":
            parts[each.get("name")] = value(each)
        elif kind == "list":
            return (
                None
                if each.get(NIL) == "true"
                else [value(item) for item in each]
            )
        elif kind == "value":
            return _simple(each)
    if node.get(NIL) == "true" or not len(node):
        return None
    return parts


def _simple(node: Any) -> Any:
    if node.get(NIL) == "true":
        return None
    text = node.text or ""
    kind = (node.get(TYPE) or "xsd:string").rpartition(":")[2]
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in NUMBERS:
        number = Decimal(text.strip())
        return int(number) if number == int(number) else float(number)
    if kind in TIMES:
        return read(text.strip()) or text.strip()
    return text


def alike(got: Any, wanted: Any) -> bool:
    """Whether both are the same value of the same kind; a day or time that is kept is a text."""
    if isinstance(wanted, Temporal):
        return read(got) == wanted
    if isinstance(wanted, bool) or isinstance(got, bool) or wanted is None:
        return got is wanted
    if isinstance(wanted, (int, float)):
        counts = isinstance(got, (int, float, Decimal))
        return counts and abs(Decimal(str(got)) - Decimal(str(wanted))) <= NEAR
    if isinstance(wanted, list):
        return (
            isinstance(got, (list, tuple))
            and len(got) == len(wanted)
            and all(map(alike, got, wanted))
        )
    if isinstance(wanted, dict):
        keys = {as_variable(key) or key: key for key in wanted}
        return (
            isinstance(got, dict)
            and {as_variable(key) or key for key in got} == set(keys)
            and all(
                alike(part, wanted[keys[as_variable(key) or key]])
                for key, part in got.items()
            )
        )
    return bool(got == wanted)


def main(folder: Path) -> int:
    """Prints what became of every directory below; how many values are wrong."""
    total: Counter[str] = Counter()
    below = sorted({tests.parent for tests in folder.rglob("*test*.xml")})
    for each in below:
        outcomes = list(run(each))
        counts = Counter(outcome.how for outcome in outcomes)
        total += counts
        print(each.name, dict(counts))
        for outcome in outcomes:
            if outcome.how != PASSED:
                print(
                    f"  {outcome.how} {outcome.case} {outcome.decision}: {outcome.told}"
                )
    print("all", dict(total))
    return total[WRONG]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
