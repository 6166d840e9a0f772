"""Scenario files that grow, nest or hide: each is refused at its line, in the time its characters take."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.errors import RuleViolated
from orchestrator.services.simulation import (
    appending,
    editing,
    scenario_files,
    vocabulary,
)
from orchestrator.services.simulation.scenario_people import (
    FolderDirectory,
    Unknown,
)

LEVELS = [
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)
]
BOMB = "\n".join(["l0: &l0 [x, x, x, x, x, x, x, x, x]", *LEVELS, "情景: *l9"])
MERGED = "\n".join(
    [
        "a: &a {k: 1}",
        *(f"b{n}: &b{n} {{<<: [{', '.join(['*a'] * 9)}]}}" for n in range(9)),
        "情景: []",
    ]
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB, "引用"),
        (MERGED, "引用"),
        ("情景:\n  - 名称: 甲\n    <<: {步骤: []}", "合并"),
        ("填写: !!python/object:os.system x\n情景: []", "类型标记"),
        ("填写: !!set {a, b}\n情景: []", "类型标记"),
        ("情景: " + "[" * 5_000, "层"),
        (
            "情景:\n" + "".join(f"{' ' * n * 2}- a:\n" for n in range(1, 100)),
            "层",
        ),
        ("情景: [" + "1," * 40_000 + "]", "项"),
        ("情景:\n" + "  - 名称: 甲\n" * 3_000, "超过 8000 项"),
        ("情景: " + "9" * 5_000, "数字"),
        ("情景: " + ":".join(["1"] * 50_000), "数字"),
        ("情景: " + "情" * 300_001, "30 万字"),
    ],
)
@pytest.mark.parametrize(
    "reader",
    [scenario_files.parse, appending.append],
    ids=["saved", "added to"],
)
def test_a_file_that_would_grow_is_refused_before_it_is_read(
    text: str, told: str, reader
) -> None:
    # Unbounded, the first of them takes minutes and 12 GB.
    with pytest.raises(RuleViolated, match=told):
        reader(text, "情景", "item_admission")


def test_what_is_filled_in_is_plain_to_its_last_row() -> None:
    """Lines' numbers are of the reader; a value that kept them could not be stored."""
    text = (
        "填写:\n"
        "  方案:\n"
        "    调整后网格:\n"
        "      - 名称: 第一网格\n"
        "        片区: [甲, 乙]\n"
        "情景:\n"
        "  - 名称: 划分\n"
        "    步骤:\n"
        "      - 发起: 网格划分\n"
        "        由: 甲\n"
        "        填写: {调整后网格: [{名称: 第二网格}]}\n"
    )
    (scenario,) = scenario_files.parse(text, "a.yaml", "a").scenarios
    (row,) = scenario.steps[0].details["填写"]["调整后网格"]
    assert type(row) is dict and row == {"名称": "第二网格"}


def test_a_step_is_called_by_its_name_where_it_alone_has_it() -> None:
    elements = {
        "review": SimpleNamespace(name="审核"),
        "first": SimpleNamespace(name="核对"),
        "second": SimpleNamespace(name="核对"),
        "join": SimpleNamespace(name=""),
    }
    definition: Any = SimpleNamespace(elements=elements)
    named = {id_: vocabulary.name_of(definition, id_) for id_ in elements}
    assert named == {
        "review": "审核",
        "first": "first",
        "second": "second",
        "join": "join",
    }
    assert vocabulary.name_of(definition, "gone") == "gone"


def test_of_bodies_of_one_name_the_one_with_people_is_meant() -> None:
    """Villages share names; where both or neither have people, the scenario must write the id."""
    here, there = (
        SimpleNamespace(
            name="东村村委会",
            role="village",
            place=SimpleNamespace(code=code),
        )
        for code in ("1", "2")
    )
    bodies = {"city:village:1": here, "city:village:2": there}
    directory = known(bodies, SimpleNamespace(role="village", place="2"))
    assert directory.body("东村村委会") is there
    assert directory.body("city:village:1") is here
    with pytest.raises(Unknown, match="不止一个"):
        known(bodies).body("东村村委会")


def known(bodies: dict[str, Any], *people: Any) -> FolderDirectory:
    """A directory of these bodies and people."""
    folder: Any = SimpleNamespace(people=people)
    directory = FolderDirectory(folder)
    vars(directory)["bodies"] = bodies
    return directory


def test_a_scenario_of_a_list_in_brackets_is_not_taken_out() -> None:
    one = "{名称: %s, 步骤: [{应办结: 支持拒绝}]}"
    text = f"情景: [{one % '甲'}, {one % '乙'}]\n"
    with pytest.raises(RuleViolated, match="请在“全文”里改"):
        editing.remove_scenario(text, "errand", 1)
