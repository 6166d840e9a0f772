"""Functions: what a role is for, as a profile's [functions] says it. Shared diagrams, options of forms and
the platform name them."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.sentences import say

CASE_OFFICE = "case-office"
CASE_DEPARTMENT = "case-department"
LOCAL_GOVERNMENT = "local-government"
COMMUNITY_COMMITTEE = "community-committee"
COMMUNITY_PARTY = "community-party-organisation"
GRID_STAFF = "grid-staff"
ARCHIVIST = "archivist"
HOTLINE = "hotline"
EXTENSION_APPLICANT = "extension-applicant"
PLATFORM_OPERATOR = "platform-operator"
PROCESS_DESIGNER = "process-designer"

FUNCTIONS: Mapping[str, str] = {
    CASE_OFFICE: say("分流、交办事件"),
    CASE_DEPARTMENT: say("承办事件"),
    "supervisor": say("督办"),
    EXTENSION_APPLICANT: say("申请延期、挂账"),
    "extension-approver": say("审批延期、挂账"),
    "filing-receiver": say("接受备案"),
    LOCAL_GOVERNMENT: say("会同提出网格调整"),
    COMMUNITY_COMMITTEE: say("会同确定网格长（村（居）民委员会）"),
    COMMUNITY_PARTY: say("会同确定网格长（村（社区）党组织）"),
    GRID_STAFF: say("网格员（计入人员配备）"),
    HOTLINE: say("接听热线、登记来电"),
    ARCHIVIST: say("档案归档、鉴定、销毁"),
    PLATFORM_OPERATOR: say("平台运行管理"),
    PROCESS_DESIGNER: say("流程设计"),
}
"""Function → what a body of it does, in a designer's words. A candidate group may name one:
`supervisor@any`."""

PLATFORM: Mapping[str, str] = {
    PLATFORM_OPERATOR: "operates",
    PROCESS_DESIGNER: "designs",
}
"""Functions of those who run the platform → how their bodies are marked. They take part in no instance and
oversee nothing."""
