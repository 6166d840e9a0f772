"""Daily work in grids: due lists, records that a phone sends twice, masked data, import, minutes; those of
another place find nothing of it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import openpyxl
import pytest
import sqlalchemy as sa

from orchestrator.store.grid_entries import EntryDisclosure, GridEntry
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.grid_work import CommunityMeeting, Patrol, Visit
from orchestrator.store.people import Person
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from web.grid_work import given, rounds

GRID = "3211020010011001"
COMMUNITY = "321102001001"


def _entry(client, name: str, **more: str) -> str:
    given = {"kind": "household", "name": name, "address": "1 栋 101"}
    answer = client.post(
        f"/grid-register/grids/{GRID}/new", data={**given, **more}
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].rpartition("/")[2]


@pytest.fixture(scope="module")
def rows(application):
    """Rows of a table that a condition fits."""

    def ask(model, *where):
        with application.app_context(), transaction(writing=False) as session:
            return list(session.scalars(sa.select(model).where(*where)))

    return ask


def _typed(at: datetime) -> str:
    return at.isoformat()


def test_who_is_to_be_visited_is_listed_until_somebody_was_met(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "应访户")
    due = f"/grid-work/grids/{GRID}/due/full"
    assert "应访户" in member.get(due).text
    visit = {
        "_key": "visit-1",
        "visited_at": _typed(datetime.now(UTC)),
        "outcome": "absent",
    }
    member.post(f"/grid-work/visits/{entry}", data=visit)
    assert "应访户" in member.get(due).text, "nobody was met"
    visit |= {"_key": "visit-2", "outcome": "met", "note": "平安"}
    member.post(f"/grid-work/visits/{entry}", data=visit)
    assert "应访户" not in member.get(due).text
    (stands,) = rows(GridEntry, GridEntry.id == entry)
    last_met = stands.last_met_on
    older = _typed(datetime.now(UTC) - timedelta(days=3))
    visit |= {"_key": "visit-3", "visited_at": older}
    assert (
        member.post(f"/grid-work/visits/{entry}", data=visit).status_code
        == 302
    )
    (stands,) = rows(GridEntry, GridEntry.id == entry)
    assert stands.last_met_on == last_met, "the phone sent the older one late"
    page = member.get(f"/grid-register/entries/{entry}").text
    assert "平安" in page
    assert "已访" in signed_in("zd-wgb").get("/grid-work/").text


def test_a_record_that_the_phone_sends_twice_is_kept_once(
    signed_in, rows, monkeypatch
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "重发户")
    visit = {
        "_key": "sent-twice",
        "visited_at": _typed(datetime.now(UTC) - timedelta(days=3)),
        "outcome": "met",
        "longitude": "119.45",
        "latitude": "32.2",
    }
    for _round in range(2):
        answer = member.post(f"/grid-work/visits/{entry}", data=visit)
        assert answer.status_code == 302
    (kept,) = rows(Visit, Visit.entry_id == entry)
    assert (kept.longitude, kept.latitude) == (119.45, 32.2)
    began = datetime.now(UTC) - timedelta(hours=2)
    track = {
        "points": [[119.45, 32.2], [119.451, 32.2]],
        "check_ins": [
            {"at": began.isoformat(), "place": "东门", "longitude": 119.45,
             "latitude": 32.2},
        ],
    }  # fmt: skip
    patrol = {
        "_key": "patrol-twice",
        "began_at": _typed(began),
        "ended_at": _typed(began + timedelta(hours=1)),
        "track": json.dumps(track),
    }
    for _round in range(2):
        answer = member.post(f"/grid-work/grids/{GRID}/patrol", data=patrol)
        assert answer.status_code == 302
    (walked,) = rows(Patrol, Patrol.key == "patrol-twice")
    assert 85 <= walked.metres <= 100, "a thousandth of a degree at 32°"
    address = f"/grid-work/patrols/{walked.id}"
    assert "东门" in member.get(address).text
    assert address in member.get("/grid-work/patrols").text
    following = member.get(f"/grid-work/patrols?after={walked.id}").text
    assert address not in following, "the page after it begins with the next"
    known = rounds.needed_profile

    def often():
        work = replace(
            known().grid_work, patrol_period="year", patrol_times=99
        )
        return replace(known(), grid_work=work)

    monkeypatch.setattr(rounds, "needed_profile", often)
    pages = member.get("/grid-work/").text
    assert re.search(r"本期已巡查 \d+ / 99 次", pages)
    for part, name in ((1, ".csv"), (2, "-2.csv")):
        table = member.get(f"/grid-groups/table.csv?part={part}")
        assert table.headers["Content-Disposition"].endswith(
            f"{quote('网格组织和队伍')}{name}"
        )


@pytest.mark.parametrize(
    ("longitude", "kept"),
    [("119.45", (119.45, 32.2)), ("500", None), ("nan", None), ("", None)],
)
def test_what_is_no_place_on_earth_is_no_place_of_a_visit(
    application, longitude: str, kept: tuple[float, float] | None
) -> None:
    sent = {"longitude": longitude, "latitude": "32.2"}
    with application.test_request_context(method="POST", data=sent):
        assert given.place() == kept


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"visited_at": "昨天"}, "时间应写成"),
        ({"visited_at": "2020-01-01T10:00"}, "天以内"),
        ({"visited_at": "2190-01-01T10:00"}, "还没有到"),
        ({"outcome": "x"}, "请选择走访结果"),
        ({"note": "长" * 501}, "最多写 500 字"),
        ({"case_no": "没有这个编号"}, "没有找到编号"),
        ({"_key": ""}, "提交的标识"),
    ],
)
def test_a_wrong_visit_is_refused_with_a_sentence(
    signed_in, rows, more, told
) -> None:
    member = signed_in("zd-wgy1")
    (entry,) = rows(GridEntry, GridEntry.name == "被拒户") or [None]
    entry_id = entry.id if entry else _entry(member, "被拒户")
    visit = {
        "_key": "wrong",
        "visited_at": _typed(datetime.now(UTC)),
        "outcome": "met",
    }
    answer = member.post(f"/grid-work/visits/{entry_id}", data=visit | more)
    assert answer.status_code == 422
    assert told in answer.text
    assert rows(Visit, Visit.entry_id == entry_id) == []


@pytest.mark.parametrize(
    "track",
    [
        "[", "[]", "[" * 9_000, '{"points": 1}', '{"points": [[1e999, 2]], "check_ins": []}',
        '{"points": [[1' + "0" * 400 + ', 2]], "check_ins": []}',
        '{"points": [' + " " * 400_000 + '], "check_ins": []}',
        '{"points": [[500, 2]], "check_ins": []}', '{"points": [], "check_ins": [{"at": "x"}]}',
    ],
)  # fmt: skip
def test_what_is_no_track_is_refused(signed_in, track) -> None:
    now = datetime.now(UTC)
    patrol = {
        "_key": "no-track",
        "began_at": _typed(now - timedelta(hours=1)),
        "ended_at": _typed(now),
        "track": track,
    }
    answer = signed_in("zd-wgy1").post(
        f"/grid-work/grids/{GRID}/patrol", data=patrol
    )
    assert answer.status_code == 422
    assert "无法读取" in answer.text


def test_personal_data_are_masked_until_somebody_says_why(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(
        member, "遮盖人", kind="person", phone="13812345678",
        identity="321102199001011234", attention="released",
    )  # fmt: skip
    address = f"/grid-register/entries/{entry}"
    office = signed_in("zd-wgb")
    for page in ("/grid-register/?q=遮盖人", address):
        assert "13812345678" not in office.get(page).text
    masked = office.post(
        address,
        data={
            "version": "1",
            "kind": "person",
            "name": "遮盖人",
            "address": "1 栋 102",
        },
    )
    assert masked.status_code == 302
    (stands,) = rows(GridEntry, GridEntry.id == entry)
    assert (stands.phone, stands.version) == ("13812345678", 2)
    assert office.post(f"{address}/disclose").status_code == 422
    office.post(f"{address}/disclose", data={"reason": "核对帮扶对象"})
    assert "13812345678" in office.get(address).text
    assert "13812345678" not in member.get(address).text
    (look,) = rows(EntryDisclosure, EntryDisclosure.entry_id == entry)
    assert look.reason == "核对帮扶对象"


def test_columns_that_a_file_does_not_have_leave_what_stands(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(
        member, "留存人", kind="person", phone="13812345678",
        identity="321102199001011234", attention="released",
    )  # fmt: skip
    line = {"kind": "人", "name": "留存人", "address": "1 栋 101"}
    content = json.dumps([{**line, "remark": "已核对"}])
    answer = member.post(
        f"/grid-register/grids/{GRID}/import", data={"content": content}
    )
    assert answer.status_code == 302
    (stands,) = rows(GridEntry, GridEntry.id == entry)
    assert (stands.remark, stands.phone) == ("已核对", "13812345678")
    assert (stands.identity[-4:], stands.attention) == ("1234", "released")


def test_masked_fields_follow_the_form_and_not_the_minute_it_is_sent(
    application, signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "时限人", kind="person", phone="13812345678")
    address = f"/grid-register/entries/{entry}"
    member.post(f"{address}/disclose", data={"reason": "核对"})
    given = {"kind": "person", "name": "时限人", "address": "1 栋 101"}
    masked = member.post(address, data={**given, "version": "1"})
    assert masked.status_code == 302, "the form was opened masked"
    assert rows(GridEntry, GridEntry.id == entry)[0].phone == "13812345678"
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(EntryDisclosure)
            .where(EntryDisclosure.entry_id == entry)
            .values(at=datetime.now(UTC) - timedelta(minutes=31))
        )
    typed = {**given, "version": "2", "phone": "13900001111", "identity": ""}
    late = member.post(address, data=typed)
    assert late.status_code == 422
    assert "查看已超过 30 分钟" in late.text
    assert "13900001111" in late.text, "what was typed is not lost"
    assert rows(GridEntry, GridEntry.id == entry)[0].phone == "13812345678"


def test_an_entry_that_is_sent_twice_is_added_once(signed_in, rows) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "一次户", _key="entry-once")
    assert _entry(member, "一次户", _key="entry-once") == entry
    assert _entry(member, "另一户", _key="entry-once") != entry


def test_an_entry_that_is_gone_is_found_and_comes_back(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "迁出户")
    address = f"/grid-register/entries/{entry}"
    given = {"kind": "household", "name": "迁出户", "address": "1 栋 101"}
    member.post(address, data={**given, "version": "1", "gone": "yes"})
    link = f'href="{address}"'
    assert link not in member.get("/grid-register/?q=迁出户").text
    again = member.post(f"/grid-register/grids/{GRID}/new", data=given)
    assert again.status_code == 422
    assert "选“已注销”打开它" in again.text
    found = "/grid-register/?q=迁出户&state=gone&kind=household"
    assert link in member.get(found).text
    member.post(address, data={**given, "version": "2"})
    assert link in member.get("/grid-register/?q=迁出户").text
    assert link not in member.get(found).text


def test_characters_that_no_database_keeps_are_left_out(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    line = '[{"kind": "户", "name": "零\\u0000符\\ud800", "address": "2"}]'
    page = f"/grid-register/grids/{GRID}/import"
    assert member.post(page, data={"content": line}).status_code == 302
    assert rows(GridEntry, GridEntry.name == "零符")
    now = datetime.now(UTC) - timedelta(hours=1)
    place = "东\0门\udc00"
    check_in = {"at": now.isoformat(), "place": place}
    track = json.dumps({"points": [], "check_ins": [check_in]})
    patrol = {
        "_key": "no-character",
        "began_at": _typed(now - timedelta(minutes=9)),
        "ended_at": _typed(now + timedelta(minutes=9)),
        "track": track,
    }
    walked = member.post(f"/grid-work/grids/{GRID}/patrol", data=patrol)
    assert walked.status_code == 302
    (kept,) = rows(Patrol, Patrol.key == "no-character")
    assert kept.check_ins[0]["place"] == "东门"


def test_the_second_of_two_who_change_an_entry_is_told(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "同改户")
    given = {"version": "1", "kind": "household", "name": "同改户"}
    address = f"/grid-register/entries/{entry}"
    first = signed_in("zd-wgb").post(address, data={**given, "remark": "先"})
    second = member.post(address, data={**given, "remark": "后"})
    assert first.status_code == 302
    assert second.status_code == 422
    assert "已被别人改过" in second.text
    assert "后" in second.text
    assert rows(GridEntry, GridEntry.id == entry)[0].remark == "先"


def _file(kind: str) -> bytes:
    lines = [
        ["类别", "名称", "地址", "关注类别"],
        ["户", f"导入户{kind}", "2 栋 201", ""],
        ["人", f"导入人{kind}", "2 栋 201", "刑满释放人员"],
    ]
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for line in lines:
            book.active.append(line)
        target = io.BytesIO()
        book.save(target)
        return target.getvalue()
    text = "\n".join(",".join(line) for line in lines)
    return text.encode("gbk")


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_file_is_compared_and_then_taken_over(signed_in, rows, kind) -> None:
    member = signed_in("zd-wgy1")
    address = f"/grid-register/grids/{GRID}/import"

    def preview():
        upload = (io.BytesIO(_file(kind)), f"x.{kind}")
        return member.post(f"{address}/preview", data={"file": upload})

    page = preview()
    assert "将新增 2 条" in page.text
    names = (f"导入户{kind}", f"导入人{kind}")
    assert rows(GridEntry, GridEntry.name.in_(names)) == []
    content = re.search(
        r'name="content"[^>]*>(.*?)</textarea>', page.text, re.DOTALL
    )
    table = content[1].replace("&#34;", '"')
    assert member.post(address, data={"content": table}).status_code == 302
    found = rows(GridEntry, GridEntry.name.in_(names))
    assert {each.attention for each in found} == {"", "released"}
    assert "2 条不变" in preview().text


def test_a_file_does_not_tell_whether_a_masked_telephone_was_guessed(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "被猜户", phone="13911112222")
    (kept,) = rows(GridEntry, GridEntry.id == entry)
    address = f"/grid-register/grids/{GRID}/import"

    def preview(phone: str) -> str:
        lines = f"类别,名称,地址,电话\n户,被猜户,{kept.address},{phone}"
        upload = (io.BytesIO(lines.encode()), "x.csv")
        page = member.post(f"{address}/preview", data={"file": upload}).text
        return re.findall(r"<p>(.*?)</p>", page)[:2]

    right, wrong = preview("13911112222"), preview("13900000000")
    assert right == wrong
    assert "0 条不变" in right[0] and "另有 1 条" in right[1]
    line = {"kind": "户", "name": "被猜户", "address": kept.address}
    content = json.dumps([{**line, "phone": "13900000000"}])
    member.post(address, data={"content": content})
    assert rows(GridEntry, GridEntry.id == entry)[0].phone == "13900000000"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "第一行应是表头"),
        ("类别,名称,地址\n车,甲,乙".encode(), "第 2 行：请选择类别"),
        (
            "类别,名称,地址\n户,甲,乙\n户,甲,乙".encode(),
            "第 3 行：与前面的一行重复",
        ),
        (b"PK\x03\x04x", "不是可以读的 Excel"),
        ("类别,名称\n户,甲".encode(), "“地址”"),
        ("类别,名称,地址,关注类别\n户,甲,乙,随便".encode(), "关注类别"),
        (("类别,名称,地址\n" + "户,甲,乙\n" * 2100).encode(), "超过 2000 行"),
    ],
)
def test_a_wrong_file_is_refused_line_by_line(
    signed_in, content, told
) -> None:
    answer = signed_in("zd-wgy1").post(
        f"/grid-register/grids/{GRID}/import/preview",
        data={"file": (io.BytesIO(content), "x.csv")},
    )
    assert answer.status_code == 422
    assert told in answer.text


@pytest.mark.parametrize("content", ["", "1", "[1]", "[[]]", "[{}]", "x" * 20])
def test_what_is_no_table_is_not_taken_over(signed_in, content) -> None:
    answer = signed_in("zd-wgy1").post(
        f"/grid-register/grids/{GRID}/import", data={"content": content}
    )
    assert answer.status_code == 422
    assert "请重新选择要导入的文件" in answer.text


def test_minutes_keep_their_resolutions_until_they_are_done(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    minutes = {
        "community_code": COMMUNITY,
        "held_on": datetime.now(UTC).date().isoformat(),
        "chaired_by": "网格党支部书记",
        "attended": "网格长、网格员",
        "discussed": "路灯不亮",
        "what": ["修路灯", ""],
        "whose": ["物业", ""],
        "due_on": ["2026-01-02", ""],
    }
    once = {**minutes, "_key": "minutes"}
    answer = member.post("/grid-meetings/new", data=once)
    assert answer.status_code == 302, answer.text
    address = answer.headers["Location"]
    again = member.post("/grid-meetings/new", data=once)
    assert again.headers["Location"] == address, "sent again, kept once"
    assert "修路灯" in signed_in("zd-wgb").get(address).text
    member.post(f"{address}/done", data={"resolution": "0"})
    (kept,) = rows(
        CommunityMeeting,
        CommunityMeeting.id == address.rpartition("/")[2],
    )
    assert [each["done_on"] is not None for each in kept.resolutions] == [True]
    assert (
        member.post(f"{address}/done", data={"resolution": "9"}).status_code
        == 404
    )
    wrong = member.post(
        "/grid-meetings/new", data={**minutes, "discussed": ""}
    )
    assert wrong.status_code == 422
    assert "请填写分析的情况" in wrong.text
    elsewhere = {**minutes, "community_code": "321181001001"}
    refused = signed_in("zd-wgy1").post("/grid-meetings/new", data=elsewhere)
    assert refused.status_code == 422
    assert "请从列表里选社区" in refused.text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("", "物业", ""), "第 2 项议定事项没有写做什么"),
        (("", "", "2027-01-02"), "第 2 项议定事项没有写做什么"),
        (
            ("清楼道", "物业", "9999-12-31"),
            "第 2 项议定事项的完成期限应写成 2026-12-01 的样子",
        ),
    ],
)
def test_a_line_of_the_minutes_that_is_half_written_is_told_and_not_left_out(
    signed_in, rows, line: tuple[str, str, str], told: str
) -> None:
    before = len(rows(CommunityMeeting))
    what, whose, due_on = line
    minutes = {
        "community_code": COMMUNITY,
        "held_on": datetime.now(UTC).date().isoformat(),
        "chaired_by": "网格党支部书记",
        "attended": "网格长、网格员",
        "discussed": "路灯不亮",
        "what": ["修路灯", what],
        "whose": ["物业", whose],
        "due_on": ["2027-01-02", due_on],
    }
    answer = signed_in("zd-wgy1").post("/grid-meetings/new", data=minutes)
    assert answer.status_code == 422
    assert told in answer.text
    assert len(rows(CommunityMeeting)) == before


def test_more_lines_of_minutes_than_one_form_takes_are_refused_whole(
    signed_in, rows
) -> None:
    before = len(rows(CommunityMeeting))
    minutes = {
        "community_code": COMMUNITY,
        "held_on": datetime.now(UTC).date().isoformat(),
        "discussed": "路灯不亮",
        "what": ["修路灯"] * 101,
    }
    answer = signed_in("zd-wgy1").post("/grid-meetings/new", data=minutes)
    assert answer.status_code == 422
    assert "一次最多登记 100 项" in answer.text
    assert len(rows(CommunityMeeting)) == before


def test_those_of_another_place_find_nothing_and_change_nothing(
    signed_in, rows
) -> None:
    member = signed_in("zd-wgy1")
    entry = _entry(member, "别处户")
    now = datetime.now(UTC)
    visit = {"_key": "far", "visited_at": _typed(now), "outcome": "met"}
    patrol = {
        "_key": "far",
        "began_at": _typed(now - timedelta(hours=1)),
        "ended_at": _typed(now),
    }
    for stranger in ("dy-wgb", "jk-cg"):
        client = signed_in(stranger)
        assert "别处户" not in client.get("/grid-register/").text
        for page in (
            f"/grid-register/entries/{entry}",
            f"/grid-register/grids/{GRID}/new",
            f"/grid-register/grids/{GRID}/import",
            f"/grid-work/grids/{GRID}/due/full",
            f"/grid-work/visits/{entry}",
            f"/grid-work/grids/{GRID}/patrol",
        ):
            assert client.get(page).status_code == 404, page
        for page, data in (
            (f"/grid-register/entries/{entry}", {"version": "1"}),
            (f"/grid-register/entries/{entry}/disclose", {"reason": "x"}),
            (f"/grid-work/visits/{entry}", visit),
            (f"/grid-work/grids/{GRID}/patrol", patrol),
        ):
            assert client.post(page, data=data).status_code == 404, page
    office = signed_in("zd-wgb")
    walked = office.post(f"/grid-work/grids/{GRID}/patrol", data=patrol)
    assert walked.status_code == 403, "who serves the grid walks it"
    assert rows(Visit, Visit.entry_id == entry) == []


def test_a_cluster_leaves_the_register_with_its_grid_and_an_unknown_one_is_told(
    signed_in, application
) -> None:
    with application.app_context(), transaction() as session:
        place = session.get_one(Grid, ("zhenjiang", GRID))
        keeper = session.scalars(
            sa.select(Person).where(Person.username == "zd-wgb")
        ).one()
        session.add(
            GridGroup(
                id="cluster-of-register",
                tenant_id="zhenjiang",
                grid_code=GRID,
                territory_path=place.territory_path,
                kind="cluster",
                name="登记联户",
                changed_at=datetime.now(UTC),
                changed_by=keeper.id,
            )
        )
    member = signed_in("zd-wgb")
    address = f"/grid-register/?cluster=cluster-of-register&grid={GRID}"
    hidden = 'name="cluster" value="cluster-of-register"'
    assert hidden in member.get(address).text
    other = member.get(address.replace(GRID, "3211020010011002")).text
    assert hidden not in other and "登记联户" not in other
    assert "没有找到这个联户单位" not in other
    told = member.get(f"/grid-register/?cluster=nobody&grid={GRID}").text
    assert "没有找到这个联户单位" in told
    own = "/grid-groups/cluster-of-register"
    ended = 'name="ended" value="yes" checked'
    assert ended not in member.get(own).text
    with application.app_context(), transaction() as session:
        cluster = session.get_one(GridGroup, "cluster-of-register")
        cluster.ended_on = cluster.changed_at.date()
    assert ended in member.get(own).text
    nameless = {"kind": "cluster", "name": "", "head": "留下的人"}
    refused = member.post(f"/grid-groups/grids/{GRID}/new", data=nameless)
    assert refused.status_code == 422 and "留下的人" in refused.text
