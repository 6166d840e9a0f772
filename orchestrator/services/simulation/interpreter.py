"""Playing one scenario on a backend, step by step: VERBS says what each verb does. The first step that fails
ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orchestrator.errors import GridflowError, TooMuchWork
from orchestrator.sentences import say, sentence_of
from orchestrator.services.simulation import (
    event_steps,
    expectations,
    scenario_steps,
    vocabulary,
)
from orchestrator.services.simulation.scenario_files import ScenarioStep
from orchestrator.services.simulation.scenario_people import Unknown
from orchestrator.services.simulation.scenario_run import (
    Failed,
    ScenarioRun,
    reasons_of,
)
from orchestrator.store.writing import heavy

VERBS: Mapping[str, Callable[[ScenarioRun, ScenarioStep], None]] = {
    "发起": event_steps.start,
    "办理": scenario_steps.complete,
    "领取": event_steps.claim,
    "催办": scenario_steps.urge,
    "并案": scenario_steps.merge,
    "作废": scenario_steps.void,
    "挂账": event_steps.suspend,
    "恢复": event_steps.resume,
    "发消息": event_steps.message,
    "发信号": event_steps.signal,
    "触发": event_steps.trigger,
    "选流向": event_steps.choose_flow,
    "到期": scenario_steps.expire,
    "经过": scenario_steps.let_pass,
    "时间": scenario_steps.move,
    "应出错": scenario_steps.fails,
    "应有待办": expectations.open_tasks,
    "应在期限": expectations.due,
    "应办结": expectations.ended,
    "应有数据": expectations.data,
    "应有记载": expectations.on_database(expectations.recorded),
    "应无记载": expectations.on_database(expectations.not_recorded),
    "备案应报": expectations.on_database(expectations.filed),
    "清单应有": expectations.on_database(expectations.on_list),
    "清单应无": expectations.on_database(expectations.not_on_list),
    "网格应有": expectations.on_database(expectations.grids),
    "网格应无": expectations.on_database(expectations.no_grids),
    "公示应有": expectations.on_database(expectations.noticed),
}
MEANINGLESS = (
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
)
"""The errors that a step raises when its words make no sense, as a time that is written `明天`."""
ACTS = frozenset(
    {
        "发起",
        "办理",
        "领取",
        "催办",
        "并案",
        "作废",
        "到期",
        "经过",
        "时间",
        "挂账",
        "恢复",
    }
    | {"发消息", "发信号", "触发", "选流向"}
)


@heavy
def run(play: ScenarioRun) -> tuple[int, str] | None:
    """Plays it; the line and sentence of the step that failed, or None.

    A step that says what nobody could do (a text where the form has a list, a day beyond the calendar) fails
    too: one designer's scenario does not take the page away from all who look at the draft.
    """
    play.begin()
    for step in play.scenario.steps:
        try:
            VERBS[step.verb](play, step)
        except (Failed, Unknown) as failed:
            return step.line, sentence_of(failed)
        except TooMuchWork as endless:
            return step.line, sentence_of(endless)
        except GridflowError as refused:
            return step.line, say(
                "系统没有接受：{reasons_of}", reasons_of=reasons_of(refused)
            )
        except MEANINGLESS as wrong:
            return (
                step.line,
                say(
                    "“{verb}”这一步写的内容无法演练，请核对流程、时间和填写的值（详情：{name} {wrong}）",
                    verb=step.verb,
                    name=type(wrong).__name__,
                    wrong=wrong,
                ),
            )
        if step.verb in ACTS and (sentence := _troubled(play, step)):
            return step.line, sentence
        with play.backend.one_reading():
            play.seen.append(
                [play.situation(value) for value in play.instances.values()]
            )
    return None


def _troubled(play: ScenarioRun, step: ScenarioStep) -> str:
    """What is wrong with the incidents after the step: one that no step has said, or none where the step says
    one. Empty where they are as they should be."""
    troubles = play.backend.troubles()
    wanted = step.details.get("异常")
    for value in (wanted, step.details.get("被拒")):
        if value:
            play.expected += vocabulary.readings(str(value))
    if wanted and not any(
        reading in trouble
        for reading in vocabulary.readings(str(wanted))
        for trouble in troubles
    ):
        return say("应出现异常“{wanted}”，实际没有这样的异常", wanted=wanted)
    unforeseen = [
        trouble
        for trouble in troubles
        if not any(text in trouble for text in play.expected)
    ]
    if unforeseen:
        return say("运行出现异常：{listed}", listed="；".join(unforeseen))
    return ""
