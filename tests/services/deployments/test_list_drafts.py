"""Rows that are pasted from a table into a drafted list."""

from orchestrator.services.deployments.list_drafts import pasted_rows

CATEGORIES = ("治安安全", "便民服务")


def test_lines_of_a_table_become_rows_without_its_line_of_names() -> None:
    text = "事项名称\t事项类别\t依据\n楼道巡查\t治安安全\t第十七条\t每街道二人\n\n 代办 \t便民服务\t第十七条"
    assert pasted_rows(text, CATEGORIES) == (
        [
            {
                "name": "楼道巡查",
                "category": "治安安全",
                "legal_basis": "第十七条",
                "commitment": "每街道二人",
            },
            {
                "name": "代办",
                "category": "便民服务",
                "legal_basis": "第十七条",
            },
        ],
        [],
    )
    assert pasted_rows(None, CATEGORIES) == ([], [])


def test_each_faulty_line_is_told_with_its_number_twenty_at_most() -> None:
    text = "\n".join(
        [
            "楼道巡查\t治安安全",
            "楼道巡查\t治安安全\t一\t二\t三",
            "楼道巡查\t\t一",
            "楼道巡查\t别的\t一",
            f"{'长' * 61}\t治安安全\t一",
        ],
    )
    rows, faults = pasted_rows(text, CATEGORIES)
    assert rows == []
    assert [fault[:5] for fault in faults] == [
        f"第 {number} 行" for number in range(1, 6)
    ]
    assert "没有“别的”这一类别，可选：治安安全、便民服务" in faults[3]
    assert faults[4].endswith("…”超过 60 个字")
    assert len(pasted_rows("一\n" * 30, CATEGORIES)[1]) == 20
