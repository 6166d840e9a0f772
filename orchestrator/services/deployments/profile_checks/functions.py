"""Whether what diagrams and forms need has somebody in the profile: functions, and the approvers of list
changes."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.domain.jurisdiction import FUNCTIONS
from orchestrator.engine import Definition, Element
from orchestrator.errors import Finding
from orchestrator.handlers import DECLARED
from orchestrator.handlers.approvals import APPROVER, CHANGES, FORMER_ID
from orchestrator.sentences import say
from orchestrator.services.deployments import form_options
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)


def function_missing(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A handler or an option list that needs a function stands still where no role has it."""
    profile = deployed.profile
    for file, element in deployed.elements():
        topic = DECLARED.get(element.topic or "")
        if topic:
            needed = topic.needs
        else:
            needed = ""
        if topic and needed and not profile.roles_of(needed):
            message = say(
                "{named}（{label}）要用到职能：职能“{needed}”（{functions}）没有角色承担，"
                "请在辖区配置的 [functions] 中写明",
                named=named(element),
                label=topic.label,
                needed=needed,
                functions=FUNCTIONS[needed],
            )
            yield Finding(
                "function-missing",
                element.id,
                message,
                resource=file,
            )
    shown = {element.form_key for _file, element in deployed.elements()}
    for key in sorted(shown & deployed.forms.keys(), key=str):
        for source in sorted(
            deployed.forms[key or ""].sources & form_options.NEEDS.keys(),
        ):
            needed = form_options.NEEDS[source]
            if not profile.roles_of(needed):
                message = say(
                    "选项来源“{source}”（{names}）要有承担“{needed}”（{functions}）的角色，"
                    "请在辖区配置的 [functions] 中写明",
                    source=source,
                    names=form_options.NAMES[source],
                    needed=needed,
                    functions=FUNCTIONS[needed],
                )
                yield Finding(
                    "function-missing",
                    None,
                    message,
                    resource=f"{key}.form",
                )


def approver_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """An approval by nobody that the profile names, or an approver whose approval no step is: the list would
    not say who approved."""
    for definition in deployed.definitions:
        asked = _approvers(deployed, definition)
        if asked is None:
            continue
        tasks = [
            element
            for element in definition.elements.values()
            if element.type == "userTask"
        ]
        file = definition.process.resource
        marked = definition.marked(APPROVER)
        for approver in marked.keys() - set(asked):
            for element in (
                definition.elements[value] for value in marked[approver]
            ):
                message = say(
                    "{named}的“{property}”写的是“{approver}”，辖区配置的批准机关只有 {listed}，请改写",
                    named=named(element),
                    property=APPROVER,
                    approver=approver,
                    listed="、".join(asked) or say("（没有写）"),
                )
                yield Finding(
                    "approver-unknown",
                    element.id,
                    message,
                    resource=file,
                )
        yield from _unmarked(
            definition,
            tasks,
            [value for value in asked if value not in marked],
            bool(marked),
        )


def refused_end_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """An end by which nothing ends would bar nobody from applying again."""
    for topic, change in CHANGES.items():
        rule = deployed.profile.list_rules.get(change)
        deciding = [
            definition
            for definition in deployed.definitions
            if topic in definition.topics
        ]
        ends = {
            element.id
            for definition in deciding
            for element in definition.elements.values()
            if element.type == "endEvent"
        }
        for value in rule.refused_ends if rule and ends else ():
            if value not in ends:
                message = say(
                    "“items.{change}.refused_ends”写的“{end}”不是流程图里的结束事件，应为 {listed} 之一",
                    change=change,
                    end=value,
                    listed="、".join(sorted(ends)),
                )
                yield Finding(
                    "refused-end-unknown",
                    None,
                    message,
                    resource="jurisdiction.toml",
                )


def _unmarked(
    definition: Definition,
    tasks: list[Element],
    approvers: list[str],
    others: bool,
) -> Iterator[Finding]:
    """`others`: whether some other approver's step is marked; the list then has somebody who approved.

    A step with the id of before is an approval, too.
    """
    former = {task.id for task in tasks}
    others = others or any(
        FORMER_ID.format(approver) in former for approver in approvers
    )
    file = definition.process.resource
    for approver in approvers:
        advice = say(
            "请在审批的步骤上加扩展属性 {property} = {approver}",
            property=APPROVER,
            approver=approver,
        )
        if FORMER_ID.format(approver) in former:
            message = say(
                "“{name}”按步骤编号认“{approver}”的审批，改了编号清单上就没有批准人。{advice}",
                name=definition.name,
                approver=approver,
                advice=advice,
            )
            yield Finding(
                "approver-unknown",
                FORMER_ID.format(approver),
                message,
                "note",
                file,
            )
        else:
            message = say(
                "“{name}”没有哪一步标明是“{approver}”的审批，清单上将没有批准人。{advice}",
                name=definition.name,
                approver=approver,
                advice=advice,
            )
            yield Finding(
                "approver-unknown",
                None,
                message,
                "note" if others else "error",
                file,
            )


def _approvers(
    deployed: CheckedDeployment,
    definition: Definition,
) -> list[str] | None:
    """The approvers of the changes of lists that the procedure makes; None when it makes none."""
    changes = {
        CHANGES[topic] for topic in definition.topics if topic in CHANGES
    }
    rules = [
        deployed.profile.list_rules[change]
        for change in sorted(changes)
        if change in deployed.profile.list_rules
    ]
    if rules:
        return [approver for rule in rules for approver in rule.approvers]
    return None
