"""Why the engine could not carry out a command. The state given to `advance` is untouched; each carries a
Chinese sentence."""

from __future__ import annotations

from orchestrator.sentences import say


class EngineError(Exception):
    """`element_id` is the element at which it happened; `kind` names the incident."""

    kind = "engine-failed"

    def __init__(self, element_id: str | None, message: str) -> None:
        super().__init__(message)
        self.element_id = element_id
        self.message = message


class UnknownStateVersion(EngineError):
    """The instance was last saved by a newer version of the program, or its state cannot be read."""

    kind = "unknown-state-version"

    def __init__(self, found: object, known: int) -> None:
        sentence = str(found)[:20]
        super().__init__(
            None,
            say(
                "这件事项的办理状态（版本 {told}）本程序（版本 {known}）读不了，"
                "多半由更新的程序保存，数据没有改动，请管理员把程序升级到保存它的版本后再办",
                told=sentence,
                known=known,
            ),
        )


class ExpressionFailed(EngineError):
    """A condition, template, script or table could not be evaluated on this instance's variables."""

    kind = "expression-failed"


class NoFlowTaken(EngineError):
    """No condition of a gateway was true and it has no default flow."""

    kind = "no-flow-taken"

    def __init__(self, element_id: str, name: str) -> None:
        super().__init__(
            element_id,
            say(
                "“{name}”没有一条出线的条件成立，也没有默认出线，请管理员为这件事项指定出线，"
                "并在流程图中补上默认出线",
                name=name or element_id,
            ),
        )


class UnknownCall(EngineError):
    """A call by expression names no process that may be called there."""

    kind = "unknown-call"

    def __init__(
        self,
        element_id: str,
        name: str,
        wanted: str,
        again: bool = False,
    ) -> None:
        if again:
            why = say("正在办理中，再调用它就没有尽头")
        else:
            why = say("不在本次发布中，或者不能被调用")
        super().__init__(
            element_id,
            say(
                "调用活动“{name}”要调用的流程“{wanted}”{why}，请核对变量",
                name=name or element_id,
                wanted=wanted[:60],
                why=why,
            ),
        )


class NoPlainStart(EngineError):
    """A person starts it, or another process calls it, and only events do."""

    kind = "no-plain-start"

    def __init__(self) -> None:
        super().__init__(
            None,
            say("流程没有普通开始事件，只能由定时、消息、信号或条件发起"),
        )


class StepBudgetExceeded(EngineError):
    """The diagram went round without a wait state."""

    kind = "step-budget"

    def __init__(self, element_id: str | None, steps: int) -> None:
        super().__init__(
            element_id,
            say(
                "流程连续自动运行 {steps} 步仍未停下，图中可能有不经过任何待办的循环",
                steps=steps,
            ),
        )


class TooManySubprocesses(EngineError):
    """The diagram opened one subprocess or called process after another without a wait state."""

    kind = "step-budget"

    def __init__(self, running: int) -> None:
        super().__init__(
            None,
            say(
                "一次办理连续打开了 {running} 个子流程仍未停下，图中可能有不经过任何待办的循环或互相调用",
                running=running,
            ),
        )


class TooDeep(TooManySubprocesses):
    """Subprocesses and called processes stand inside each other deeper than is run."""

    def __init__(self, depth: int) -> None:
        EngineError.__init__(
            self,
            None,
            say(
                "子流程和被调用的流程一层套一层，已到第 {depth} 层仍未停下，请减少层数；"
                "流程之间互相调用的，请改为连线退回",
                depth=depth,
            ),
        )


class TimerStandsStill(EngineError):
    """A timer fired and, nobody having done anything, was set again for the same moment."""

    kind = "timer-standstill"

    def __init__(self, element_id: str, name: str) -> None:
        super().__init__(
            element_id,
            say(
                "定时“{name}”到期后不经过任何待办又立即到期，会无休止地重复，请把时长改长，"
                "或在循环里加上待办",
                name=name,
            ),
        )


class WorkExhausted(EngineError):
    """The commands of one request together did more work than one request may."""

    kind = "work-budget"

    def __init__(self) -> None:
        super().__init__(
            None,
            say(
                "计算量过大，系统已停止计算。请检查图中的循环、脚本、决策表和循环定时，或分几次进行",
            ),
        )


class JoinStuck(EngineError):
    """Every token left waits at a join for one that can never come."""

    kind = "join-stuck"

    def __init__(self, element_id: str, name: str) -> None:
        super().__init__(
            element_id,
            say(
                "汇合网关“{name}”等不到其余分支，流程会停在这里，请检查图中的分支与汇合是否成对",
                name=name or element_id,
            ),
        )


class NotStorable(EngineError):
    """A variable holds what JSON cannot."""

    kind = "not-storable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            None,
            say(
                "流程数据中有无法保存的内容（{reason}），只能用文字、数字、真假、列表和成组的值",
                reason=reason,
            ),
        )


class DataTooLarge(EngineError):
    """The instance's variables and tokens together are more than is kept of one instance."""

    kind = "data-too-large"

    def __init__(self, size: int, limit: int) -> None:
        mega = 1024 * 1024
        super().__init__(
            None,
            say(
                "这件事项的流程数据达到 {size:.1f} MB，超过上限 {limit} MB，请检查脚本、"
                "决策表和多实例是否反复累加内容，大的材料请作为附件上传",
                size=size / mega,
                limit=limit // mega,
            ),
        )


class TooManyInstances(EngineError):
    kind = "too-many-instances"

    def __init__(
        self,
        element_id: str | None,
        wanted: int,
        limit: int,
    ) -> None:
        super().__init__(
            element_id,
            say(
                "多实例活动要开 {wanted} 个实例，超过上限 {limit} 个",
                wanted=wanted,
                limit=limit,
            ),
        )


class UnknownTask(EngineError):
    """The command names a task, timer or subscription that is not open (any more)."""

    kind = "unknown-task"

    def __init__(self, task_id: str) -> None:
        super().__init__(
            None,
            say("步骤 {task_id} 已不在办理中", task_id=task_id),
        )
