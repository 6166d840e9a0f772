"""What Camunda 8 writes into a user or service task: assignment, schedule, form, job."""

from __future__ import annotations

from typing import Any

from orchestrator.bpmn_import import placing, texts
from orchestrator.bpmn_import.names import ZEEBE, local
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import camunda, tag
from orchestrator.sentences import say


def zeebe_name(name: str) -> str:
    return f"{{{ZEEBE}}}{name}"


def user_task(node: Any, owner: Any, report: Report) -> None:
    report.honoured(
        owner,
        "userTask",
        say("由人办理，本系统的人工任务都进待办"),
    )


def assignment(node: Any, owner: Any, report: Report) -> None:
    for attribute in ("assignee", "candidateGroups", "candidateUsers"):
        if node.get(attribute):
            placing.place(
                report,
                owner,
                attribute,
                node.get(attribute),
                moved=True,
            )


def schedule(node: Any, owner: Any, report: Report) -> None:
    for attribute in ("dueDate", "followUpDate"):
        if node.get(attribute):
            placing.place(
                report,
                owner,
                attribute,
                node.get(attribute),
                moved=True,
            )


def priority(node: Any, owner: Any, report: Report) -> None:
    placing.place(
        report,
        owner,
        "priority",
        node.get("priority") or "",
        moved=True,
    )


def form(node: Any, owner: Any, report: Report) -> None:
    for attribute in ("formKey", "formId", "externalReference"):
        if node.get(attribute):
            placing.place(
                report,
                owner,
                "formKey",
                node.get(attribute),
                told_as=attribute,
            )
    for attribute in ("bindingType", "versionTag"):
        if node.get(attribute):
            report.ignored(
                owner,
                attribute,
                say("表单随流程一起发布，不按版本绑定"),
            )


def embedded_form(node: Any, owner: Any, report: Report) -> None:
    """A form-js form written into the process: until it is built here, the tasks that use it name a form that
    is not there."""
    key = node.get("id") or ""
    names = (key, f"camunda-forms:bpmn:{key}")
    users = [
        element
        for element in owner.iter()
        if key and element.get(camunda("formKey")) == key
    ]
    users += [
        element.getparent().getparent()
        for element in owner.iter(zeebe_name("formDefinition"))
        if element.get("formKey") in names
    ]
    for user in users:
        sentence = say(
            "表单“{key}”写在流程图里，格式与本系统相同，请把这段 JSON 另存为表单“{key}"
            "”，再在属性面板中选择",
            key=key,
        )
        report.unsupported(user, "userTaskForm", sentence)
    if not users:
        report.ignored(
            owner,
            "userTaskForm",
            say("流程图里的这张表单没有步骤用到，已去掉"),
        )


def task_definition(node: Any, owner: Any, report: Report) -> None:
    given = node.get("type") or ""
    text = texts.template(given)
    if not text.text or text.problem or "${" in text.text:
        _refuse_work(owner, given or "unnamed")
        report.unsupported(
            owner,
            "taskDefinition",
            say(
                "作业类型“{given}”没有写明或按变量决定，请在属性面板中选择主题（topic）",
                given=given,
            ),
        )
    elif text.text.startswith("io.camunda"):
        _refuse_work(owner, text.text)
        report.unsupported(
            owner,
            "taskDefinition",
            say(
                "“{text}”是原系统的连接器，本系统没有，请在属性面板中改选自动处理的主题（topic）",
                text=text.text,
            ),
        )
    elif local(owner.tag) == "scriptTask":
        report.unsupported(
            owner,
            "taskDefinition",
            say(
                "脚本由原系统的作业程序执行，请写成本系统的脚本（逐行赋值）或改为服务任务",
            ),
        )
    elif local(owner.tag) == "userTask":
        report.ignored(
            owner,
            "taskDefinition",
            say("人工任务由本系统的待办办理，不经作业程序"),
        )
    else:
        placing.topic(report, owner, text.text, "taskDefinition")
    if node.get("retries"):
        report.ignored(owner, "retries", say("失败后的重试由本系统统一安排"))


def _refuse_work(owner: Any, worker: str) -> None:
    """Leaves what the deployment check refuses: a service task without a topic is that by itself."""
    if owner.tag != tag("serviceTask"):
        definition = owner.find(tag("messageEventDefinition"))
        (owner if definition is None else definition).set(
            camunda("class"),
            worker,
        )
