"""The first line of an element's documentation names its ground, however the regulation numbers its
provisions."""

from pathlib import Path

import pytest

from orchestrator.engine import load_definition
from orchestrator.engine.citing import citations
from orchestrator.services.jurisdictions import resources

BPMN = Path(__file__).parents[2] / "bpmn"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("依据：第十三条第一款、第十四条", ("13.1", "14")),
        ("依据: 第 32 条", ("32",)),
        ("依据：第一百零二条第二款", ("102.2",)),
        ("依据：四-2、四-3", ("四-2", "四-3")),
        ("依据：附件二、默认", ("附件二", "default")),
        ("依据：队伍办法-16", ("队伍办法-16",)),
        ("依据：五-4、第十七条第二款", ("五-4", "17.2")),
        ("依据：默认", ("default",)),
        ("没有写依据", ()),
    ],
)
def test_the_ground_is_read(line: str, found: tuple[str, ...]) -> None:
    assert citations(f"{line}\n说明") == (
        found,
        "说明" if found else f"{line}\n说明",
    )


@pytest.mark.parametrize(
    ("city", "process", "grounds"),
    [
        ("zhenjiang", "grid_adjustment", ("10.2",)),
        ("dongying", "grid_adjustment", ("8.1",)),
        ("xizang", "grid_adjustment", ("11.1",)),
        ("qingdao", "item_admission", ("四-3",)),
        ("template", "grid_adjustment", ("default",)),
    ],
)
def test_a_called_step_rests_on_what_the_calling_step_rests_on(
    city: str, process: str, grounds: tuple[str, ...]
) -> None:
    """备案登记 is drawn once for all cities: each city's article asks for it where it is called."""
    found = load_definition(resources(BPMN / city), process)
    assert found.grounds_of("acknowledge_filing") == grounds
    assert found.elements["acknowledge_filing"].citations == ("default",)


BETWEEN = """<bpmn:definitions id="d" targetNamespace="t"
    xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">
  <bpmn:process id="between" name="转报" isExecutable="true">
    <bpmn:startEvent id="begins"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="begins" targetRef="hand_on"/>
    <bpmn:callActivity id="hand_on" name="转报" calledElement="file_with_higher_level">
      <bpmn:documentation>依据：默认</bpmn:documentation>
      <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing>
    </bpmn:callActivity>
    <bpmn:sequenceFlow id="b" sourceRef="hand_on" targetRef="ends"/>
    <bpmn:endEvent id="ends"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>""".encode()


@pytest.mark.parametrize(
    ("changed", "grounds"),
    [
        ({}, ("10.2",)),
        # Another step calls it too, on another ground, on none, or perhaps.
        ({"publish": "file_with_higher_level"}, ("default",)),
        ({"publish": "${which}"}, ("default",)),
        # The step that calls it rests on none; the article stands one call further up.
        ({"file_with_higher_level": "between"}, ("default",)),
    ],
)
def test_an_article_is_claimed_only_where_all_that_call_name_it(
    changed: dict[str, str], grounds: tuple[str, ...]
) -> None:
    files = dict(resources(BPMN / "zhenjiang"))
    files["between.bpmn"] = BETWEEN
    drawing = files["grid_adjustment.bpmn"].decode()
    for old, new in changed.items():
        drawing = drawing.replace(
            f'calledElement="{old}"', f'calledElement="{new}"'
        )
    files["grid_adjustment.bpmn"] = drawing.encode()
    found = load_definition(files, "grid_adjustment")
    assert found.grounds_of("acknowledge_filing") == grounds
    assert found.grounds_of("filing_begins") == ()
    assert found.grounds_of("nowhere") == ()
