"""委派 and 转办: who gets a task reads why, and what a delegate prepared arrives with the owner."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.services import bundles
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_unsent import task_of


def ids(application, *usernames: str) -> list[int]:
    with application.app_context(), transaction(writing=False) as session:
        found = dict(
            session.execute(
                sa.select(Person.username, Person.id).where(
                    Person.username.in_(usernames)
                )
            ).all()
        )
    return [found[name] for name in usernames]


def colleagues(application) -> tuple[str, str]:
    """Two people of the grid office of Jingkou."""
    return "jk-wgb", "jk-wgb2"


def form_field(application, task: str) -> str:
    """Key of a text field of the task's form."""

    with application.app_context(), transaction(writing=False) as session:
        row = session.get_one(UserTask, task)
        form = bundles.bundle_of(session, row.definition_id).forms[
            row.form_key
        ]
    return next(
        each.key
        for each in form.inputs()
        if each.type in ("textarea", "textfield")
    )


def test_a_delegates_opinion_and_values_arrive_with_the_owner(
    application, signed_in
) -> None:
    task, (owner, delegate) = task_of(application), colleagues(application)
    (to,) = ids(application, delegate)
    first, second = signed_in(owner), signed_in(delegate)
    assert (
        first.post(
            f"/task/{task}/delegate", data={"to": to, "reason": "您熟悉河道"}
        ).status_code
        == 302
    )
    assert "等待交回" in first.get(f"/task/{task}").text
    page = second.get(f"/task/{task}").text
    assert (
        "委派给您办理" in page
        and "您熟悉河道" in page
        and "交回委派人" in page
    )
    assert (
        f"/task/{task}/complete" not in page
        and f"/task/{task}/delegate" not in page
        and f"/task/{task}/unclaim" not in page
    )
    key = form_field(application, task)
    empty = second.post(
        f"/task/{task}/resolve", data={key: "经核实建议同意", "reason": " "}
    )
    assert (
        empty.status_code == 422
        and "请填写意见后交回" in empty.text
        and "经核实建议同意" in empty.text
    )
    wrong = second.post(
        f"/task/{task}/resolve", data={key: "长" * 5000, "reason": "同意"}
    )
    assert wrong.status_code == 422 and "长" * 5000 in wrong.text
    sent = second.post(f"/task/{task}/complete", data={key: "经核实建议同意"})
    assert (
        sent.status_code == 409
        and "经核实建议同意" in sent.text
        and "请填写意见后交回委派人" in sent.text
    )
    given_back = {
        key: "经核实建议同意",
        "reason": "材料齐全，可以办",
        "_key": "delegate-1",
    }
    for _press in range(2):
        assert (
            second.post(f"/task/{task}/resolve", data=given_back).status_code
            == 302
        )
    page = first.get(f"/task/{task}").text
    form = page[page.index('name="_key"') : page.index("card-footer")]
    assert (
        "材料齐全，可以办" in page
        and "经核实建议同意" in form
        and f"/task/{task}/complete" in page
    )
    history = first.get(f"/instance/{task.partition('.')[0]}").text
    assert (
        "交回委派人" in history
        and "材料齐全，可以办" in history
        and "经核实建议同意" in history
        and "您熟悉河道" in history
    )
    assert history.count("材料齐全，可以办") == 1


def test_who_gets_a_task_reads_why(application, signed_in) -> None:
    task, (owner, other) = task_of(application), colleagues(application)
    (to,) = ids(application, other)
    assert (
        signed_in(owner)
        .post(f"/task/{task}/assign", data={"to": to, "reason": "本周外出"})
        .status_code
        == 302
    )
    page = signed_in(other).get(f"/task/{task}").text
    assert (
        "转办给" in page
        and "本周外出" in page
        and f"/task/{task}/complete" in page
    )


def test_the_row_of_a_task_that_was_given_on_tells_it_on_a_phone_too(
    application, signed_in
) -> None:
    task, (owner, delegate) = task_of(application), colleagues(application)
    (to,) = ids(application, delegate)
    signed_in(owner).post(
        f"/task/{task}/delegate", data={"to": to, "reason": "您熟悉河道"}
    )
    page = signed_in(delegate).get("/?sort=-arrived").text
    row = page[page.index(f'data-task="{task}"') :].split("</tr>")[0]
    assert "委派给您" in row
    assert "gf-usual" not in row


def test_an_english_reader_sees_the_procedure_once_above_a_task(
    application, signed_in
) -> None:
    task, client = task_of(application), signed_in(colleagues(application)[0])
    page = client.get(f"/task/{task}?lang=en").text
    heading = page.split("<h1")[1].split("</h1>")[0]
    assert "事项准入：" not in heading
