"""Search finds two-character words, single characters and numbers, exactly, and forgets a title that
changed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.store import search
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import UserTask
from tests.store.planting import (
    TENANT,
    make_findable,
    plant_matters,
    plant_people,
)


@pytest.fixture
def titles(rows) -> dict[str, str]:
    plant_people("wang")
    named = [
        "事项准入：居家养老服务",
        "网格调整：梧桐苑拆分",
        "案件：路灯不亮",
        "案件：灯不亮路",
        "申请：ＡＢＣ公司（试点）",
    ]
    planted = plant_matters(named)
    return dict(
        zip(named, [each.partition(".")[0] for each in planted], strict=True)
    )


def found(text: str) -> set[str] | None:
    query = search.matching(TENANT, text)
    if query is None:
        return None
    with transaction(writing=False) as session:
        return set(session.scalars(query))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("养老", {"事项准入：居家养老服务"}),
        ("居家养老服务", {"事项准入：居家养老服务"}),
        ("路灯", {"案件：路灯不亮"}),
        ("灯不亮路", {"案件：灯不亮路"}),
        ("案件", {"案件：路灯不亮", "案件：灯不亮路"}),
        ("案件 路灯", {"案件：路灯不亮"}),
        ("苑", {"网格调整：梧桐苑拆分"}),
        ("abc公司", {"申请：ＡＢＣ公司（试点）"}),
        ("ａｂｃ", {"申请：ＡＢＣ公司（试点）"}),
        ("养路", set()),
        ("不存在", set()),
        ('路灯" OR "案件', set()),
        ("路灯%", {"案件：路灯不亮"}),
    ],
)
def test_words_are_found_as_they_stand(titles, text, expected):
    assert found(text) == {titles[title] for title in expected}


@pytest.mark.parametrize("text", ["", "  ", "！？——", "%", '"'])
def test_a_query_without_a_word_asks_for_nothing(titles, text):
    assert found(text) is None


def test_the_number_of_a_matter_finds_it_alone(titles):
    assert found("差-2026-a000003") == {"a000003"}
    assert found("000003") == {"a000003"}
    assert found("000030") == set()


def test_bigrams_in_another_order_are_not_the_word(titles):
    plant_matters(["灯路灯"], prefix="b")
    assert found("路灯路") == set()


def test_a_title_that_changed_is_found_by_the_new_words_only(titles):
    matter = titles["案件：路灯不亮"]
    with transaction() as session:
        make_findable(
            session,
            [
                search.entry(
                    matter, TENANT, "案件：井盖缺失", also=["案件：井盖缺失"]
                )
            ],
        )
    assert found("井盖") == {matter}
    assert matter not in found("路灯")
    assert matter not in found("灯不")


def test_what_is_added_is_found_beside_what_was_there_up_to_a_bound(titles):
    matter = titles["案件：路灯不亮"]
    title = "案件：路灯不亮 差-2026-a000002"
    with transaction() as session:
        for number in range(12):
            words = "".join(
                chr(0x4E00 + number * 1_000 + each) for each in range(999)
            )
            make_findable(
                session,
                [
                    search.entry(
                        matter,
                        TENANT,
                        title,
                        ["刘国强", f"第{number}次说明", words],
                    )
                ],
            )
        row = session.scalars(
            sa.select(search.SearchEntry).filter_by(instance_id=matter)
        ).one()
        assert (
            len(row.content) == search.MAX_CONTENT
            and len(row.grams) < 2 * search.MAX_GRAMS
        )
    assert (
        found("国强 路灯")
        == found("第0次说明")
        == found("路灯不亮")
        == {matter}
    )
    assert found("第11次说明") == set()


def test_a_step_is_found_in_the_task_that_is_at_it(titles):
    matter = titles["案件：路灯不亮"]
    with transaction() as session:
        make_findable(
            session,
            [search.entry(matter, TENANT, "案件：路灯不亮", also=["审核"])],
        )
    assert found("审核 路灯") == {matter}
    with transaction() as session:
        session.execute(
            sa.update(UserTask)
            .where(UserTask.instance_id == matter)
            .values(state="completed")
        )
    assert found("审核 路灯") == set()


def test_another_tenant_finds_nothing(titles):
    with transaction(writing=False) as session:
        assert (
            session.scalars(search.matching("elsewhere", "路灯")).all() == []
        )


def test_the_index_answers_not_a_walk_through_the_table(rows):
    plant_people("wang")
    plant_matters([f"案件第{number}号井盖" for number in range(3_000)])
    with transaction() as session:
        session.execute(sa.text("ANALYZE"))
    query = search.matching(TENANT, "第2999号")
    compiled = query.compile(
        db.engine, compile_kwargs={"render_postcompile": True}
    )
    names = compiled.positiontup
    how = "EXPLAIN QUERY PLAN " if names else "EXPLAIN "
    given = (
        tuple(compiled.params[name] for name in names)
        if names
        else compiled.params
    )
    with db.engine.connect() as connection:
        if (
            not names
        ):  # three thousand rows are few enough to be walked through
            connection.exec_driver_sql("SET enable_seqscan = off")
        plan = "\n".join(
            str(row[-1])
            for row in connection.exec_driver_sql(how + str(compiled), given)
        )
    assert "search_index" in plan or "ix_search_entry_grams" in plan
    assert "Seq Scan" not in plan
    assert "SCAN search_entry" not in plan
