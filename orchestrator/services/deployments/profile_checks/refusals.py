"""How an answer of a form begins that says no."""

REFUSALS = (
    "不同意",
    "不予",
    "不批准",
    "不通过",
    "不准",
    "驳回",
    "退回",
)
"""After such an answer a procedure does not go on as after the others."""
