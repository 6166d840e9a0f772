"""Rules about what [data] of the profile grades: it is asked for, graded once, and shown nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import forms
from orchestrator.bpmn_checks.expressions import templates_of
from orchestrator.domain.data_grades import DataGrade
from orchestrator.engine import Definition, Element, expressions
from orchestrator.errors import Finding
from orchestrator.handlers import DECLARED
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.assessments import FILE
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)

SHOWN_PARTS = frozenset(
    {say("名称"), say("输入参数"), say("错误说明"), say("事件名称")}
)
"""Texts of an element that lists, histories and notifications show."""


def data_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A misspelt procedure, form or field would silently be shown to everybody."""
    if not deployed.definitions:
        return
    processes = {definition.key for definition in deployed.definitions}
    for grade in deployed.profile.data.grades:
        for process in grade.processes:
            if process not in processes:
                yield _refused(
                    "data-unknown",
                    grade,
                    say("“{name}”不是本辖区的流程", name=process),
                )
        for form in grade.forms:
            if form not in deployed.forms:
                yield _refused(
                    "data-unknown",
                    grade,
                    say("没有表单“{name}”", name=form),
                )
        if grade.registers:
            continue
        asked = _asked(deployed, grade)
        for field in grade.fields:
            if field not in asked:
                yield _refused(
                    "data-unknown",
                    grade,
                    say(
                        "所列的流程和表单里没有字段“{name}”，请检查字段编号",
                        name=field,
                    ),
                )


def data_twice(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A field of two grades, or one that another form of the same procedure asks for ungraded, would be shown
    by the wrong rule."""
    grades = deployed.profile.data.grades
    for number, grade in enumerate(grades):
        for other in grades[number + 1 :]:
            for field in grade.fields:
                if field in other.fields and _meet(grade, other):
                    yield _refused(
                        "data-twice",
                        grade,
                        say(
                            "字段“{field}”也列在“{other}”里，同一流程、同一类台账的一个字段只能列一处",
                            field=field,
                            other=other.name,
                        ),
                    )
        for definition in _covered(deployed, grade):
            for name, form in _forms_of(deployed, definition).items():
                besides = forms.value_keys(form) & set(grade.fields)
                if besides and not grade.covers(definition.key, name):
                    yield _refused(
                        "data-twice",
                        grade,
                        say(
                            "流程“{process}”的表单“{form}”也有字段 {fields}，应一并列入 forms",
                            process=definition.name,
                            form=name,
                            fields="、".join(sorted(besides)),
                        ),
                    )


def data_shown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """What goes into a title, the name of a step or a register is read there by everybody who sees a list."""
    for grade in deployed.profile.data.grades:
        graded = frozenset(grade.fields)
        for definition in _covered(deployed, grade):
            title = _read_in(definition.title_template or "") & graded
            if title:
                yield _refused(
                    "data-shown",
                    grade,
                    say(
                        "流程“{process}”的标题用到 {fields}，列表上人人可见",
                        process=definition.name,
                        fields="、".join(sorted(title)),
                    ),
                )
            for process in definition.processes.values():
                for element in process.elements.values():
                    for field, where in _shown_by(element, graded):
                        yield Finding(
                            "data-shown",
                            element.id,
                            say(
                                "数据分级“{grade}”里的字段“{field}”由{step}的{where}写到人人可见的地方，"
                                "不能分级",
                                grade=grade.name,
                                field=field,
                                step=named(element),
                                where=where,
                            ),
                            resource=process.resource,
                        )


def _shown_by(
    element: Element, graded: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """(field, part of the element) of the graded fields that it shows to others."""
    for part, text in templates_of(element):
        if part in SHOWN_PARTS:
            for field in sorted(_read_in(text) & graded):
                yield field, part
    topic = DECLARED.get(element.topic or "")
    for read in topic.reads if topic else ():
        if read.shown and read.name in graded:
            yield read.name, say("服务")


def _read_in(template: str) -> frozenset[str]:
    """The variables that the expressions of a text read."""
    names: set[str] = set()
    for text in expressions.template_expressions(template):
        try:
            names |= set(expressions.names_read(text))
        except expressions.ExpressionRefused:
            continue
    return frozenset(names)


def _covered(
    deployed: CheckedDeployment, grade: DataGrade
) -> Sequence[Definition]:
    return [
        definition
        for definition in deployed.definitions
        if grade.is_of_process(definition.key)
    ]


def _forms_of(
    deployed: CheckedDeployment, definition: Definition
) -> Mapping[str, forms.Form]:
    """The forms that the steps of a procedure name, by key."""
    keys = {
        element.form_key
        for process in definition.processes.values()
        for element in process.elements.values()
        if element.form_key in deployed.forms
    }
    return {key: deployed.forms[key] for key in sorted(filter(None, keys))}


def _asked(deployed: CheckedDeployment, grade: DataGrade) -> frozenset[str]:
    """Keys of all fields of the forms that the grade covers."""
    asked: set[str] = set()
    for definition in _covered(deployed, grade):
        for name, form in _forms_of(deployed, definition).items():
            if grade.covers(definition.key, name):
                asked |= forms.value_keys(form)
    return frozenset(asked)


def _meet(one: DataGrade, other: DataGrade) -> bool:
    """Whether some procedure, or some kind of entry, is of both."""
    if one.registers or other.registers:
        return not set(one.registers).isdisjoint(other.registers)
    if not one.processes or not other.processes:
        return True
    return not set(one.processes).isdisjoint(other.processes)


def _refused(rule: str, grade: DataGrade, why: str) -> Finding:
    return Finding(
        rule,
        None,
        say("“data.grades.{key}”：{why}", key=grade.key, why=why),
        resource=FILE,
    )
