"""`./gridflow people`: accounts from the command line, as an administrator of the server types it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app import create_app
from orchestrator.errors import (
    DemonstrationElsewhere,
    SignInRefused,
    SignInThrottled,
)
from orchestrator.services import people
from orchestrator.services.people import account_table, passwords
from orchestrator.settings import read_settings
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import db, transaction
from orchestrator.store.territories import Body, Territory

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "bpmn" / "template" / "people.csv"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A server that is no demonstration, freshly prepared."""
    given = {
        "GRIDFLOW_VAR_DIR": str(tmp_path_factory.mktemp("people")),
        "GRIDFLOW_SECRET_KEY": "tests" * 8,
        "GRIDFLOW_DEMO": "0",
    }
    app = create_app(read_settings(given))
    # Whichever test runs first on a worker finds the city loaded.
    assert (
        app.test_cli_runner().invoke(args=["prepare", "template"]).exit_code
        == 0
    )
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def run(installed: Flask) -> Run:
    runner = installed.test_cli_runner()
    return lambda *arguments: runner.invoke(
        args=[str(each) for each in arguments]
    )


def _one_time(printed: str) -> str:
    return re.findall(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b", printed)[-1]


def _signs_in(app: Flask, username: str, password: str) -> bool:
    with app.app_context():
        return people.sign_in(username, password, datetime.now(UTC))[0] > 0


def test_a_first_start_has_nobody_but_an_administrator_with_a_one_time_link(
    installed: Flask, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("prepare", "template").output
    assert "密码均为" not in first and "一次性密码" not in first
    assert [
        line.split()[0] for line in run("people", "list").output.splitlines()
    ] == ["admin"]
    public = replace(
        installed.extensions["gridflow"], public_url="https://grid.example"
    )
    with monkeypatch.context() as behind:
        behind.setitem(installed.extensions, "gridflow", public)
        told = run("prepare", "template").output
    assert "  https://grid.example/set-password/" in told
    again = run("prepare", "template").output
    old, new = _link(first), _link(again)
    assert _sets_password(installed, old, "correct horse") == 404
    assert _sets_password(installed, new, "correct horse") == 302
    assert _signs_in(installed, "admin", "correct horse")
    assert "/set-password/" not in run("prepare", "template").output


def _link(printed: str) -> str:
    return re.search(r"http://[\w.:]+(/set-password/[\w-]+)", printed)[1]


def _sets_password(app: Flask, path: str, password: str) -> int:
    client = app.test_client()
    page = client.get(path)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    sent = {"new": password, "again": password}
    if token:
        sent["csrf_token"] = token[1]
    if page.status_code != 200:
        return page.status_code
    return client.post(path, data=sent).status_code


def test_demonstration_people_are_not_loaded_into_a_server_that_is_none(
    run: Run,
) -> None:
    refused = run("load", ROOT / "bpmn" / "template", "--demo")
    assert refused.exit_code == 1
    assert "演示人员的密码是公开的" in refused.output


def test_a_server_does_not_start_with_people_of_a_demonstration_of_before(
    installed: Flask, run: Run
) -> None:
    """The database of a demonstration became a real one."""
    with installed.app_context(), transaction() as session:
        tenant = session.scalars(sa.select(Territory.tenant_id)).first()
        session.add(
            Person(
                tenant_id=tenant,
                username="demo-one",
                display_name="演示",
                password_hash=passwords.hash_password("gridflow"),
                is_demo=True,
            )
        )
    told = run("prepare", "template")
    assert told.exit_code == 1
    assert "有 1 个演示账号，密码是公开的" in told.output
    assert "./gridflow people retire --demo" in told.output
    with pytest.raises(DemonstrationElsewhere):
        _signs_in(installed, "demo-one", "gridflow")
    run("people", "retire", "--demo")
    started = run("prepare", "template")
    assert started.exit_code == 0
    assert "演示账号" not in started.output


def test_a_table_is_told_before_it_is_taken_and_again_changes_nothing(
    installed: Flask, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes(TABLE.read_text(encoding="utf-8").encode("gbk"))
    assert "只是预览" in run("people", "import", file, "--dry-run").output
    assert "t-s-wgzx" not in run("people", "list").output
    printed = run("people", "import", file).output
    assert _signs_in(
        installed, printed.splitlines()[-1].split()[0], _one_time(printed)
    )
    assert (
        "新增 0 人，更改 0 人，不变 48 人"
        in run("people", "import", file).output
    )
    file.write_text(
        TABLE.read_text(encoding="utf-8").replace("甲子", "乙子"),
        encoding="utf-8",
    )
    assert (
        "更改　t-s-wgzx　姓名：甲子 → 乙子"
        in run("people", "import", file).output
    )


def test_very_many_new_people_get_links_later_instead_of_passwords(
    installed: Flask, run: Run, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(account_table, "MOST_PASSWORDS", 1)
    file = tmp_path / "many.csv"
    grid = "grid-member,9901010010111001"
    file.write_text(
        "username,display_name,role,place,title,phone\n"
        f"many-one,辛子,{grid},,\nmany-two,壬子,{grid},,\n",
        encoding="utf-8",
    )
    printed = run("people", "import", file).output
    assert "2 人还没有密码" in printed and "一次性密码" not in printed
    assert "/set-password/" in run("people", "link", "many-two").output


def test_an_excel_list_goes_out_and_in_again(
    installed: Flask, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "people.xlsx"
    assert "已写入" in run("people", "export", file).output
    assert file.read_bytes().startswith(b"PK")
    told = run("people", "import", file, "--dry-run", "--by", "admin").output
    assert "新增 0 人，更改 0 人" in told, told


def test_who_is_part_time_is_said_beside_the_title_and_stays_so(
    installed: Flask, run: Run, tmp_path: Path
) -> None:
    grid = "grid-member:9901010010111001"
    made = run(
        "people",
        "add",
        "pt-one",
        "--name",
        "庚子",
        "--body",
        f"{grid}:信息员:part_time",
    )
    assert made.exit_code == 0, made.output
    kept = run("people", "change", "pt-one", "--body", f"{grid}:联络员").output
    assert f"{grid}（信息员，兼职） → {grid}（联络员，兼职）" in kept
    file = tmp_path / "people.csv"
    head = "username,display_name,role,place,title,phone"
    row = f"pt-one,庚子,{grid.replace(':', ',')},联络员,"
    file.write_text(f"{head}\n{row}\n", encoding="utf-8")
    assert "不变 1 人" in run("people", "import", file, "--dry-run").output, (
        "a table without the column"
    )
    file.write_text(f"{head},employment\n{row},full_time\n", encoding="utf-8")
    assert (
        f"{grid}（联络员，兼职） → {grid}（联络员）"
        in run("people", "import", file).output
    )
    file.write_text(f"{head},employment\n{row},sometimes\n", encoding="utf-8")
    assert (
        "用工方式“sometimes”应为 full_time（专职）或 part_time（兼职）"
        in run("people", "import", file).output
    )
    run("people", "retire", "pt-one")


def test_a_wrong_table_changes_nothing_and_every_fault_is_told(
    run: Run, tmp_path: Path
) -> None:
    file, before = (
        tmp_path / "people.csv",
        run("people", "list", "--all").output,
    )
    file.write_text(
        "username,display_name,role,place,title,phone\n张三,,grid-office,1,,\nok1,好人,grid-office,990100,,\n"
    )
    refused = run("people", "import", file)
    assert refused.exit_code == 1
    assert (
        "用户名“张三”" in refused.output
        and "姓名应为" in refused.output
        and "没有机构“grid-office:1”" in refused.output
    )
    assert run("people", "list", "--all").output == before


def test_an_account_is_made_changed_reset_and_retired(
    installed: Flask, run: Run
) -> None:
    made = run(
        "people",
        "add",
        "zhangsan",
        "--name",
        "张三",
        "--body",
        "grid-office:990100:主任",
    )
    assert _signs_in(installed, "zhangsan", _one_time(made.output))
    changed = run("people", "change", "zhangsan", "--phone", "123").output
    assert "电话：（空） → 123" in changed and "没有变化" not in changed
    unchanged = run("people", "change", "zhangsan", "--phone", "123").output
    assert "没有变化" in unchanged
    password = _one_time(run("people", "reset", "zhangsan").output)
    assert _signs_in(installed, "zhangsan", password)
    for _wrong in range(5):
        with pytest.raises(SignInRefused):
            _signs_in(installed, "zhangsan", "wrong")
    with pytest.raises(SignInThrottled):
        _signs_in(installed, "zhangsan", password)
    assert run("people", "unlock", "zhangsan").exit_code == 0
    assert _signs_in(installed, "zhangsan", password)
    assert "已停用 zhangsan" in run("people", "retire", "zhangsan").output
    assert "已经停用" in run("people", "retire", "zhangsan").output
    assert "zhangsan" not in run("people", "list").output
    assert _signs_in(
        installed,
        "zhangsan",
        _one_time(run("people", "restore", "zhangsan").output),
    )
    assert (
        "没有用户名为“nobody”的人员" in run("people", "reset", "nobody").output
    )


def test_a_link_from_the_command_line_sets_the_first_administrators_password(
    installed: Flask, run: Run
) -> None:
    printed = run(
        "people", "link", "admin", "--address", "https://grid.example/"
    ).output
    path = re.search(r"https://grid\.example(/set-password/[\w-]+)", printed)[
        1
    ]
    client = installed.test_client()
    token = re.search(
        r'name="csrf_token" value="([^"]+)"', client.get(path).text
    )[1]
    sent = {
        "csrf_token": token,
        "new": "correct horse",
        "again": "correct horse",
    }
    assert client.post(path, data=sent).status_code == 302
    assert _signs_in(installed, "admin", "correct horse")
    assert run("people", "link", "nobody").exit_code == 1


def test_bodies_are_set_up_renamed_and_dissolved_in_an_administrators_name(
    run: Run,
) -> None:
    run("prepare", "template")
    lines = run("people", "bodies", "list").output.splitlines()
    key = next(line.split()[0] for line in lines if "司法" in line)
    role, place = key.split(":")
    by = ("--by", "admin")
    assert (
        "现在叫“改了名的机构”"
        in run("people", "bodies", "rename", key, "改了名的机构", *by).output
    )
    assert "改了名的机构" in run("people", "bodies", "list").output
    later = run(
        *("people", "bodies", "dissolve", key, "--on", "2099-01-31"),
        *("--into", f"petitions:{place}"),
        *by,
    )
    assert "2099-01-31 撤销" in later.output, later.output
    ending = [
        line
        for line in run("people", "bodies", "list").output.splitlines()
        if "撤销" in line
    ]
    assert ending[0].endswith("改了名的机构　2099-01-31 撤销")
    assert len(ending) == 1
    assert "不撤销" in run("people", "bodies", "keep", key, *by).output
    taken = run("people", "bodies", "add", f"{role}:{place}", *by)
    assert taken.exit_code == 1 and "Traceback" not in taken.output
    for arguments, told in (
        (("rename", "nothing:1", "甲", *by), "没有机构 nothing:1"),
        (("rename", key, "甲", "--by", "nobody"), "没有在用的账号 nobody"),
        (("dissolve", key, "--on", "soon", *by), "--on 应为日期"),
    ):
        refused = run("people", "bodies", *arguments)
        assert refused.exit_code == 1 and told in refused.output


def test_a_list_that_names_new_bodies_sets_them_up_in_an_administrators_name(
    installed: Flask, run: Run, tmp_path: Path
) -> None:
    key = "housing-construction:990101"
    with installed.app_context(), transaction() as session:
        tenant = session.scalars(sa.select(Territory.tenant_id)).first()
        body = f"{tenant}:{key}"
        served = sa.delete(Membership).where(Membership.body_id == body)
        session.execute(served)
        session.delete(session.get_one(Body, body))
    file = tmp_path / "people.csv"
    table = f"username,display_name,role,place\nt-new,新人,{key.replace(':', ',')}\n"
    file.write_bytes(table.encode("gbk"))
    told = run("people", "import", file, "--dry-run", "--by", "admin").output
    assert (
        f"设立　{key}　甲区住房和城乡建设管理局" in told and "只是预览" in told
    )
    assert run("people", "import", file).exit_code == 1
    assert key not in run("people", "bodies", "list").output
    assert "没有在用的账号 nobody" in (
        run("people", "import", file, "--by", "nobody").output
    )
    done = run("people", "import", file, "--by", "admin")
    assert done.exit_code == 0 and "t-new" in done.output
    assert key in run("people", "bodies", "list").output
