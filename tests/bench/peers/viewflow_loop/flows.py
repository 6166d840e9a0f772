"""The rework loop as Viewflow writes it."""

from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.models import Process


class Loop(flow.Flow):
    process_class = Process
    start = flow.StartHandle(this.begin).Next(this.handle)
    handle = flow.View(None).Next(this.verify)
    verify = flow.View(None).Next(this.passed)
    passed = flow.If(this.is_passed).Then(this.end).Else(this.handle)
    end = flow.End()

    def begin(self, activation):
        activation.process.data = {"case_title": "楼道堆物"}
        return activation.process

    def is_passed(self, activation):
        return activation.process.data.get("verdict") == "pass"
