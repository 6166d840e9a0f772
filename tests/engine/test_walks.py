"""Random walks: after every step the engine has open what the token rules say, with its state dumped each
time and with it kept in memory.

Over diagrams that Hypothesis makes up, over small ones that each show a rule, and over every diagram of every
city.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.bpmn_checks import check
from tests.engine.composed import composed
from tests.engine.diagrams import document
from tests.engine.drawn import DEFINED
from tests.engine.drawn_ad_hoc import AD_HOC
from tests.engine.drawn_elsewhere import SMALL as DRAWN
from tests.engine.drawn_several import SEVERAL
from tests.engine.drawn_together import TOGETHER
from tests.engine.drawn_undone import UNDONE
from tests.engine.structured import bodies
from tests.engine.unstructured import graphs, wild_bodies
from tests.engine.walks import walk

BPMN = Path(__file__).parents[2] / "bpmn"
SHARED = {
    path.name: path.read_bytes()
    for path in sorted((BPMN / "shared").glob("*.bpmn"))
}
SMALL = DRAWN | UNDONE | AD_HOC | SEVERAL | TOGETHER
NOT_PLAYED = re.compile(
    rb"<!--.*?-->|<bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>"
    rb"|<(bpmn:)?documentation.*?</(bpmn:)?documentation>"
    rb"|(?<!camunda:property )\bname=\"[^\"]*\"|\s+",
    re.DOTALL,
)
"""What a diagram only shows or says to people."""
OURS = sorted(
    {
        NOT_PLAYED.sub(b"", path.read_bytes()): path
        for path in sorted(BPMN.rglob("*.bpmn"), reverse=True)
    }.values()
)
"""One diagram of each course: several cities draw some procedures alike, under other names."""


@settings(max_examples=150, deadline=None)
@given(bodies(), st.data())
def test_a_structured_diagram_opens_what_the_token_rules_say(
    body: str, data: st.DataObject
) -> None:
    walk({"p.bpmn": document(body)}, "p", data.draw)


@settings(max_examples=40, deadline=None)
@given(wild_bodies(), st.data())
def test_so_does_one_with_events_at_borders_and_in_event_subprocesses(
    body: str, data: st.DataObject
) -> None:
    walk({"p.bpmn": document(body, DEFINED)}, "p", data.draw)


@settings(max_examples=60, deadline=None)
@given(graphs(), st.data())
def test_so_does_a_graph_whose_flows_lead_anywhere(
    body: str, data: st.DataObject
) -> None:
    walk({"p.bpmn": document(body, DEFINED)}, "p", data.draw)


@settings(max_examples=30, deadline=None)
@given(composed(depth=2), st.data())
def test_so_does_one_in_which_everything_stands_inside_everything(
    resources: dict[str, bytes], data: st.DataObject
) -> None:
    """`python -m tests.bench.walks` goes through them by the hundred."""
    walk(resources, "p", data.draw)


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_each_rule_holds_on_any_walk(name: str, data: st.DataObject) -> None:
    walk(
        SMALL[name],
        "p",
        data.draw,
        codes=("E1", "E9") if "business" in name else (),
    )


@pytest.mark.parametrize("name", SMALL)
def test_the_drawn_diagrams_would_be_deployed(name: str) -> None:
    assert [
        finding
        for finding in check(SMALL[name])
        if finding.severity == "error"
    ] == []


@pytest.mark.parametrize(
    "path", OURS, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_our_diagrams_open_what_the_token_rules_say(
    path: Path, data: st.DataObject
) -> None:
    """Ten walks of up to 25 steps: the engine agrees with the rules wherever they come; not every path is
    taken in each run."""
    neighbours = {
        each.name: each.read_bytes()
        for each in sorted(path.parent.glob("*.bpmn"))
    }
    walk(
        {**SHARED, **neighbours},
        _process_id(path.read_bytes()),
        data.draw,
        steps=25,
    )


def _process_id(content: bytes) -> str:
    found = re.search(rb'<(?:\w+:)?process id="(\w+)"', content)
    assert found
    return found[1].decode()
