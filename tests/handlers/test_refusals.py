"""What a handler cannot do it refuses with a sentence for the administrator, before it has written
anything."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.handlers import TOPICS
from orchestrator.handlers.context import (
    BpmnError,
    HandlerContext,
    HandlerRefused,
    InstanceRef,
)
from orchestrator.store.registers import (
    Filing,
    GridCase,
    ItemListVersion,
)
from orchestrator.store.session import transaction
from tests.handlers.office import CITY, COUNTY, EAST, NOW, TENANT, TOWNSHIP

PROFILE = parse_jurisdiction(
    (CITY / "jurisdiction.toml").read_text(encoding="utf-8")
)
CITY_CODE = "321100"
GRID_PATH = f"321100/{COUNTY}/{TOWNSHIP}/321102001001/{EAST}/"


def carry_out(
    topic: str,
    path: str = f"321100/{COUNTY}/",
    instance: str = "nothing",
    **variables: object,
) -> object:
    """The topic's answer for an instance at that place, in a transaction of its own."""
    with transaction() as session:
        code = path.strip("/").split("/")[-1]
        reference = InstanceRef(
            instance,
            TENANT,
            code,
            path,
            "事准-2026-00001",
            "试验事项",
            "item_admission",
            None,
        )
        context = HandlerContext(
            session=session,
            instance=reference,
            element_id="work",
            variables=variables,
            actor_id=None,
            actor_name="系统",
            actor_body_id=None,
            now=NOW,
            jurisdiction=PROFILE,
            approvals={},
            remember=lambda kind, **data: None,
            remember_with=lambda written, kind, **data: None,
            rehome=lambda instance_id, move: None,
            tell_about=lambda kind, **data: False,
            extend_about=lambda task_id, amount, unit, reason: False,
            suspend_about=lambda *_suspension: False,
            resume_about=lambda task_id: False,
        )
        return TOPICS[topic](context)


REFUSALS = [
    # topic, where, variables, what the administrator reads
    (
        "case.register",
        GRID_PATH,
        {"item_id": "off-the-list"},
        "不在现行清单上",
    ),
    ("case.register", GRID_PATH, {}, "不在现行清单上"),
    ("case.escalate", GRID_PATH, {"level": "county"}, "事件尚未登记"),
    ("case.rework", GRID_PATH, {}, "事件尚未登记"),
    ("case.archive", GRID_PATH, {}, "事件尚未登记"),
    ("matter.copy", GRID_PATH, {"to": "grid-office"}, "角色@层级"),
    (
        "matter.copy",
        GRID_PATH,
        {"to": "grid-office@same", "beside": "nobody"},
        "无法确定抄送给谁",
    ),
    (
        "item-list.publish",
        f"321100/{COUNTY}/",
        {"item_name": "  "},
        "没有事项名称",
    ),
    (
        "item-list.publish",
        f"321100/{COUNTY}/",
        {"item_name": "巡查", "effective_on": "明年"},
        "不是日期",
    ),
    (
        "item-list.remove",
        f"321100/{COUNTY}/",
        {"item_id": "off-the-list"},
        "已不在现行清单上",
    ),
    (
        "deadline.suspend",
        GRID_PATH,
        {"review_on": "2099-12-01"},
        "没有查到由哪个机构决定挂账",
    ),
    ("filing.record", f"321100/{COUNTY}/", {}, "角色@层级"),
    (
        "filing.record",
        f"321100/{COUNTY}/",
        {"to": "grid-office@province"},
        "没有接收备案的机构",
    ),
]


def test_a_plan_that_does_not_hold_is_a_business_error_of_the_diagram(
    office,
) -> None:
    for variables, words in (
        ({}, "请选择调整方式"),
        ({"kind": "rename", "source_grids": ["gone"]}, "已停用"),
    ):
        with pytest.raises(BpmnError, match=words) as outdated:
            carry_out(
                "grids.apply-adjustment",
                f"321100/{COUNTY}/{TOWNSHIP}/",
                **variables,
            )
        assert outdated.value.code == "plan-outdated"


@pytest.mark.parametrize(("topic", "path", "variables", "words"), REFUSALS)
def test_a_refusal_says_what_is_wrong(
    office, topic, path, variables, words
) -> None:
    with pytest.raises(HandlerRefused, match=words):
        carry_out(topic, path, **variables)
    assert (
        office.rows(sa.select(GridCase))
        == []
        == office.rows(sa.select(Filing))
    )
    assert set(office.rows(sa.select(ItemListVersion.number))) == {1}


def test_the_township_has_no_list_of_its_own_but_its_grids_use_the_countys_and_the_citys(
    office,
) -> None:
    """The city's list has what the city admitted; its first version has nothing else."""
    matter = office.apply(
        "独居老人走访", by="zj-cg", role="urban-management", place=CITY_CODE
    )
    office.complete(
        matter,
        "review_application",
        "zj-wgb",
        decision="approve",
        approver="government",
        opinion="材料齐全，同意上报",
    )
    office.complete(
        matter,
        "approve_by_government",
        "zj-zf",
        decision="approve",
        opinion="同意纳入清单",
    )
    for territory in (COUNTY, CITY_CODE):
        case = office.report(office.seed_item(territory))
        (version,) = office.rows(
            sa.select(ItemListVersion.territory_code)
            .join(
                GridCase, GridCase.item_list_version_id == ItemListVersion.id
            )
            .where(GridCase.instance_id == case)
        )
        assert version == territory
    lists = office.rows(sa.select(ItemListVersion.territory_code).distinct())
    assert TOWNSHIP not in lists
    # The clock, which serves no body, carries out what the last body decided.
    later = carry_out(
        "deadline.suspend",
        instance=matter,
        review_on="2099-12-01",
    )
    assert later == {
        "suspended": False,
        "reviewing_body": f"{TENANT}:government:{CITY_CODE}",
    }


def test_a_filing_above_goes_to_the_nearest_body_of_that_role(office) -> None:
    """A community has no grid office above it but the township's."""
    case = office.report(office.seed_item())
    carry_out(
        "filing.record", GRID_PATH, instance=case, to="grid-office@above"
    )
    carry_out("filing.record", GRID_PATH, instance=case, to="grid-office@city")
    filings = office.rows(
        sa.select(Filing).where(Filing.instance_id == case).order_by(Filing.id)
    )
    assert [filing.to_body_id for filing in filings] == [
        f"{TENANT}:grid-office:{TOWNSHIP}",
        f"{TENANT}:grid-office:321100",
    ]


def test_every_topic_of_the_diagrams_has_its_handler() -> None:
    drawn = {
        part.split('"')[0]
        for file in CITY.parent.rglob("*.bpmn")
        for part in file.read_text().split('camunda:topic="')[1:]
    }
    assert drawn <= set(TOPICS)
