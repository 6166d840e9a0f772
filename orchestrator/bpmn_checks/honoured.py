"""What of BPMN, of the camunda: extensions and of DMN is read here, what is only drawn, and what would change
an instance and is not read."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.engine.model import ACTIVITIES
from orchestrator.sentences import say

DRAWN = frozenset(
    (
        *(
            "definitions",
            "documentation",
            "extensionElements",
            "incoming",
            "outgoing",
            "text",
            "textAnnotation",
            "association",
        ),
        *(
            "group",
            "category",
            "categoryValue",
            "categoryValueRef",
            "laneSet",
            "childLaneSet",
            "lane",
            "flowNodeRef",
        ),
        *(
            "collaboration",
            "participant",
            "messageFlow",
            "participantMultiplicity",
            "dataObject",
            "dataObjectReference",
        ),
        *(
            "dataStore",
            "dataStoreReference",
            "dataState",
            "dataInput",
            "dataOutput",
            "inputSet",
            "outputSet",
            "dataInputRefs",
        ),
        *(
            "dataOutputRefs",
            "ioSpecification",
            "dataInputAssociation",
            "dataOutputAssociation",
            "sourceRef",
            "targetRef",
        ),
        *(
            "activationCondition",
            "itemDefinition",
            "property",
            "extension",
            "import",
        ),
    )
)
"""BPMN elements that are drawn, explain, or stand around what is read; what data objects say is told by a
rule of its own."""
READ = frozenset(
    (
        *(
            "process",
            "sequenceFlow",
            "conditionExpression",
            "script",
            "message",
            "signal",
            "error",
            "escalation",
        ),
        *(
            "eventDefinitionRef",
            "timeDuration",
            "timeDate",
            "timeCycle",
            "multiInstanceLoopCharacteristics",
        ),
        *(
            "standardLoopCharacteristics",
            "loopCardinality",
            "loopDataInputRef",
            "loopDataOutputRef",
            "inputDataItem",
        ),
        *(
            "outputDataItem",
            "completionCondition",
            "loopCondition",
            "condition",
            "timerEventDefinition",
        ),
        *(
            "messageEventDefinition",
            "signalEventDefinition",
            "errorEventDefinition",
            "escalationEventDefinition",
        ),
        *(
            "terminateEventDefinition",
            "linkEventDefinition",
            "compensateEventDefinition",
            "cancelEventDefinition",
            "conditionalEventDefinition",
        ),
    )
)
"""BPMN elements that the engine reads, beside the steps, events and gateways."""
CHANGING = {
    "potentialOwner": say("由谁办理"),
    "humanPerformer": say("由谁办理"),
    "performer": say("由谁办理"),
    "resourceRole": say("由谁办理"),
    "assignment": say("变量的赋值"),
    "transformation": say("变量的换算"),
    "complexBehaviorDefinition": say("多实例每办完一次抛出的事件"),
    "correlationSubscription": say("消息与事项的对应"),
    "correlationKey": say("消息与事项的对应"),
    "correlationProperty": say("消息与事项的对应"),
    "ioBinding": say("对外服务的输入输出"),
}
"""BPMN elements that decide where an instance goes, with whom or with what, and are not read → what they
decide."""
ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "process": frozenset(("isExecutable", "processType", "isClosed")),
    "sequenceFlow": frozenset(("sourceRef", "targetRef", "isImmediate")),
    "startEvent": frozenset(("isInterrupting", "parallelMultiple")),
    "boundaryEvent": frozenset(
        ("attachedToRef", "cancelActivity", "parallelMultiple")
    ),
    "intermediateCatchEvent": frozenset(("parallelMultiple",)),
    "callActivity": frozenset(("calledElement",)),
    "subProcess": frozenset(("triggeredByEvent",)),
    "scriptTask": frozenset(("scriptFormat",)),
    "sendTask": frozenset(("messageRef",)),
    "receiveTask": frozenset(("messageRef", "instantiate")),
    "eventBasedGateway": frozenset(("instantiate", "eventGatewayType")),
    "multiInstanceLoopCharacteristics": frozenset(
        ("isSequential", "behavior")
    ),
    "standardLoopCharacteristics": frozenset(("testBefore", "loopMaximum")),
    "messageEventDefinition": frozenset(("messageRef",)),
    "signalEventDefinition": frozenset(("signalRef",)),
    "errorEventDefinition": frozenset(("errorRef", "errorCode")),
    "escalationEventDefinition": frozenset(
        ("escalationRef", "escalationCode")
    ),
    "compensateEventDefinition": frozenset(
        ("activityRef", "waitForCompletion")
    ),
    "transaction": frozenset(("method", "triggeredByEvent")),
    "adHocSubProcess": frozenset(
        ("ordering", "cancelRemainingInstances", "triggeredByEvent")
    ),
    "error": frozenset(("errorCode",)),
    "escalation": frozenset(("escalationCode",)),
}
"""Attributes that are read, or that another rule tells of; `id`, `name`, `default` and the quantities
everywhere."""
EVERYWHERE = frozenset(
    (
        "id",
        "name",
        "default",
        "startQuantity",
        "completionQuantity",
        "isForCompensation",
        "language",
    )
)
CHANGING_ATTRIBUTES = {
    ("eventBasedGateway", "eventGatewayType", "Parallel"): say(
        "等所有事件都发生"
    ),
    ("multiInstanceLoopCharacteristics", "noneBehaviorEventRef", ""): say(
        "多实例每办完一次抛出的事件"
    ),
    ("multiInstanceLoopCharacteristics", "oneBehaviorEventRef", ""): say(
        "多实例每办完一次抛出的事件"
    ),
    ("serviceTask", "operationRef", ""): say("调用外部服务"),
    ("sendTask", "operationRef", ""): say("调用外部服务"),
}
"""(element, attribute, value or any) that would change an instance → how."""

TASKS = frozenset(("userTask",))
OFFERED = TASKS | {"adHocSubProcess", "receiveTask"}
EVENTS = frozenset(("messageEventDefinition", "signalEventDefinition"))
TOPICS = frozenset(
    ("serviceTask", "sendTask", "businessRuleTask", "messageEventDefinition")
)
CAMUNDA_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "assignee": OFFERED,
    "candidateUsers": OFFERED,
    "candidateGroups": OFFERED,
    "dueDate": OFFERED,
    "followUpDate": OFFERED,
    "priority": OFFERED,
    "formKey": TASKS | {"startEvent", "receiveTask"},
    "formRef": TASKS | {"startEvent", "receiveTask"},
    "initiator": frozenset(("startEvent",)),
    "candidateStarterGroups": frozenset(("process",)),
    "type": TOPICS | {"endEvent", "intermediateThrowEvent"},
    "topic": TOPICS | {"endEvent", "intermediateThrowEvent"},
    "decisionRef": frozenset(("businessRuleTask",)),
    "mapDecisionResult": frozenset(("businessRuleTask",)),
    "resultVariable": frozenset(("businessRuleTask",)),
    "collection": frozenset(("multiInstanceLoopCharacteristics",)),
    "elementVariable": frozenset(("multiInstanceLoopCharacteristics",)),
    "errorCodeVariable": frozenset(("errorEventDefinition",)),
    "errorMessageVariable": frozenset(("errorEventDefinition",)),
    "errorMessage": frozenset(("error",)),
    "escalationCodeVariable": frozenset(("escalationEventDefinition",)),
    "variableName": frozenset(("conditionalEventDefinition",)),
    "variableEvents": frozenset(("conditionalEventDefinition",)),
}
"""camunda: attribute → where it is read."""
MAPPED = ACTIVITIES | {
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "endEvent",
}
"""Steps whose camunda:inputOutput is read."""
ONLY_OUTPUTS = frozenset(("startEvent", "boundaryEvent"))
"""Events at which, as in Camunda 8, output parameters are read alone."""
CAMUNDA_ELEMENTS = frozenset(
    (
        "properties",
        "property",
        "inputOutput",
        "inputParameter",
        "outputParameter",
        "in",
        "out",
    )
)
PROPERTIES = frozenset(
    (
        *(
            "approver",
            "handler",
            "tally",
            "title",
            "businessKeyPrefix",
            "about",
            "about-optional",
            "placeLevel",
            "correlationKey",
            "countersign",
            "countersignRatio",
            "ownVariables",
            "missingVariables",
        ),
        *("terminates", "signalScope"),
        *(
            "countersignVote",
            "countersignAgree",
            "countersignRefuse",
            "countersignVotes",
            "countersignResult",
        ),
    )
)
"""Names of camunda:property that are read."""
CAMUNDA_CHANGING = {
    "class": say("外部代码"),
    "delegateExpression": say("外部代码"),
    "expression": say("外部代码"),
    "variableMappingClass": say("用外部代码传递变量"),
    "variableMappingDelegateExpression": say("用外部代码传递变量"),
    "caseRef": say("调用案例"),
    "resultVariable": say("结果存入的变量"),
    "candidateStarterUsers": say("谁可以发起"),
    "potentialStarter": say("谁可以发起"),
    "formData": say("内嵌的表单"),
    "formProperty": say("内嵌的表单"),
    "errorEventDefinition": say("按条件抛出的错误"),
    "executionListener": say("执行监听器"),
    "taskListener": say("任务监听器"),
    "connector": say("连接器"),
    "script": say("脚本"),
    "constraint": say("字段的校验"),
}
"""camunda: names that would change an instance wherever they are not read → what they decide."""
CAMUNDA_IGNORED = frozenset(
    (
        *(
            "asyncBefore",
            "asyncAfter",
            "exclusive",
            "jobPriority",
            "taskPriority",
            "historyTimeToLive",
            "versionTag",
        ),
        *("isStartableInTasklist", "failedJobRetryTimeCycle"),
    )
)
"""Told by the rule about dialects."""

OTHERS_CHANGING: Mapping[str, tuple[str, frozenset[str]]] = {
    "terminateAll": (
        say("到这里终止整个事项，不只是所在的子流程"),
        frozenset(("false",)),
    ),
    "terminateMultiInstance": (
        say("到这里终止多实例的全部实例"),
        frozenset(("false",)),
    ),
    "onEntry-script": (say("办理前运行的脚本"), frozenset()),
    "onExit-script": (say("办理后运行的脚本"), frozenset()),
    "waitForCompletion": (
        say("不等被调用的流程办完就继续"),
        frozenset(("true", "")),
    ),
    "customAutoStart": (
        say("自由子流程一开始就自动办理"),
        frozenset(("false", "")),
    ),
    "endDate": (say("重复定时到什么时候为止"), frozenset()),
    "scope": (say("信号只在本事项之内有效"), frozenset(("global",))),
    "errorVariableName": (say("错误代码存入的变量"), frozenset()),
    "taskIdVariableName": (say("任务编号存入的变量"), frozenset()),
    "taskCompleterVariableName": (say("办理人存入的变量"), frozenset()),
    "processInstanceIdVariableName": (
        say("被调用流程的编号存入的变量"),
        frozenset(),
    ),
    "idVariableName": (say("被调用流程的编号存入的变量"), frozenset()),
    "elementIndexVariable": (
        say("第几个实例存入的变量，请改用 loopCounter"),
        frozenset(("loopCounter",)),
    ),
    "useLocalScopeForResultVariable": (
        say("结果只存为局部变量"),
        frozenset(("false",)),
    ),
    "useLocalScopeForOutParameters": (
        say("带回的变量只存为局部变量"),
        frozenset(("false",)),
    ),
    "storeResultVariableAsTransient": (
        say("结果只是临时变量"),
        frozenset(("false",)),
    ),
    "doNotIncludeVariables": (
        say("脚本读不到流程的变量"),
        frozenset(("false",)),
    ),
    "eventType": (say("由事件登记处的事件引发"), frozenset()),
    "channelKey": (say("由事件登记处的通道引发"), frozenset()),
    "variableListenerEventDefinition": (say("由变量的变化引发"), frozenset()),
    "value": (say("数据对象开始时的值"), frozenset()),
    "approveType": (say("由系统自动通过或拒绝"), frozenset(("1",))),
}
"""Names of Flowable, Activiti and tools built on them → what they decide, and values that change nothing."""

DMN_READ: Mapping[str, frozenset[str]] = {
    "decision": frozenset(("id", "name", "label")),
    "variable": frozenset(("id", "name", "label", "typeRef")),
    "decisionTable": frozenset(
        (
            "id",
            "hitPolicy",
            "aggregation",
            "preferredOrientation",
            "label",
            "outputLabel",
        )
    ),
    "input": frozenset(("id", "label", "name")),
    "inputExpression": frozenset(
        ("id", "label", "expressionLanguage", "typeRef")
    ),
    "literalExpression": frozenset(
        ("id", "label", "expressionLanguage", "typeRef")
    ),
    "output": frozenset(("id", "name", "label", "typeRef")),
    "outputValues": frozenset(("id", "label", "expressionLanguage")),
    "defaultOutputEntry": frozenset(("id", "label", "expressionLanguage")),
    "rule": frozenset(("id", "label")),
    "inputEntry": frozenset(("id", "label", "expressionLanguage")),
    "outputEntry": frozenset(("id", "label", "expressionLanguage")),
    "text": frozenset(),
    **dict.fromkeys(
        (
            "context",
            "contextEntry",
            "list",
            "relation",
            "row",
            "conditional",
            "if",
            "then",
            "else",
            "invocation",
            "binding",
        ),
        frozenset(("id", "label")),
    ),
    **dict.fromkeys(
        ("column", "parameter", "formalParameter"),
        frozenset(("id", "label", "name")),
    ),
    "functionDefinition": frozenset(("id", "label", "kind")),
}
"""DMN element → its attributes that are read or only shown."""
DMN_DRAWN = frozenset(
    (
        *(
            "description",
            "annotation",
            "annotationEntry",
            "informationRequirement",
            "requiredInput",
            "authorityRequirement",
            "knowledgeRequirement",
            "requiredKnowledge",
        ),
        *(
            "requiredAuthority",
            "question",
            "allowedAnswers",
            "extensionElements",
            "requiredDecision",
        ),
        *(
            "supportedObjective",
            "impactedPerformanceIndicator",
            "decisionMaker",
            "decisionOwner",
            "usingProcess",
            "usingTask",
        ),
    )
)
DMN_EXTENSIONS = frozenset(("inputVariable",))
"""camunda: attributes of a table that are read."""
