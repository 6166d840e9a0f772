"""A renamed step is renamed where a step is meant: not in remarks, texts that are filled in, or names."""

from __future__ import annotations

from orchestrator.services.simulation.step_renames import means, renamed

TEXT = """# 审核申请 见第十三条
填写:
  申请: {事项名称: 审核申请}
情景:
  - 名称: 审核申请
    步骤:
      - 发起: 事项准入
        填写: [申请, {事项说明: 审核申请}]   # 审核申请 之前
      - 应有待办: {审核申请: 某机构, 别的步骤: 某机构}
      - 办理: 审核申请
        被拒: “审核申请”应由某机构办理，审核申请材料不全
      - 办理: 别的步骤
        被拒: |
          “审核申请”应由某机构办理
      - 到期: "审核申请"
      - 应有待办: [审核申请]
      - 应有记载: [审核申请, 收到审核申请一件]
      - 发起: 事项退出
        称为: 别的
      - 办理: 审核申请
        事项: 别的
"""


def test_only_what_means_the_step_is_renamed() -> None:
    own = {"item_admission", "事项准入"}
    now = renamed(TEXT, "item_admission", own, {"审核申请": "核对: 申请"})
    changed = [
        (old.strip(), new.strip())
        for old, new in zip(TEXT.splitlines(), now.splitlines(), strict=True)
        if old != new
    ]
    new = "'核对: 申请'"
    assert changed == [
        (
            "- 应有待办: {审核申请: 某机构, 别的步骤: 某机构}",
            f"- 应有待办: {{{new}: 某机构, 别的步骤: 某机构}}",
        ),
        ("- 办理: 审核申请", f"- 办理: {new}"),
        (
            "被拒: “审核申请”应由某机构办理，审核申请材料不全",
            "被拒: '“核对: 申请”应由某机构办理，审核申请材料不全'",
        ),
        ('- 到期: "审核申请"', f"- 到期: {new}"),
        ("- 应有待办: [审核申请]", f"- 应有待办: [{new}]"),
        (
            "- 应有记载: [审核申请, 收到审核申请一件]",
            f"- 应有记载: [{new}, 收到审核申请一件]",
        ),
    ]
    assert means(TEXT, "item_admission", own, "审核申请")
    assert not means(now, "item_admission", own, "审核申请")
