"""An element without a name is told by what stands beside it, never by its id, and its kind is said once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from orchestrator.bpmn_checks import check
from orchestrator.engine.element_kinds import KINDS
from orchestrator.engine.model import FLOW_NODES
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
    assert any("并行网关“‘甲’之后未命名的一个”" in each for each in told), told
