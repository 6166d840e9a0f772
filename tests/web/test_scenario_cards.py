"""Scenarios as cards: a step is changed with the form of its task, and the file keeps all else as it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from orchestrator.services import designing
from orchestrator.services.designing.shown_cards import cards
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from tests.web.test_regulation import _fields


@pytest.fixture
def draft(application):
    """Id of a draft of the refusal of tasks, discarded afterwards."""
    now = datetime.now(UTC)
    with application.app_context():
        made = designing.open_draft("zhenjiang", "off_list_refusal", 1, now)
    yield made
    with application.app_context():
        designing.discard(made, 1, now)


@pytest.fixture
def client(signed_in):
    return signed_in("designer")


def text_of(application, draft: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        return designing.scenarios_of(session, session.get_one(Draft, draft))


def send(client, address: str, **given: object):
    """Sends the step's form as it is shown, with some fields changed."""
    page = client.get(address).text
    form = re.search(r'<form class="card" method="post".*?</form>', page, re.S)
    assert form, page
    typed = {
        # A browser leaves out the line end behind the tag of a text area.
        name: [each.removeprefix("\n") for each in values]
        for name, values in _fields(form[0]).items()
    }
    typed.pop("remove", None)
    return client.post(address, data=typed | given)


def test_a_step_is_changed_with_its_form_and_the_rest_stays(
    application, client, draft
) -> None:
    base = f"/design/{draft}/cards"
    before = text_of(application, draft)
    page = client.get(base).text
    assert "支持拒绝" in page and "上门推广手机银行" in page
    # What is sent as it is shown changes nothing, shared values and remarks included.
    for address in (
        f"{base}/0/0",
        f"{base}/0/1",
        f"{base}/0/3",
        f"{base}/2/0",
    ):
        assert send(client, address).status_code == 302, address
        assert text_of(application, draft) == before, address
    asked = "上门推销理财产品"
    assert send(client, f"{base}/0/0", task_asked=asked).status_code == 302
    after = text_of(application, draft)
    old = "        填写: 拒绝\n"
    new = f"        填写: [拒绝, {{要求办理的事情: {asked}}}]\n"
    assert after == before.replace(old, new, 1)
    assert (
        send(
            client,
            f"{base}/0/3",
            refusal_decision="uphold",
            refusal_opinion="已当面告知",
        ).status_code
        == 302
    )
    assert "意见说明: 已当面告知" in text_of(application, draft)


def test_the_files_of_a_step_are_named(application, client, draft) -> None:
    address = f"/design/{draft}/cards/0/0"
    typed = {"names:attachments": "通知.pdf\n 截图.png\n"}
    assert send(client, address, **typed).status_code == 302
    after = text_of(application, draft)
    assert "{有关通知、截图: [通知.pdf, 截图.png]}" in after
    page = client.get(address).text
    assert "通知.pdf\n截图.png</textarea>" in page
    assert 'type="file"' not in page
    # A name that no upload could have is told, and what was typed stays.
    refused = send(client, address, **{"names:attachments": "通知"})
    assert refused.status_code == 422
    assert "“通知”不是可以上传的文件名" in refused.text
    assert ">通知</textarea>" in refused.text
    assert text_of(application, draft) == after


def test_steps_are_added_and_removed_and_a_scenario_gets_its_article(
    application, client, draft
) -> None:
    base = f"/design/{draft}/cards"
    before = text_of(application, draft)
    answer = send(
        client, f"{base}/1/3?verb=应有记载", subject="属于清单第一类\n"
    )
    assert answer.status_code == 302, answer.text
    assert "      - 应有记载: [属于清单第一类]\n" in text_of(
        application, draft
    )
    rows = {"row.key": ["处理拒绝", ""], "row.value": ["正东路街道", ""]}
    assert send(client, f"{base}/1/1?verb=应有待办", **rows).status_code == 302
    assert "- 应有待办: {处理拒绝: 正东路街道}" in text_of(application, draft)
    for step in (4, 1):
        assert send(client, f"{base}/1/{step}", remove="1").status_code == 302
    assert text_of(application, draft) == before
    head = {"name": "应当办理", "ground": "第十七条"}
    with application.app_context(), transaction(writing=False) as session:
        head["revision"] = str(session.get_one(Draft, draft).revision)
    assert client.post(f"{base}/1", data=head).status_code == 302
    told = text_of(application, draft)
    assert "  - 名称: 应当办理\n    依据: 第十七条\n    步骤:\n" in told


def test_a_second_press_never_changes_another_step(
    application, client, draft
) -> None:
    base = f"/design/{draft}/cards"
    shown = client.get(f"{base}/1/2").text
    form = re.search(
        r'<form class="card" method="post".*?</form>', shown, re.S
    )
    given = {
        name: [each.removeprefix("\n") for each in values]
        for name, values in _fields(form[0]).items()
        if name != "remove"
    }
    address = f"{base}/1/0?verb=应有记载"
    assert send(client, address, subject="受理").status_code == 302
    before = text_of(application, draft)
    for pressed in ({"subject": "七日"}, {"remove": "1"}):
        typed = given | pressed
        for _press in range(2):
            refused = client.post(f"{base}/1/2", data=typed)
            assert refused.status_code == 409
            assert "已经不是您打开时的内容" in refused.text
            kept = re.search(r'name="revision" value="(\d+)"', refused.text)
            typed = typed | {"revision": kept[1]}
    assert text_of(application, draft) == before
    # Where only another scenario was changed, the second press keeps the step.
    shown = client.get(f"{base}/0/0").text
    form = re.search(
        r'<form class="card" method="post".*?</form>', shown, re.S
    )
    given = {
        name: [each.removeprefix("\n") for each in values]
        for name, values in _fields(form[0]).items()
        if name != "remove"
    }
    assert send(client, f"{base}/1/0", remove="1").status_code == 302
    refused = client.post(f"{base}/0/0", data=given)
    assert refused.status_code == 409
    assert "核对后再保存一次即可" in refused.text
    kept = re.search(r'name="revision" value="(\d+)"', refused.text)
    again = client.post(f"{base}/0/0", data=given | {"revision": kept[1]})
    assert again.status_code == 302
    head = {"name": "甲", "ground": "", "standing": "x", "revision": kept[1]}
    assert client.post(f"{base}/0", data=head).status_code == 409


def test_what_cannot_be_kept_stays_on_the_page(client, draft) -> None:
    base = f"/design/{draft}/cards"
    refused = send(client, f"{base}/0/1", **{"row.key": [], "row.value": []})
    assert refused.status_code == 302
    refused = send(client, f"{base}/0/2", subject="")
    assert refused.status_code == 422 and "到期" in refused.text
    refused = send(client, f"{base}/0/3", subject="没有的步骤", by="某某")
    assert refused.status_code == 422
    assert (
        'value="没有的步骤"' in refused.text and 'value="某某"' in refused.text
    )
    refused = client.post(f"{base}/0", data={"name": "", "ground": "第三条"})
    assert refused.status_code == 422 and 'value="第三条"' in refused.text
    assert "请给情景起个名字" in refused.text
    assert send(client, f"{base}/0/3", revision="0").status_code == 409
    for gone in ("9/0", "0/99"):
        assert client.get(f"{base}/{gone}").status_code in (404, 422)
    listed = client.get(f"/design/{draft}/publish").text
    assert f"{base}?played=1#line-" in listed


def test_a_scenario_is_deleted_and_the_last_one_stays(
    application, client, draft
) -> None:
    base = f"/design/{draft}/cards"
    names = [
        card.name
        for card in cards(
            text_of(application, draft), "off_list_refusal"
        ).cards
    ]
    for name in names[1:]:
        page = client.get(base).text
        form = re.findall(
            r'<form class="ms-auto" method="post".*?</form>', page, re.S
        )[1]
        answer = client.post(f"{base}/1", data=_fields(form) | {"remove": "1"})
        assert answer.status_code == 302, answer.text
        assert f"名称: {name}\n" not in text_of(application, draft)
    kept = text_of(application, draft)
    assert f"名称: {names[0]}\n" in kept
    form = re.findall(
        r'<form class="ms-auto" method="post".*?</form>',
        client.get(base).text,
        re.S,
    )[0]
    answer = client.post(f"{base}/0", data=_fields(form) | {"remove": "1"})
    assert answer.status_code == 422 and "至少要有一个情景" in answer.text
    assert text_of(application, draft) == kept


def test_wrong_lines_stand_at_their_steps(application, client, draft) -> None:
    base = f"/design/{draft}"
    text = text_of(application, draft)
    page = client.get(f"{base}/scenarios").text
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    lines = text.splitlines()
    person = next(n for n, line in enumerate(lines) if " 由: " in line)
    lines[person] = lines[person].partition("由: ")[0] + "由: 没有的机构"
    done = next(n for n, line in enumerate(lines) if "- 办理: " in line)
    lines[done] = lines[done].partition("- 办理: ")[0] + "- 办理: 没有的步骤"
    field = max(n for n, line in enumerate(lines) if "意见说明: " in line)
    lines[field] = lines[field].replace("意见说明: ", "没有的项目: ")
    # A line that cannot be read is told with what stands there; what was typed stays.
    broken = "\n".join([*lines, "      - 经过: 三天", "      - 办里: 审核"])
    refused = client.post(
        f"{base}/scenarios", data={"text": broken, "revision": revision}
    )
    assert refused.status_code == 422
    assert "由: 没有的机构" in refused.text
    for number in (len(lines) + 1, len(lines) + 2):
        assert f'data-line="{number}"' in refused.text
    assert '<code class="d-block text-break">- 办里: 审核</code>' in (
        refused.text
    )
    assert text_of(application, draft) == text
    # What can be read and means nothing is kept, and stands at its card's step.
    kept = {"text": "\n".join(lines), "revision": revision}
    assert client.post(f"{base}/scenarios", data=kept).status_code == 302
    shown = client.get(f"{base}/cards").text
    for number, told in (
        (person, "机构“没有的机构”不存在"),
        (done, "图中没有叫“没有的步骤”的步骤"),
        (field, "表单没有“没有的项目”这一项"),
    ):
        steps = re.split(r'id="line-(\d+)"', shown)
        at = {int(n): s for n, s in zip(steps[1::2], steps[2::2], strict=True)}
        step = max(n for n in at if n <= number + 1)
        assert told in at[step]
    # The page of publishing names scenario and step, and leads to the card, which shows the play's word.
    listed = client.get(f"{base}/publish").text
    assert re.search(r"情景“[^”]+”第 1 步“发起", listed)
    led = re.search(rf'href="({base}/cards\?played=1)#line-\d+"', listed)
    assert led and "没有的机构" in client.get(led[1]).text


def test_a_file_that_cannot_be_read_whole_shows_its_cards() -> None:
    text = (
        "情景:\n"
        "  - 名称: 甲\n"
        "    步骤:\n"
        "      - 发起:\n"
        "      - 经过: 三天\n"
        "      - 办里: 审核\n"
        "  - 步骤: []\n"
        "  - 名称: 乙\n"
        "    步骤: [发起: 某流程]\n"
    )
    shown = cards(text, "some_process")
    assert not shown.whole
    assert [card.name for card in shown.cards] == ["甲", "乙"]
    assert [(step.line, len(step.wrong)) for _card, step in shown.wrong] == [
        (5, 1),
    ]
    assert [line for line, _told in shown.cards[0].wrong] == [6, 7]
