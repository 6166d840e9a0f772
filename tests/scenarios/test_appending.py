"""A scenario is added where the file's list ends, however the file is written, and nothing else of it
changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from orchestrator.errors import RuleViolated
from orchestrator.services.simulation import appending, scenario_files

BPMN = Path(__file__).parents[2] / "bpmn"
ITEM = yaml.safe_dump(
    [
        {
            "名称": "新的",
            "步骤": [
                {
                    "发起": "事项准入",
                    "由": "某局",
                    "填写": {"说明": "第一行\n\n第二行"},
                },
                {"应有待办": []},
            ],
        }
    ],
    allow_unicode=True,
    sort_keys=False,
)
OLD = "- 名称: 旧的\n  步骤:\n  - 发起: 事项准入\n    由: 某局\n"
INDENTED = "".join(f"    {line}\n" for line in OLD.splitlines())
FILES = {
    "empty": "",
    "a remark only": "# 某市的情景\n",
    "no list yet": "填写:\n  申请: {事项名称: 甲}\n",
    "nothing below": "情景:\n",
    "nothing below, with a remark": "情景: # 待补\n免走:\n  flow_a: 理由\n",
    "empty brackets": "情景: []\n",
    "empty brackets before waivers": "情景: []  # 待补\n\n免走:\n  flow_a: 理由\n",
    "no line's end": f"情景:\n{INDENTED}".rstrip(),
    "at the margin": f"情景:\n{OLD}",
    "at the margin before waivers": f"情景:\n{OLD}免走:\n  flow_a: 理由\n",
    "four in before waivers": f"情景:\n{INDENTED}\n\n# 以下免走\n免走:\n  flow_a: 理由\n",
    "a remark at the end": f"情景:\n{INDENTED}        # 还要补一步\n# 完\n",
    "a text of several lines at the end": f"情景:\n{INDENTED}        被拒: |\n"
    "          # 第一行\n          第二行\n\n"
    "免走: {flow_a: 理由}\n",
}


@pytest.mark.parametrize("kind", FILES)
def test_it_stands_last_and_the_rest_is_as_it_was(kind: str) -> None:
    text = FILES[kind]
    added = appending.append(text, ITEM, "item_admission")
    found = scenario_files.parse(added, "试", "item_admission")
    names = [each.name for each in found.scenarios]
    assert names == (["旧的", "新的"] if "旧的" in text else ["新的"])
    assert found.scenarios[-1].steps[0].details["填写"] == {
        "说明": "第一行\n\n第二行"
    }
    assert dict(found.waived) == (
        {"flow_a": "理由"} if "flow_a" in text else {}
    )
    left = iter(added.splitlines())
    assert [
        line
        for line in text.replace(" []", "").splitlines()
        if line not in left
    ] == [], "every line is there, in its order"


def test_it_stands_as_far_in_as_the_others() -> None:
    four = appending.append(
        FILES["four in before waivers"], ITEM, "item_admission"
    )
    assert "\n\n    - 名称: 新的\n      步骤:\n      - 发起" in four
    assert four.endswith(
        "\n      - 应有待办: []\n\n# 以下免走\n免走:\n  flow_a: 理由\n"
    )
    assert "\n\n- 名称: 新的\n  步骤:\n  - 发起" in appending.append(
        FILES["at the margin"], ITEM, "item_admission"
    )
    assert "        # 还要补一步\n\n    - 名称: 新的" in appending.append(
        FILES["a remark at the end"], ITEM, "item_admission"
    )


@pytest.mark.parametrize(
    "path",
    sorted(BPMN.glob("*/scenarios/*.yaml")),
    ids=lambda path: f"{path.parent.parent.name}-{path.stem}",
)
def test_every_city_file_takes_one_more(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    before = scenario_files.parse(text, "试", path.stem)
    after = scenario_files.parse(
        appending.append(text, ITEM, path.stem), "试", path.stem
    )
    assert [each.name for each in after.scenarios] == [
        *(each.name for each in before.scenarios),
        "新的",
    ]
    assert after.waived == before.waived


REFUSED = {
    "情景: [{名称: 旧的, 步骤: []}]\n": "情景文件把情景写在方括号里",
    "{情景: []}\n": "“情景”下面还没有情景",
    "情景: 没有\n": "文件应写有“情景”",
    "情景: {}\n": "文件应写有“情景”",
    "- 甲\n": "文件应写有“情景”",
    "情景:\n  - 名称: 甲\n   步骤: []\n": "第 3 行：格式有误",
    f"情景:\n{OLD}    由: |+\n      某局\n\n\n免走: {{flow_a: 理由}}\n": "情景文件的写法特殊",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_take_one_more_says_why(text: str) -> None:
    with pytest.raises(RuleViolated) as refused:
        appending.append(text, ITEM, "item_admission")
    assert REFUSED[text] in str(refused.value)
