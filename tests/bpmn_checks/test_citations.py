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
        ("zhenjiang", "grid_adjustment", ("10.2", "default")),
        ("dongying", "grid_adjustment", ("8.1", "default")),
        ("xizang", "grid_adjustment", ("11.1", "default")),
        ("qingdao", "item_admission", ("四-3", "default")),
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
