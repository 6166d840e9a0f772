"""On what ground each step and each limit stands."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.domain.jurisdiction import in_words
from orchestrator.engine.timers import is_free
from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
    named,
)


def citation_unknown(deployed: CheckedDeployment) -> Iterator[Finding]:
    """An article that the profile has not cannot be shown to whoever asks why."""
    for file, element in deployed.elements():
        for citation in element.citations:
            if (
                citation != "default"
                and deployed.profile.article(citation) is None
            ):
                message = say(
                    "{named}引用的{in_words}不在辖区配置的 [articles] 中，请核对条文编号或补上条文",
                    named=named(element),
                    in_words=in_words(citation),
                )
                yield Finding(
                    "citation-unknown",
                    element.id,
                    message,
                    resource=file,
                )


def citation_missing(deployed: CheckedDeployment) -> Iterator[Finding]:
    """Whoever does a step may ask on what ground; where the regulation is silent it says so."""
    for file, element in deployed.elements():
        if (
            element.type in ("userTask", "serviceTask", "callActivity")
            and not element.citations
        ):
            message = say(
                "{named}没有写依据。请在“依据”里选条款，法规没有规定的选“默认”（文件里写在说明的第一行，如“依据：第十三条”“依据：默认”）",
                named=named(element),
            )
            yield Finding(
                "citation-missing",
                element.id,
                message,
                "note",
                file,
            )


def platform_oversees(deployed: CheckedDeployment) -> Iterator[Finding]:
    """Who runs the platform sees counts and incidents, never an instance, whatever a profile says."""
    for role in deployed.profile.roles.values():
        if role.oversees_in_vain:
            sentence = say(
                "角色“{name}”的 oversees = true 不起作用：管理平台的人只看件数和异常，"
                "不看内容。请从 [roles.{key}] 中删去，需要监督的另设角色",
                name=role.name,
                key=role.key,
            )
            yield Finding(
                "platform-oversees",
                None,
                sentence,
                "note",
                "jurisdiction.toml",
            )


def deadline_citation(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A limit that the diagram sets itself has no article of the profile behind it: the step must say on what
    ground."""
    for process in deployed.processes.values():
        for element in process.elements.values():
            host = process.elements.get(element.attached_to or "")
            grounds = (*element.citations, *(host.citations if host else ()))
            timers_of_it = [
                event.timer[1] for event in element.events if event.timer
            ]
            for text in (element.due or "", *timers_of_it):
                if is_free(text) and not grounds:
                    message = say(
                        "{named}自定了时限“{text}”，却没有写依据，有人问起时无从答复。"
                        "请在说明的第一行写“依据：第十三条”，法规没有规定的写“依据：默认”，"
                        "或改用辖区配置中的时限",
                        named=named(element),
                        text=text.strip(),
                    )
                    yield Finding(
                        "deadline-citation",
                        element.id,
                        message,
                        resource=process.resource,
                    )
