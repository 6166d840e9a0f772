"""What diagrams and forms name must exist in the profile: bodies, deadlines, topics, option lists."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.domain.jurisdiction import FUNCTIONS, Jurisdiction
from orchestrator.domain.territory import (
    ABOVE,
    PLACES,
    BodyRef,
    parse_body_ref,
)
from orchestrator.engine import (
    Element,
    deadline_names,
    expressions,
    timers,
)
from orchestrator.errors import Finding
from orchestrator.handlers import DECLARED, TOPICS
from orchestrator.sentences import say, sentence_of
from orchestrator.services.bundles import form_questions
from orchestrator.services.bundles.bound_rules import BY_FILE_NAME
from orchestrator.services.deployments import form_options, form_rules
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)
from orchestrator.services.deployments.profile_checks.names import (
    all_of,
    meant_or_all,
)
from orchestrator.services.execution.candidates import platform_sentence


def body_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A body that the profile has not, or not at that level, would leave the task with nobody."""
    for definition in deployed.definitions:
        for group in definition.starter_groups:
            if sentence := objection(deployed.profile, group):
                yield Finding(
                    "body-unknown",
                    None,
                    say(
                        "“{name}”的发起机构：{told}",
                        name=definition.name,
                        told=sentence,
                    ),
                    resource=definition.process.resource,
                )
    for file, element in deployed.elements():
        for group in expressions.split_list(element.candidate_groups or ""):
            if sentence := objection(deployed.profile, group):
                yield Finding(
                    "body-unknown",
                    element.id,
                    say(
                        "{named}：{told}", named=named(element), told=sentence
                    ),
                    resource=file,
                )
        for label, group in _told_bodies(element):
            if sentence := objection(deployed.profile, group):
                yield Finding(
                    "body-unknown",
                    element.id,
                    say(
                        "{named}的“{label}”：{told}",
                        named=named(element),
                        label=label,
                        told=sentence,
                    ),
                    resource=file,
                )


def deadline_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A deadline that the profile has not would never fall due."""
    for file, element in deployed.elements():
        timers_of_it = [
            event.timer[1] for event in element.events if event.timer
        ]
        for text in (element.due or "", *timers_of_it):
            plain = timers.strip_quotes(text)
            name = plain.removeprefix(deadline_names.PREFIX)
            if name != plain and name not in deployed.profile.deadlines:
                known = {
                    key: rule.label
                    for key, rule in deployed.profile.deadlines.items()
                }
                hint = meant_or_all(name, known)
                message = say(
                    "{named}的时限“{name}”不在辖区配置的 [deadlines] 中，{hint}",
                    named=named(element),
                    name=name,
                    hint=hint,
                )
                yield Finding(
                    "deadline-unknown", element.id, message, resource=file
                )


def topic_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A topic without a handler stops the instance there."""
    for file, element in deployed.elements():
        if element.topic is not None and element.topic not in TOPICS:
            hint = meant_or_all(
                element.topic,
                {
                    topic: DECLARED[topic].label
                    for topic in TOPICS
                    if topic in DECLARED
                },
            )
            message = say(
                "{named}的主题“{topic}”没有处理程序，{hint}",
                named=named(element),
                topic=element.topic,
                hint=hint,
            )
            yield Finding("topic-unknown", element.id, message, resource=file)


def form_source_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A choice without options could never be made."""
    for key, form in deployed.forms.items():
        for source in sorted(form.sources - form_options.SOURCES.keys()):
            message = say(
                "选项来源“{source}”不存在，可用的有 {listed}",
                source=source,
                listed="、".join(form_options.SOURCES),
            )
            yield Finding(
                "form-source-unknown", None, message, resource=f"{key}.form"
            )
        asked = {
            field.questions_source
            for field in form.fields
            if field.questions_source
        }
        for source in sorted(asked - form_questions.LISTS.keys()):
            message = say(
                "问题清单“{source}”不存在，可用的有 {listed}",
                source=source,
                listed="、".join(form_questions.LISTS),
            )
            yield Finding(
                "form-source-unknown", None, message, resource=f"{key}.form"
            )


def form_rule(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A rule that does not exist would check nothing, and one that misses its fields would check half."""
    known = {name: rule.label for name, rule in form_rules.RULES.items()}
    for key, form in deployed.forms.items():
        name = form_rules.rule_of(form)
        if name and name not in known:
            message = say(
                "表单的规则“{name}”不存在，{meant_or_all}",
                name=name,
                meant_or_all=meant_or_all(name, known),
            )
            yield Finding("form-rule", None, message, resource=f"{key}.form")
            continue
        missing = [
            field
            for field in (form_rules.RULES[name].needs if name else ())
            if field not in form.field_keys
        ]
        if missing:
            message = say(
                "表单的规则“{known}”要用到 {listed}，表单里没有，请补上这些字段或在表单属性里改选规则",
                known=known[name],
                listed="、".join(missing),
            )
            yield Finding("form-rule", None, message, resource=f"{key}.form")
        elif not form.rule and key in BY_FILE_NAME:
            message = say(
                "这个文件名的表单从前自带规则“{known}”，现在要写明才有，请在表单属性的“规则”里选定，或选“不用规则”",
                known=known[BY_FILE_NAME[key]],
            )
            yield Finding("form-rule", None, message, "note", f"{key}.form")


def _told_bodies(element: Element) -> list[tuple[str, str]]:
    """(label, body) of each body that the diagram tells the element's handler."""
    declared = DECLARED.get(element.topic or "")
    if declared:
        takes = {
            field.name: field.label
            for field in declared.inputs
            if field.bodies
        }
    else:
        takes = {}
    return [
        (takes[name], group)
        for name, text in element.inputs
        if name in takes and "${" not in text
        for group in expressions.split_list(text)
    ]


def objection(profile: Jurisdiction, group: str) -> str:
    """Why no body can be meant by `role@level`; empty when one can, or when an expression says which."""
    role, at, place = group.partition("@")
    if "${" in role or (not at and "${" in group):
        return ""
    if "${" in place:
        return _role_objection(profile, role)
    try:
        reference = parse_body_ref(group)
    except ValueError as invalid:
        return sentence_of(invalid)
    if reference.tenant and reference.tenant != profile.key:
        return say(
            "“{group}”属于别的辖区，不能办理本辖区的事项，请改选本辖区的机构",
            group=group,
        )
    return _role_objection(profile, reference.role) or _place_objection(
        profile, reference
    )


def _role_objection(profile: Jurisdiction, name: str) -> str:
    roles = profile.roles_of(name)
    if roles and all(profile.platform(role) for role in roles):
        return platform_sentence(profile.roles[roles[0]].name)
    if roles:
        return ""
    if name in FUNCTIONS:
        return say(
            "职能“{name}”（{functions}）没有角色承担，请在辖区配置的 [functions] 中写明",
            name=name,
            functions=FUNCTIONS[name],
        )
    known = {
        **{key: role.name for key, role in profile.roles.items()},
        **FUNCTIONS,
    }
    return say(
        "角色“{name}”不在辖区配置的 [roles] 中，{meant_or_all}",
        name=name,
        meant_or_all=meant_or_all(name, known),
    )


def _place_objection(profile: Jurisdiction, reference: BodyRef) -> str:
    levels = profile.levels
    roles = [profile.roles[key] for key in profile.roles_of(reference.role)]
    if reference.place in PLACES or reference.tenant:
        return ""
    below = reference.place.removeprefix(ABOVE)
    if below != reference.place:
        wider = levels.above(below)
        if any(level in wider for role in roles for level in role.levels):
            return ""
        return say(
            "“{name}”不设在{level}以上，请改选层级，或在辖区配置中给这个角色加上层级",
            name=roles[0].name,
            level=levels.name(below),
        )
    # A territory's code has digits, and may be meant.
    if reference.place not in levels.keys and not any(
        value.isdigit() for value in reference.place
    ):
        # A key that looks alike is of another level as often as not: city, county.
        return say(
            "层级“{place}”不在辖区配置的 [levels] 中，{meant_or_all}",
            place=reference.place,
            meant_or_all=all_of({**levels.names, **PLACES}),
        )
    if reference.place in levels.keys and not any(
        reference.place in role.levels for role in roles
    ):
        return say(
            "“{name}”不设在{level}，请改选层级，或在辖区配置中给这个角色加上该层级",
            name=roles[0].name,
            level=levels.name(reference.place),
        )
    return ""
