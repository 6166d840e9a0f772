"""An element without a name is told by what stands beside it, never by its id, and its kind is said once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from lxml import etree

from orchestrator import engine
from orchestrator.bpmn_checks import check
from orchestrator.engine import Element, nameless
from orchestrator.engine.element_kinds import KINDS
from orchestrator.engine.model import FLOW_NODES, Flow
from orchestrator.engine.nameless import after_its_kind, called, label
from orchestrator.engine.xml import tag
from orchestrator.sentences import spoken
from tests.bpmn_checks.test_checks import BAD
from tests.engine.diagrams import END, START, document, flow, user

NODES = frozenset(tag(name) for name in FLOW_NODES)


def _told(text: bytes) -> Iterator[tuple[str, str]]:
    """(id, sentence) of what is found at elements whose names were taken away while all others have one."""
    for wrong in {finding.element_id for finding in check({"p.bpmn": text})}:
        root = etree.fromstring(text)
        for node in root.iter():
            if node.tag in NODES and node.get("id"):
                node.set("name", f"步骤{node.get('id')}")
        nodes = [each for each in root.iter() if each.get("id") == wrong]
        if not wrong or len(nodes) != 1 or nodes[0].tag not in NODES:
            continue
        del nodes[0].attrib["name"]
        named = check({"p.bpmn": etree.tostring(root)})
        yield from (
            (wrong, finding.message)
            for finding in named
            if finding.element_id == wrong
        )


@pytest.mark.parametrize("what", BAD)
def test_no_refusal_calls_an_element_by_its_id(what: str) -> None:
    text = BAD[what][0]
    for wrong, told in _told(text):
        beside = any(
            wrong in (flow.get("sourceRef"), flow.get("targetRef"))
            for flow in etree.fromstring(text).iter(tag("sequenceFlow"))
        )
        assert f"“{wrong}”" not in told or not beside, told
        for kind in KINDS.values():
            assert f"{kind}“" not in told or f"的{kind}”" not in told, told


def test_it_is_told_by_the_nearest_step_that_has_a_name() -> None:
    gateways = '<parallelGateway id="g"/><parallelGateway id="h" default="x"/>'
    text = document(
        START
        + END
        + user("甲")
        + gateways
        + flow("start", "甲", "g", "h")
        + flow("h", "end", id="x")
    )
    told = [spoken(each.message) for each in check({"p.bpmn": text})]
    assert any("并行网关（“甲”之后" in each for each in told), told


def _unnamed(*ids: str) -> str:
    return "".join(f'<userTask id="{each}"/>' for each in ids)


def _elements(text: bytes) -> Mapping[str, Element]:
    return engine.load_definition({"p.bpmn": text}, "p").elements


def test_two_of_one_kind_behind_one_step_are_told_apart() -> None:
    text = document(
        START
        + END
        + user("甲")
        + _unnamed("b", "c")
        + flow("start", "甲", "b", "c", "end")
    )
    found = _elements(text)
    told = [called(found["b"]), called(found["c"])]
    assert [spoken(each) for each in told] == [
        "“甲”之后未命名的人工任务",
        "“甲”之后未命名的第 2 个人工任务",
    ]
    assert spoken(label(found["c"])) == "甲之后未命名的第 2 个人工任务"
    assert spoken(after_its_kind(found["c"])) == "（“甲”之后第 2 个，未命名）"


def test_each_way_is_walked_once_for_all_that_have_no_name() -> None:
    names = [f"t{number}" for number in range(400)]
    elements = {
        each: Element(each, "甲" if each == "t0" else "", "task", "p")
        for each in names
    }
    flows = [
        Flow(f"{source}_", source, target)
        for source, target in pairwise(names)
    ]
    walked: list[str] = []

    class Ways(dict[str, list[str]]):
        def get(self, key: str, default: Any = None) -> Any:
            walked.append(key)
            return super().get(key, default)

    ways = Ways({each.source: [each.target] for each in flows})
    assert len(nameless._spread("after", elements, ways)) == 399
    assert len(walked) == 400
    assert nameless.placed(elements, flows)["t399"].beside == (
        "after",
        "甲",
        399,
    )
