"""A scenario that is not so fails at its line, on the stage that sees it, and says what is so instead."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestrator.engine import request_work
from orchestrator.services import jurisdictions
from orchestrator.services.simulation import (
    Fresh,
    ScenarioReport,
    fixture_databases,
    run_scenarios,
    runner,
    vocabulary,
)
from tests.databases import settings_for

BPMN = Path(__file__).parents[2] / "bpmn"
START = """
情景:
  - 名称: 退出
    步骤:
      - 发起: 事项退出
        由: 东营区应急管理局
        填写: {退出事项: 影响社会稳定的风险隐患排查, 退出理由: 已由专业队伍承担}
"""
RATIFY = """
      - 办理: 核准退出
        由: 东营区网格化服务管理中心
        填写: {审批意见: 批准, 批示意见: 情况属实}
"""


@pytest.fixture(scope="session")
def dongying(
    tmp_path_factory: pytest.TempPathFactory, sqlite_schema: Path
) -> tuple[Path, Fresh]:
    """The city's folder without scenarios of its own, and a database of it."""
    space = tmp_path_factory.mktemp("scenarios")
    folder = space / "bpmn" / "dongying"
    shutil.copytree(
        BPMN / "dongying", folder, ignore=shutil.ignore_patterns("scenarios")
    )
    return folder, fixture_databases.load_once(
        folder, settings_for("sqlite://", space), space, sqlite_schema
    )


def rehearsed(
    dongying: tuple[Path, Fresh], steps: str, office: bool = True
) -> ScenarioReport:
    folder, fresh = dongying
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios" / "item_exit.yaml").write_text(
        steps, encoding="utf-8"
    )
    return run_scenarios(jurisdictions.read(folder), fresh if office else None)


PAPER = {
    "      - 应有待办: {核准退出: 东营市网格化服务管理中心}\n": (
        "“核准退出”应由东营市网格化服务管理中心办理，实为东营区网格化服务管理中心"
    ),
    "      - 应有待办: {核准退出: 东营区水产所}\n": "机构“东营区水产所”不存在，请核对名称",
    "      - 应有待办: []\n": "待办应为 无，实为 核准退出",
    "      - 应办结: 已退出\n": "应已办结（已退出），却仍有待办：核准退出",
    "      - 办理: 核准退出\n        由: 东营区民政局\n": (
        "“核准退出”应由东营区网格化服务管理中心办理，不是东营区民政局"
    ),
    "      - 办理: 审核\n        由: 东营区民政局\n": "图中没有叫“审核”的步骤",
    "      - 办理: 核准退出\n        由: 东营区水产所\n": "机构“东营区水产所”不存在，请核对名称",
    "      - 办理: 核准退出\n        由: 东营区网格化服务管理中心\n": "系统没有接受：请选择核准意见",
    "      - 应在期限: {核准退出: 2026-11-17 17:00}\n": "“核准退出”应于 2026-11-17 17:00 到期，实为 2026-",
    "      - 时间: 2026-11-01 09:00\n": "时间不能倒回到 2026-11-01 09:00",
    "      - 到期: 已退出\n": "此时没有“已退出”这个时限在走",
    "      - 办理: 核准退出\n        由: 东营区网格化服务管理中心\n        填写: {核准意见: {核准: "
    "1}}\n": "系统没有接受：",
    "      - 应有数据: {decision: approve}\n": "数据“decision”应为 approve，实为 None",
    "      - 应办结: 已退出\n        事项: 乙\n": "此前没有称为“乙”的事项",
}


@pytest.mark.parametrize("step", PAPER)
def test_what_is_not_so_is_told_at_its_line(
    dongying: tuple[Path, Fresh], step: str
) -> None:
    (failure,) = rehearsed(dongying, START + step).failures
    assert (failure.backend, failure.line, failure.scenario) == (
        "memory",
        8,
        "退出",
    )
    assert failure.message.startswith(PAPER[step]), failure.message


def test_a_body_that_is_chosen_and_does_not_exist_is_told_by_its_name(
    dongying: tuple[Path, Fresh],
) -> None:
    """The engine alone would say that nobody can do the next step."""
    steps = """
情景:
  - 名称: 交办
    步骤:
      - 发起: 事件办理
        由: 东营社区第一网格网格员
        填写:
          所属事项: 影响社会稳定的风险隐患排查
          事件标题: 杂物
          情况描述: 堆放杂物
          详细地点: 二单元
          紧急程度: 一般
          处置方式: 上报
          所在片区: 第一居民小组
      - 办理: 乡镇（街道）分流
        由: 文汇街道网格化服务管理中心
        填写: {分流方式: 交有关部门办理, 交办意见: 情况属实, 牵头部门: 东营区水产所}
"""
    (failure,) = rehearsed(dongying, steps, office=False).failures
    assert failure.message == "机构“东营区水产所”不存在，请核对名称"


def test_what_nobody_could_play_fails_at_its_line_and_the_others_are_played(
    dongying: tuple[Path, Fresh],
) -> None:
    again = START.removeprefix("\n情景:\n")
    no_rows = """
  - 名称: 划分
    步骤:
      - 发起: 网格划分与调整
        由: 文汇街道网格化服务管理中心
        填写: {调整后的网格: [文汇甲网格]}
"""
    report = rehearsed(dongying, START + no_rows + again, office=False)
    (failure,) = report.failures
    assert (
        failure.scenario,
        failure.line,
        report.scenarios,
        report.passed,
    ) == (
        "划分",
        11,
        3,
        2,
    )
    assert failure.message.startswith(
        "“发起”这一步写的内容无法演练，请核对流程、时间和填写的值"
    ), failure.message
    (failure,) = rehearsed(
        dongying,
        "流程: no_such\n" + START.replace("发起: 事项退出", "发起:"),
        office=False,
    ).failures
    assert failure.message == "没有叫“no_such”的流程"


OFFICE = {
    "      - 清单应有: {东营区: 影响社会稳定的风险隐患排查}\n": (
        "东营区的清单上没有 影响社会稳定的风险隐患排查"
    ),
    "      - 备案应报: 东营市网格化服务管理中心\n": "应报 东营市网格化服务管理中心 备案，实报 无",
    "      - 网格应有: 无此网格\n": "没有网格 无此网格",
    "      - 公示应有: {东营区: 无此内容}\n": "“东营区”的公示没有写“无此内容”",
    "      - 应有记载: 无此记载\n": "记载中没有“无此记载”",
}


@pytest.mark.parametrize("step", OFFICE)
def test_what_the_registers_do_not_say_is_told_by_the_office(
    dongying: tuple[Path, Fresh], step: str
) -> None:
    (failure,) = rehearsed(
        dongying, START + RATIFY.strip("\n") + "\n" + step
    ).failures
    assert (failure.backend, failure.message) == ("database", OFFICE[step])


def test_a_former_mark_is_read_alone_and_beside_former_words() -> None:
    opens, closes = vocabulary.QUOTES[0]
    quoted = vocabulary.readings(f"{opens}立案审批{closes}到期")
    assert quoted[1:] == ("“立案审批”到期", "“登记审批”到期")
    assert vocabulary.readings("登记审批") == ("登记审批",)


FORMER = """
情景:
  - 名称: 从前的叫法
    步骤:
      - 发起: 案件办理
        由: 东营社区第一网格网格员
        填写: {案件标题: 井盖松动, 情况描述: 井盖松动, 详细地点: 路口, 紧急程度: 一般}
        被拒: 请选择所属事项
      - 发起: 拒绝清单外任务
        由: 东营社区第一网格网格长
        填写: {提出日期: 2026-11-13}
        被拒: 请填写
      - 发起: case_handling
        由: 东营社区第一网格网格员
        填写: {事件题目: 井盖松动}
"""


def test_names_in_former_words_are_understood_and_others_are_not(
    dongying: tuple[Path, Fresh],
) -> None:
    (failure,) = rehearsed(dongying, FORMER, office=False).failures
    assert "表单没有“事件题目”这一项" in failure.message


def test_a_refusal_must_come_and_for_the_reason_written(
    dongying: tuple[Path, Fresh],
) -> None:
    def refused(
        reason: str, body: str = "东营区网格化服务管理中心"
    ) -> list[str]:
        steps = START.replace(
            "由: 东营区应急管理局", f"由: {body}\n        被拒: {reason}"
        )
        return [each.message for each in rehearsed(dongying, steps).failures]

    assert refused("不能发起") == []
    # As sentences quoted formerly.
    opens, closes = vocabulary.QUOTES[0]
    assert refused(f"不能发起{opens}事项退出{closes}") == []
    assert refused("材料不全") == [
        "拒绝的理由应含“材料不全”，实为“东营区网格化服务管理中心不能发起“事项退出””"
    ]
    assert refused("不能发起", "东营区应急管理局") == [
        "应被拒绝（不能发起），却被接受了"
    ]


def test_a_flow_that_nobody_crosses_is_named_until_it_is_waived(
    dongying: tuple[Path, Fresh],
) -> None:
    report = rehearsed(dongying, START, office=False)
    assert report.passed == 1 and not report.good
    left = next(
        flow for flow in report.uncrossed if flow.startswith("item_exit/")
    )
    waived = (
        f"免走:\n  {left.partition('/')[2]}: 本市暂不办理退出，待细则出台\n"
    )
    again = rehearsed(dongying, waived + START, office=False)
    assert (
        left not in again.uncrossed
        and again.waived[left] == "本市暂不办理退出，待细则出台"
    )


def test_a_scenario_for_paper_alone_is_not_played_at_the_office_and_is_reported_with_its_reason(
    dongying: tuple[Path, Fresh],
) -> None:
    def reported(head: str) -> tuple[list[str], dict[str, str]]:
        lines = (
            START.replace("    步骤:\n", f"{head}    步骤:\n")
            + "      - 应出错: {移出清单: cannot-carry-out}\n"
        )
        report = rehearsed(
            dongying,
            lines
            + RATIFY.strip("\n")
            + "\n      - 应有待办: {核准退出: 东营区网格化服务管理中心}\n",
        )
        return [each.backend for each in report.failures], report.memory_only

    assert reported("    只在引擎: 两件同时核准才会走到\n") == (
        [],
        {"item_exit/退出": "两件同时核准才会走到"},
    )
    assert reported("") == (["database"], {}), (
        "the register has nothing against it"
    )


EXITS = START + "".join(
    START.removeprefix("\n情景:\n").replace(
        "名称: 退出", f"名称: 退出{number}"
    )
    for number in (2, 3)
)


def test_a_scenario_that_makes_the_machine_work_too_long_fails_and_the_others_are_played(
    dongying, monkeypatch
) -> None:
    monkeypatch.setattr(runner, "ONE_INSTANCE", 1)
    report = rehearsed(dongying, START + RATIFY, office=False)
    (failure,) = report.failures
    assert "计算量过大" in failure.message and failure.line > 3


def test_scenarios_that_together_work_too_long_end_with_how_many_were_left(
    dongying,
) -> None:
    with request_work(1):
        report = rehearsed(dongying, EXITS, office=False)
    assert (report.scenarios, report.passed) == (3, 1)
    assert [failure.message for failure in report.failures] == [
        "演练的计算量已用完，从这一个起还有 2 个情景没有演练，请减少或简化情景"
    ]


FULL_NAME = "影响社会稳定的风险隐患排查"
APPLY = """
填写:
  申请:
    事项名称: 夜间巡查
    事项类别: 风险排查
    法律、政策依据: 《中华人民共和国消防法》第三十二条
    为何需要纳入网格: 点多面广
    服务对象: 居民
    人员保障: 二人
    经费与物资保障: 五万元
    业务指导与培训: 每季度一次
"""


@pytest.mark.parametrize("office", [False, True])
def test_a_second_exit_is_told_on_paper_as_at_the_office(
    dongying: tuple[Path, Fresh], office: bool
) -> None:
    """Once while the first one runs, and once after it was approved."""
    again = START.split("步骤:\n")[1].rstrip() + "\n        被拒: "
    running, decided = (
        f"{again}正在提出该事项退出\n",
        f"{again}选项已变化或不存在\n",
    )
    report = rehearsed(
        dongying,
        START + running + RATIFY.strip("\n") + "\n" + decided,
        office=office,
    )
    assert [str(each) for each in report.failures] == []
    (failure,) = rehearsed(
        dongying, START + again.replace("        被拒: ", ""), office=False
    ).failures
    assert (failure.backend, failure.line) == (
        "memory",
        8,
    ) and "正在提出该事项退出" in failure.message


@pytest.mark.parametrize("office", [False, True])
def test_a_name_that_is_listed_or_applied_for_is_told_on_paper_as_at_the_office(
    dongying: tuple[Path, Fresh], office: bool
) -> None:
    def applied(name: str, refused: str = "") -> str:
        told = f"        被拒: {refused}\n" if refused else ""
        return (
            f"      - 发起: 事项准入\n        由: 东营区应急管理局\n        填写: [申请, {{事项名称: "
            f"{name}}}]\n{told}"
        )

    steps = (
        applied(FULL_NAME, "已在现行清单上")
        + applied("夜间巡查")
        + applied("夜间 巡查。", "正在申请纳入同名事项")
    )
    ratify = (
        "      - 办理: 核准\n        由: 东营区网格化服务管理中心\n        填写: {核准意见: 核准, "
        "意见说明: 情况属实}\n"
    )
    steps += ratify + applied("夜间巡查", "已在现行清单上")
    late = (
        applied("汛期巡查").replace(
            "汛期巡查", "汛期巡查, 截止日期: 2026-11-20"
        )
        + '      - 时间: "2026-11-21 09:00"\n'
    )
    late += ratify.rstrip() + "\n        被拒: 截止日期 2026-11-20 已到\n"
    text = f"{APPLY}\n情景:\n  - 名称: 准入\n    步骤:\n{steps}{late}"
    (dongying[0] / "scenarios").mkdir(exist_ok=True)
    report = rehearsed(
        dongying, "流程: item_admission\n" + text.lstrip(), office=office
    )
    assert [str(each) for each in report.failures] == []
