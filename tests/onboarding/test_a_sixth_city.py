"""A sixth city is files in one folder: copied from the template, changed, checked, loaded, and at work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import create_app
from orchestrator.errors import RuleViolated
from orchestrator.services import bundles, designing, jurisdictions
from orchestrator.services.designing import folder_check
from orchestrator.services.simulation import fixture_databases, run_scenarios
from orchestrator.store.drafts import Draft
from orchestrator.store.people import Person
from orchestrator.store.session import db
from tests.databases import settings_for

BPMN = Path(__file__).parents[2] / "bpmn"
FORMS = Path(__file__).parents[2] / "forms" / "definitions"
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.fixture
def sixth(tmp_path: Path) -> Path:
    """A copy of the template under a name of its own."""
    return folder_check.new_city("sixth", tmp_path / "sixth")


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def errors(folder: Path) -> list[str]:
    return [
        told.message
        for told in folder_check.check(folder)
        if told.severity == "error"
    ]


def notes(folder: Path) -> list[str]:
    return [
        told.message
        for told in folder_check.check(folder)
        if told.severity == "note"
    ]


def test_the_template_has_nothing_to_find(sixth: Path) -> None:
    assert folder_check.check(sixth) == []


def test_a_city_whose_files_alone_were_changed_runs_otherwise(
    sixth: Path, tmp_path: Path, sqlite_schema: Path
) -> None:
    """Its government decides instead of its grid office, within three working days; the scenarios say so."""
    diagram = sixth / "item_admission.bpmn"
    edit(
        diagram,
        'camunda:candidateGroups="grid-office@same"',
        'camunda:candidateGroups="government@same"',
    )
    profile = sixth / "jurisdiction.toml"
    text = profile.read_text(encoding="utf-8")
    rule = text[text.index("[deadlines.ratify_application]") :]
    edit(
        profile,
        rule[: rule.index("unit")],
        rule[: rule.index("unit")].replace("amount = 10", "amount = 3"),
    )
    (sixth / "scenarios" / "item_admission.yaml").write_text(
        """
免走: {}
情景:
  - 名称: 政府三个工作日内审定
    步骤:
      - 发起: 事项准入
        由: 甲区应急管理局
        填写: {事项名称: 充电巡查, 事项类别: 风险排查, 法律、政策依据: 消防条例, 为何需要纳入网格: 点多面广,
          服务对象: 居民,
               人员保障: 二人, 经费与物资保障: 五万元, 业务指导与培训: 每季度一次}
      - 应有待办: {核准: 甲区人民政府}
      - 应在期限: {核准: 2026-11-19 17:30}
      - 办理: 核准
        由: 甲区人民政府
        填写: {审核意见: 同意, 意见说明: 情况属实}
      - 应办结: 已准入
      - 清单应有: {甲区: 充电巡查}
""",
        encoding="utf-8",
    )
    assert errors(sixth) == []
    report = run_scenarios(
        jurisdictions.read(sixth),
        fixture_databases.load_once(
            sixth,
            settings_for("sqlite://", tmp_path),
            tmp_path,
            sqlite_schema,
        ),
    )
    assert [str(failure) for failure in report.failures] == []
    assert {flow.partition("/")[0] for flow in report.uncrossed} == {
        "item_admission"
    }, "what no scenario crosses is named"


def test_a_body_with_hours_of_its_own_has_its_deadlines_counted_by_them(
    sixth: Path, tmp_path: Path, sqlite_schema: Path
) -> None:
    """The grid office closes at four; its timer follows, and extensions count on from there."""
    edit(
        sixth / "jurisdiction.toml",
        "[roles.grid-office]\n",
        '[roles.grid-office]\noffice_hours = [["08:00", "12:00"], ["13:00", "16:00"]]\n',
    )
    for file in (sixth / "scenarios").glob("*.yaml"):
        file.unlink()
    (sixth / "scenarios" / "item_exit.yaml").write_text(
        """
情景:
  - 名称: 网格化工作机构下午四点下班
    步骤:
      - 发起: 事项退出
        由: 甲区应急管理局
        填写: {退出事项: 影响社会稳定的风险隐患排查, 退出理由: 已由专业队伍承担}
      - 应在期限: {核准退出: 2026-11-30 16:00}
      - 到期: 核准逾期
""",
        encoding="utf-8",
    )
    assert errors(sixth) == []
    report = run_scenarios(
        jurisdictions.read(sixth),
        fixture_databases.load_once(
            sixth,
            settings_for("sqlite://", tmp_path),
            tmp_path,
            sqlite_schema,
        ),
    )
    assert [str(failure) for failure in report.failures] == []


def rename(folder: Path) -> None:
    edit(folder / "jurisdiction.toml", 'key = "sixth"', 'key = "seventh"')


def draw(folder: Path, area: str, height: float) -> None:
    """One drawn area; a negative height crosses its sides."""
    ring = [
        [118.5, 37.5],
        [118.51, 37.5],
        [118.5, 37.5 + height],
        [118.51, 37.5 + abs(height)],
        [118.5, 37.5],
    ]
    if height > 0:
        ring[2], ring[3] = ring[3], ring[2]
    feature = {
        "type": "Feature",
        "properties": {"id": area},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (folder / "grid_areas.geojson").write_text(content, encoding="utf-8")


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "no diagram": (
        lambda folder: (folder / "item_exit.bpmn").unlink(),
        "没有“事项退出”的流程图，请画好后存为 item_exit.bpmn",
    ),
    "another key": (rename, "key 写的是“seventh”，应与文件夹同名“sixth”"),
    "no profile": (
        lambda folder: (folder / "jurisdiction.toml").unlink(),
        "没有 jurisdiction.toml",
    ),
    "a role that is not there": (
        lambda folder: edit(
            folder / "item_admission.bpmn", "grid-office@same", "ratifier@same"
        ),
        "sixth/item_admission.bpmn 第 ",
    ),
    "a level without that body": (
        lambda folder: edit(
            folder / "case_handling.bpmn",
            "grid-office@township",
            "grid-office@community",
        ),
        "“网格化工作机构”不设在村（社区），请改选层级",
    ),
    "a condition on a level that is not there": (
        lambda folder: edit(
            folder / "case_handling.bpmn",
            'handling_level == "county"',
            'handling_level == "banner"',
        ),
        "辖区配置的 [levels] 里没有“banner”这一层级，只有 city、county、township",
    ),
    "a deadline that is not there": (
        lambda folder: edit(
            folder / "item_admission.bpmn",
            "deadline:ratify_application",
            "deadline:ratify_soon",
        ),
        "的时限“ratify_soon”不在辖区配置的 [deadlines] 中",
    ),
    "an article that is not there": (
        lambda folder: edit(
            folder / "item_admission.bpmn",
            "依据：默认\n同级",
            "依据：第九十九条\n同级",
        ),
        "引用的第九十九条不在辖区配置的 [articles] 中",
    ),
    "a topic without handler": (
        lambda folder: edit(
            folder / "item_admission.bpmn",
            "item-list.publish",
            "item-list.print",
        ),
        "的主题“item-list.print”没有处理程序",
    ),
    "an unknown setting": (
        lambda folder: edit(
            folder / "jurisdiction.toml", 'timezone = "', 'time_zone = "'
        ),
        "sixth/jurisdiction.toml 第 5 行：不认识的设置“time_zone”",
    ),
    "a division without its parent": (
        lambda folder: edit(
            folder / "territories.csv", ",990101\n", ",990102\n"
        ),
        "sixth/territories.csv 第 5 行：上级代码“990102”没有出现在本行之前",
    ),
    "a boundary of no area": (
        lambda folder: draw(folder, "nowhere", 0.01),
        "片区“nowhere”不在 grid_areas.csv 中",
    ),
    "a boundary that crosses itself": (
        lambda folder: draw(folder, "990101001011-01", -0.01),
        "sixth/grid_areas.geojson 第 1 个要素：片区“990101001011-01”的边界",
    ),
    "a map in another encoding": (
        lambda folder: (
            (folder / "grid_areas.geojson").write_bytes("{}".encode("utf-16"))
            and None
        ),
        "应是 GeoJSON 的 FeatureCollection，用 UTF-8 保存",
    ),
    "a scenario step that says nothing": (
        lambda folder: edit(
            folder / "scenarios" / "item_exit.yaml", "- 办理:", "- 办里:"
        ),
        "看不出这一步做什么",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_wrong_is_told_with_its_place(sixth: Path, what: str) -> None:
    broken, told = BROKEN[what]
    broken(sixth)
    assert any(told in message for message in errors(sixth)), errors(sixth)


SPARE = """[deadlines.spare]
label = "备用"
amount = 1
unit = "days"
citation = "default"

"""


def test_a_form_that_cannot_be_read_is_the_only_fault(sixth: Path) -> None:
    form = json.loads((FORMS / "item_application.form").read_text("utf-8"))
    hidden = {"hide": '=nowhere = "yes"'}
    form["components"].append(
        {
            "type": "textfield",
            "key": "asked",
            "label": "征求意见",
            "conditional": hidden,
        }
    )
    file = sixth / "item_application.form"
    file.write_text(json.dumps(form), "utf-8")
    (told,) = errors(sixth)
    assert "用到表单里没有的字段“nowhere”" in told


FORGOTTEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "a deadline nobody uses": (
        lambda folder: edit(
            folder / "jurisdiction.toml", "[deadlines.", f"{SPARE}[deadlines."
        ),
        "时限“备用”（spare）没有流程用到",
    ),
    "one whose name only begins that of another": (
        lambda folder: edit(
            folder / "jurisdiction.toml",
            "[deadlines.",
            f"{SPARE.replace('spare', 'ratify_applicat')}[deadlines.",
        ),
        "时限“备用”（ratify_applicat）没有流程用到",
    ),
    "nobody to do it": (
        lambda folder: edit(
            folder / "people.csv", ",civil-affairs,990101,", ",justice,990101,"
        ),
        "没有“民政”的人员",
    ),
    "no scenarios": (
        lambda folder: (folder / "scenarios" / "item_exit.yaml").unlink(),
        "“事项退出”还没有情景",
    ),
}


@pytest.mark.parametrize("what", FORGOTTEN)
def test_what_was_probably_forgotten_is_remarked(
    sixth: Path, what: str
) -> None:
    forgot, told = FORGOTTEN[what]
    forgot(sixth)
    if what == "nobody to do it":
        edit(
            sixth / "people.csv", ",civil-affairs,990100,", ",justice,990100,"
        )
    assert errors(sixth) == []
    assert any(told in message for message in notes(sixth)), notes(sixth)


def test_a_designer_works_on_a_city_from_a_folder_of_its_own(
    sixth: Path, database_url: str, tmp_path: Path
) -> None:
    """Proves that forms, shared diagrams and people of a city outside the product serve its trial and its
    verdict."""
    shutil.copy(
        BPMN / "template" / "application_decision.form",
        sixth / "sixth_decision.form",
    )
    edit(
        sixth / "item_admission.bpmn",
        'camunda:formKey="application_decision"',
        'camunda:formKey="sixth_decision"',
    )
    shutil.copy(
        BPMN / "shared" / "supervision.bpmn", sixth / "supervision.bpmn"
    )
    for file in (
        sixth / "supervision.bpmn",
        *(sixth / "scenarios").glob("*.yaml"),
    ):
        file.write_text(file.read_text().replace("答复督办", "书面答复督办"))
    app = create_app(settings_for(database_url, tmp_path, demo=True))
    with app.app_context():
        jurisdictions.load(sixth, now=NOW, demo=True)
        shutil.rmtree(sixth)
        designer = db.session.scalars(
            sa.select(Person.id).where(Person.username == "sixth-s-designer")
        ).one()
        db.session.remove()
        draft_id = designing.open_draft(
            "sixth", "item_admission", designer, NOW
        )
        draft = db.session.get_one(Draft, draft_id)
        rehearsal = designing.TrialSetup(db.session, draft)
        assert rehearsal.trial().starters
        verdict = designing.judge(db.session, draft)
        assert (
            verdict.errors,
            verdict.report and verdict.report.failures,
        ) == ([], [])
        supervision = bundles.bundle_of(
            db.session, "sixth:supervision:1"
        ).definition
        assert (
            supervision.elements["answer_supervision"].name == "书面答复督办"
        )


@pytest.mark.parametrize(
    ("key", "folder", "told"),
    [
        ("Sixth", "Sixth", "应以小写字母开头"),
        ("../x", "x", "应以小写字母开头"),
        ("template", "template", "应以小写字母开头"),
        ("sixth", "other", "文件夹应与城市编号同名"),
        ("sixth", "sixth", "已经存在"),
    ],
)
def test_a_new_city_has_a_key_and_a_folder_of_its_own(
    tmp_path: Path, key: str, folder: str, told: str
) -> None:
    folder_check.new_city("sixth", tmp_path / "sixth")
    with pytest.raises(RuleViolated, match=told):
        folder_check.new_city(key, tmp_path / folder)


def test_files_that_are_no_text_are_told(sixth: Path) -> None:
    for name in ("people.csv", "territories.csv", "jurisdiction.toml"):
        content = (sixth / name).read_bytes()
        (sixth / name).write_bytes(
            (content.decode() + "\n# 备注").encode("gb18030")
        )
        assert any(
            f"sixth/{name}：不是 UTF-8 文本" in message
            for message in errors(sixth)
        ), name
        (sixth / name).write_bytes(content)
