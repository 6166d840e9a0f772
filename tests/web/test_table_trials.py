"""A decision table tried on its page, and its tests: kept with the draft, run at each check and publication,
handed over with the procedure."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import web.designing.table_trials
from orchestrator import engine
from orchestrator.errors import RuleViolated
from orchestrator.services.deployments import table_tests
from orchestrator.services.designing import editor_choices
from orchestrator.services.jurisdictions.folder import resources
from tests.web.test_trials import draft  # noqa: F401
from web.designing.drafting import printable

FILE = "grading.dmn"
TESTS = "tables/grading.json"
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="分级" namespace="n">
  <decision id="grading" name="分级">
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="i1" label="金额">
        <inputExpression id="e1" typeRef="number"><text>amount</text></inputExpression></input>
      <input id="i2" label="是否重大">
        <inputExpression id="e2" typeRef="boolean"><text>major</text></inputExpression></input>
      <output id="o" label="层级" name="level" typeRef="string"/>
      <rule id="r1"><inputEntry id="a"><text>&lt; 10</text></inputEntry>
        <inputEntry id="b"><text>false</text></inputEntry>
        <outputEntry id="c"><text>"township"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="f"><text>&gt;= 10</text></inputEntry>
        <inputEntry id="g"><text>-</text></inputEntry>
        <outputEntry id="h"><text>"county"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""
Ask = Callable[..., tuple[int, dict]]


@pytest.fixture
def client(signed_in) -> FlaskClient:
    return signed_in("designer")


@pytest.fixture
def ask(client: FlaskClient, draft: str) -> Ask:
    """Sends the table as it stands with what the page asks; status and answer."""
    begun = {"name": FILE, "text": TABLE, "revision": 1}
    assert client.post(f"/design/{draft}/save", json=begun).status_code == 200

    def send(what: str, text: str = TABLE, **given: object):
        body = {"name": FILE, "text": text, "decision": "grading", **given}
        answer = client.post(f"/design/{draft}/{what}", json=body)
        return answer.status_code, answer.get_json()

    return send


def test_inputs_show_which_rows_match_and_what_comes_of_them(
    ask: Ask,
) -> None:
    _status, told = ask("check")
    assert 'name="amount"' in told["inputs"] and "金额" in told["inputs"]
    assert any(
        "没有一行命中" in finding["told"] and finding["severity"] == "note"
        for finding in told["findings"]
    )
    small = {"amount": "5", "major": "false"}
    status, told = ask("tables/try", given=small)
    assert (status, told["rows"]) == (200, [1]) and "township" in told["told"]
    _status, told = ask("tables/try", given={"amount": "5", "major": "true"})
    assert told["rows"] == [] and "不到任何一行" in told["told"]
    both = TABLE.replace("&lt; 10", "-")
    given = {"amount": "12", "major": "false"}
    _status, told = ask("tables/try", text=both, given=given)
    assert told["rows"] == [1, 2] and told["failed"]


@pytest.mark.parametrize(
    "given",
    [{"amount": "十"}, {"amount": "9" * 3000}, {"amount": "NaN"}],
)
def test_what_is_no_number_is_told(ask: Ask, given: dict) -> None:
    status, told = ask("tables/try", given=given)
    assert status == 422 and "金额" in told["told"]


@pytest.mark.parametrize(
    "sent",
    [
        {"text": ""},
        {"text": "<"},
        {"decision": "none"},
        {"given": [1]},
        {"given": {"x": {}}, "decision": None},
    ],
)
def test_whatever_is_sent_is_answered(ask: Ask, sent: dict) -> None:
    for what in ("tables/try", "tables/keep", "tables/drop"):
        status, _told = ask(what, **sent)
        assert status in (200, 422)


def test_a_kept_test_is_run_at_each_check_handed_over_and_dropped(
    ask: Ask,
    client: FlaskClient,
    draft: str,
) -> None:
    small = {"amount": "5", "major": "false"}
    status, told = ask("tables/keep", given=small)
    assert status == 422 and "名字" in told["told"]
    status, told = ask("tables/keep", given=small, title="小额")
    assert status == 200 and told["revision"] == told["before"] + 1
    assert "小额" in told["tests"] and "不通过" not in told["tests"]
    assert "amount = 5，major = 否" in told["tests"]
    changed = TABLE.replace("&lt; 10", "&lt; 3")
    _status, told = ask("check", text=changed)
    assert "不通过" in told["tests"]
    assert [
        finding["element"]
        for finding in told["findings"]
        if "小额" in finding["told"] and finding["severity"] == "error"
    ] == ["grading"]
    packed = client.get(f"/design/{draft}/export").get_data()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        (kept,) = json.loads(archive.read(TESTS))
    assert kept["given"] == {"amount": 5, "major": False}
    assert kept["rows"] == [1] and kept["result"] == {"level": "township"}
    save = {"name": FILE, "text": changed, "revision": 3}
    assert client.post(f"/design/{draft}/save", json=save).status_code == 200
    review = client.post(f"/design/{draft}/publish")
    assert review.status_code == 422 and "“小额”不通过" in review.text
    status, told = ask("tables/drop", title="小额")
    assert status == 200 and "小额" not in told["tests"]


def test_a_folders_tests_are_deployed_and_a_file_that_cannot_be_read_is_told(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "city"
    (folder / "tables").mkdir(parents=True)
    (folder / TESTS).write_text("[]", "utf-8")
    assert resources(folder)[TESTS] == b"[]"
    kept = (
        '[{"name":"x","decision":"grading","given":%s,"rows":[1],"result":{}}]'
    )
    unusable = ('{"a":1e999}', '{"a":' + "[" * 90 + "1" + "]" * 90 + "}")
    unprintable = '{"a":"\\ud800"}'
    wrong = [kept % given for given in (*unusable, unprintable)]
    wrong.append(kept.replace("[1]", "[1e999]") % "{}")
    for text in ("[", "[1]", "{}x", "[{}]", "[" * 9999, "[NaN]", *wrong):
        told = list(
            table_tests.findings({FILE: TABLE.encode(), TESTS: text.encode()})
        )
        assert [finding.severity for finding in told] == ["error"], text
    (alone,) = table_tests.findings({TESTS: b"[]"})
    assert alone.severity == "note"
    with pytest.raises(RuleViolated):
        table_tests.read(json.dumps([1] * 3))


@pytest.mark.parametrize("value", ["[NaN]", "[1e999]", "[" * 90 + "]" * 90])
def test_a_list_that_no_table_can_take_is_told(ask: Ask, value: str) -> None:
    untyped = TABLE.replace(' typeRef="number"', "")
    given = {"amount": value, "major": "false"}
    status, told = ask("tables/try", text=untyped, given=given)
    assert status == 422 and "金额" in told["told"]


def test_what_no_page_can_take_is_taken_out_of_what_is_typed() -> None:
    assert printable("小\ud800额\x00") == "小额"


def test_a_file_is_read_once_for_all_its_tests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = TABLE.replace("分级", "只读一次").encode()
    made: list[bytes] = []
    read = engine.TriedFile

    def counted(content: bytes) -> engine.TriedFile:
        made.append(content)
        return read(content)

    monkeypatch.setattr(engine, "TriedFile", counted)
    given = {"amount": 5, "major": False}
    test = table_tests.TableTest(
        "小额", "grading", given, (1,), {"level": "township"}
    )
    for _pass in range(2):
        assert table_tests.differences(content, [test] * 3) == ["", "", ""]
    assert made == [content]


@pytest.mark.parametrize(
    ("values", "policy", "kinds"),
    [
        (["true", "false"], "FIRST", ["answer"]),
        (['"a"', '"b"'], "FIRST", ["choice"]),
        (['"a" + x + "b"'] * 2, "FIRST", []),
        (["1", "2"], "FIRST", ["number"]),
        (['"a"', '"b"'], "COLLECT", []),
    ],
)
def test_conditions_are_offered_what_a_table_gives(
    values: list[str], policy: str, kinds: list[str]
) -> None:
    text = TABLE.replace('"township"', values[0])
    text = text.replace('"county"', values[1]).replace("UNIQUE", policy)
    given = engine.decision_results(text.encode(), "grading")
    offered = editor_choices._results(given)
    assert [entry["kind"] for entry in offered] == kinds


@pytest.mark.parametrize(
    "name",
    ["tables/../../x.json", f"tables/{'a' * 200}.json", "tables/A.json"],
)
def test_a_file_of_tests_is_named_as_its_table(name: str) -> None:
    assert not table_tests.is_own_file(name)
    assert table_tests.is_own_file(TESTS)
    assert table_tests.is_own_file("tables/shared/grading.json")


BY_THE_DAY = TABLE.replace(
    '<outputEntry id="c"><text>"township"</text>',
    '<outputEntry id="c"><text>string(today() + duration("P1D"))</text>',
)


def test_a_table_that_asks_for_the_day_is_tried_and_kept_with_its_time(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fixed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime(2026, 3, 2, 1, tzinfo=tz)

    monkeypatch.setattr(web.designing.table_trials, "datetime", Fixed)
    small = {"amount": "5", "major": "false"}
    _status, told = ask("tables/try", text=BY_THE_DAY, given=small)
    assert "按当前时间 2026-03-02 09:00 试算" in told["told"]
    assert "level = 2026-03-03" in told["told"]
    status, told = ask(
        "tables/keep", text=BY_THE_DAY, given=small, title="次日"
    )
    assert status == 200 and "当前时间 = 2026-03-02 09:00" in told["tests"]
    _status, told = ask("check", text=BY_THE_DAY)
    assert "不通过" not in str(told["findings"])
    _status, told = ask("tables/try", given=small)
    assert "当前时间" not in told["told"]


def test_a_test_without_a_time_of_a_table_that_asks_for_it_says_so() -> None:
    kept = [
        table_tests.TableTest(
            "小额", "grading", {"amount": 5, "major": False}, (1,), {}
        )
    ]
    (why,) = table_tests.differences(BY_THE_DAY.encode(), kept)
    assert "这里没有当前时间，不能用 today()" in why and "重新存为测试" in why


@pytest.mark.parametrize("now", ["2026-03-02T09:00:00", "noon", 5])
def test_a_time_that_is_none_in_a_file_of_tests_is_told(now: object) -> None:
    entry = {
        "name": "a",
        "decision": "grading",
        "given": {},
        "rows": [],
        "result": {},
        "now": now,
    }
    with pytest.raises(RuleViolated):
        table_tests.read(json.dumps([entry]))
