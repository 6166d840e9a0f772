"""Decision tables (DMN) as a deployment reads and checks them, every cell an expression of ours;
`parser/decisions.py` makes what decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any

from orchestrator.engine import (
    always_stopping,
    cells,
    decision_places,
    decision_refusals,
    dmn_boxed,
    dmn_index,
    dmn_limits,
    dmn_names,
    dmn_nodes,
    dmn_spelling,
    expressions,
    feel_types,
    type_refs,
    xml,
)
from orchestrator.engine.cells import VALUE
from orchestrator.engine.decision_tables import (
    HIT_POLICIES,
    ORDERED,
    DecisionTable,
    Output,
    Rule,
)
from orchestrator.engine.dmn_nodes import NAMESPACES, decision_nodes
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.errors import Finding
from orchestrator.sentences import say

FORMS = ("singleEntry", "singleResult", "collectEntries", "resultList")
"""camunda:mapDecisionResult: one value, one row, the values of all rows, all rows."""
__all__ = [
    "HIT_POLICIES",
    "NAMESPACES",
    "VALUE",
    "DecisionTable",
    "Output",
    "Rule",
    "decision_names",
    "decision_nodes",
    "decision_results",
    "findings",
    "read_tables",
]


def read_tables(
    root: Any,
    edition: Edition = CURRENT,
) -> dict[str, DecisionTable]:
    """The decision tables of a DMN document, by decision id; what the findings refuse is left out."""
    if dmn_nodes.unread_reason(root) is not None:
        return {}
    with dmn_index.reading(root):
        read = _all(root, edition)
    known = {
        id_: table
        for id_, (table, reasons) in read.items()
        if table and not reasons
    }
    wanted = {id_: table.required for id_, table in known.items()}
    order = list(TopologicalSorter(wanted).static_order())
    needed = dmn_nodes.needed(wanted, order)
    tables: dict[str, DecisionTable] = {}
    for id_ in order:
        before = tuple(
            tables[value] for value in order if value in needed[id_]
        )
        tables[id_] = replace(known[id_], before=before)
    return {id_: tables[id_] for id_ in known}


def decision_names(content: bytes) -> list[tuple[str, str]]:
    """(id, name) of the decisions of a DMN file; none while it cannot be read."""
    root, _problems = xml.parse(content)
    if root is not None:
        return [
            (node.get("id") or "", node.get("name") or node.get("id") or "")
            for node in decision_nodes(root)
        ]
    return []


def decision_results(content: bytes, decision: str) -> dict[str, list[str]]:
    """Variable that the decision sets → what its rules give, nothing where it is a number reckoned from
    them; empty while the file cannot be read, and where each variable is a list of several rows' values."""
    root, _problems = xml.parse(content)
    if root is None:
        return {}
    table = read_tables(root).get(decision)
    if table is None or not table.gives_one_row:
        return {}
    if table.aggregation is not None:
        return {name: [] for name in table.outputs}
    return table.values()


def findings(root: Any) -> Iterator[Finding]:
    """Everything in a DMN document that would not decide as it is written."""
    with dmn_index.reading(root):
        found = list(_findings(root))
    yield from found


def _findings(root: Any) -> Iterator[Finding]:
    reason = dmn_nodes.unread_reason(root)
    if reason is not None:
        yield Finding("decision-table", None, reason)
        return
    read = _all(root, CURRENT)
    ids = Counter(decision.get("id") for decision in decision_nodes(root))
    for id_, count in ids.items():
        if count > 1 and not id_:
            sentence = say(
                "有 {count} 个决策没有编号，只会执行一个，请给每个决策写上编号",
                count=count,
            )
            yield Finding("decision-table", id_, sentence)
        elif count > 1:
            sentence = say(
                "有 {count} 个决策的编号都是“{id}”，只会执行一个，请改编号",
                count=count,
                id=id_,
            )
            yield Finding("decision-table", id_, sentence)
    for decision in decision_nodes(root):
        table, reasons = read[decision.get("id") or ""]
        if table is not None and not reasons:
            reasons = [
                *dmn_names.objections(decision),
                *decision_refusals.of_readings(dmn_boxed.unboxed(decision)),
                *decision_places.of_places(decision, table),
                *decision_refusals.of_names(table.columns),
                *dict.fromkeys(
                    decision_refusals.of_types(
                        (rule.tests for rule in table.rules),
                        table.input_types,
                        decision_refusals.labels_of(decision),
                    ),
                ),
                *decision_refusals.of_readability(table),
                *always_stopping.in_table(table),
                *decision_refusals.of_two_meanings(
                    table,
                    [read[id_][0] for id_ in table.required],
                ),
            ]
        label = decision.get("name") or decision.get("id")
        for reason in reasons:
            yield Finding(
                "decision-table",
                decision.get("id"),
                say("决策表“{label}”{reason}", label=label, reason=reason),
            )
        if table is not None and not reasons:
            yield from decision_refusals.remarks(decision, table)
            for reason in dmn_names.remarks(decision):
                yield Finding(
                    "decision-table",
                    decision.get("id"),
                    say("决策表“{label}”{reason}", label=label, reason=reason),
                    "note",
                )


_Read = tuple[DecisionTable | None, list[str]]
"""A decision as it is run, None where it cannot be read, and what is wrong with it."""


def _all(root: Any, edition: Edition) -> dict[str, _Read]:
    """Every decision of the document by id. One that requires a decision which is refused is refused too."""
    result = {
        decision.get("id") or "": _read(decision, edition)
        for decision in decision_nodes(root)
    }
    wanted = {
        id_: list(table.required)
        for id_, (table, _reasons) in result.items()
        if table
    }
    for id_ in sorted(dmn_nodes.in_circles(wanted)):
        result[id_][1].append(
            say("依赖的决策绕了一圈又回到它自己，请去掉一条依赖"),
        )
    refused = {id_ for id_, (_table, reasons) in result.items() if reasons}
    changed = True
    while changed:
        changed = False
        for id_, (table, reasons) in result.items():
            if table:
                bad = [
                    value
                    for value in table.required
                    if value in refused or value not in result
                ]
            else:
                bad = []
            if bad and id_ not in refused:
                reasons.append(
                    say(
                        "依赖的决策“{listed}”不能用，请先改好它",
                        listed="、".join(bad),
                    ),
                )
                refused.add(id_)
                changed = True
    return result


def _read(decision: Any, edition: Edition) -> _Read:
    needs, reasons = dmn_nodes.required(decision)
    if boxed := dmn_boxed.objection(decision):
        return None, [*reasons, boxed]
    given_as = decision
    whole = decision.getroottree().getroot()
    literal = dmn_nodes.child(decision, "literalExpression")
    if literal is not None and not dmn_nodes.text(literal):
        return None, [*reasons, say("没有写表达式，请填写")]
    decision = dmn_names.as_table(decision)
    table = dmn_nodes.child(decision, "decisionTable")
    if table is None:
        return None, [*reasons, dmn_nodes.without_logic(decision)]
    clauses = [node for node in table if dmn_nodes.local(node) == "input"]
    inputs = [
        dmn_nodes.text(dmn_nodes.child(node, "inputExpression"))
        for node in clauses
    ]
    nodes = [node for node in table if dmn_nodes.local(node) == "output"]
    typed = dmn_nodes.converts_types(whole)
    by_standard = edition >= Edition.FIFTH and feel_types.is_standard(whole)
    columns = tuple(
        _output(node, decision, given_as, len(nodes), typed, edition)
        for node in nodes
    )
    policy = (table.get("hitPolicy") or "UNIQUE").upper()
    aggregation = table.get("aggregation")
    reasons += decision_refusals.of_policy(policy, aggregation, columns)
    if not all(inputs):
        reasons.append(say("有一个输入列没有填写表达式"))
    if not columns or not all(
        column.name.isidentifier() for column in columns
    ):
        reasons.append(say("的输出列都要有名称（变量名，不含空格和点）"))
    reasons += decision_refusals.of_languages(
        decision,
        whole.get("expressionLanguage"),
    )
    reasons += [
        say("的输入“{text}”{why}", text=text[:60], why=why)
        for text in inputs
        if (why := decision_places.ambiguity(text, edition))
    ]
    given = [cells.result(text, edition) or "" for text in inputs]
    for text, written in zip(given, inputs, strict=True):
        reasons += (
            decision_refusals.of_expression(say("的输入"), text, written)
            if text
            else []
        )
    for column in columns:
        for text in filter(None, (column.otherwise, *column.order)):
            reasons += decision_refusals.of_expression(say("的输出列"), text)
    reasons += dmn_names.unreadable_limits(given_as, edition)
    rules = []
    for number, node in enumerate(
        (value for value in table if dmn_nodes.local(value) == "rule"),
        1,
    ):
        rule, objections = _rule(
            node,
            number,
            (len(inputs), len(columns)),
            edition,
        )
        reasons += objections
        if rule is not None:
            rules.append(rule)
    return DecisionTable(
        id=decision.get("id") or "",
        hit_policy=policy,
        aggregation=aggregation,
        inputs=tuple(given),
        outputs=tuple(column.name for column in columns),
        rules=tuple(rules),
        columns=columns,
        input_types=_input_types(table, clauses, edition)
        if typed
        else (None,) * len(inputs),
        name=given_as.get("name") or given_as.get("id") or "",
        variable=dmn_names.result_variable(decision),
        required=tuple(needs),
        input_data=dmn_names.input_data(given_as),
        inputs_allowed=tuple(
            dmn_limits.both(
                dmn_names.allowed(
                    given_as,
                    _type_ref(dmn_nodes.child(node, "inputExpression")),
                    edition,
                ),
                dmn_names.listed(node, whole, edition),
            )
            for node in clauses
        ),
        data_allowed=dmn_names.allowed_data(given_as, edition),
        spaced=tuple(dmn_spelling.spaced(given_as).items()),
        by_id=not typed,
        by_standard=by_standard,
        data_types=dmn_names.data_types(given_as) if by_standard else (),
        edition=edition,
    ), reasons


def _input_types(
    table: Any,
    clauses: list[Any],
    edition: Edition,
) -> tuple[str | None, ...]:
    rows = [
        [
            dmn_nodes.text(value)
            for value in node
            if dmn_nodes.local(value) == "inputEntry"
        ]
        for node in table
        if dmn_nodes.local(node) == "rule"
    ]
    types = []
    for number, clause in enumerate(clauses):
        types.append(
            type_refs.of_input(
                _type_ref(dmn_nodes.child(clause, "inputExpression")),
                [row[number] for row in rows if number < len(row)],
                edition,
            ),
        )
    return tuple(types)


def _type_ref(node: Any) -> str | None:
    return None if node is None else node.get("typeRef")


def _rule(
    node: Any,
    number: int,
    widths: tuple[int, int],
    edition: Edition,
) -> tuple[Rule | None, list[str]]:
    """A row of the table, None where it cannot be read, and what is wrong with it."""
    entries = [
        dmn_nodes.text(value)
        for value in node
        if dmn_nodes.local(value) == "inputEntry"
    ]
    results = [
        dmn_nodes.text(value)
        for value in node
        if dmn_nodes.local(value) == "outputEntry"
    ]
    if (len(entries), len(results)) != widths:
        return None, [say("第 {number} 行的格数与列数不符", number=number)]
    if any(
        len(text) > expressions.MAX_LENGTH for text in (*entries, *results)
    ):
        longest = expressions.MAX_LENGTH
        return None, [
            say(
                "第 {number} 行有一格超过 {max_length} 个字符，请分成几行",
                number=number,
                max_length=longest,
            ),
        ]
    tests = [cells.unary_test(text, edition) for text in entries]
    values = [cells.result(text, edition) for text in results]
    reasons = [
        say(
            "第 {number} 行“{text}”{why}",
            number=number,
            text=text[:60],
            why=why,
        )
        for text in results
        if (why := decision_places.ambiguity(text, edition))
    ]
    for written, compiled in zip(
        (*entries, *results),
        (*tests, *values),
        strict=True,
    ):
        if compiled:
            reasons += decision_refusals.of_expression(
                say("第 {number} 行", number=number),
                compiled,
                written,
            )
    return Rule(number, tuple(tests), tuple(values)), reasons


def _output(
    node: Any,
    decision: Any,
    given_as: Any,
    number: int,
    typed: bool,
    edition: Edition,
) -> Output:
    """A single output without a name has that of the decision's variable (DMN 1.3, 8.3.2)."""
    variable = dmn_nodes.child(decision, "variable")
    of_decision = None
    if variable is not None and number == 1:
        of_decision = variable.get("name")
    listed = dmn_nodes.text(dmn_nodes.child(node, "outputValues"))
    policy = dmn_nodes.child(decision, "decisionTable").get("hitPolicy")
    is_ordered = (policy or "").upper() in ORDERED
    order = cells.split(listed, ",") if is_ordered else []
    name = node.get("name") or of_decision or node.get("label") or ""
    if number == 1:
        name = dmn_spelling.as_variable(name) or name
    described = None
    if number == 1 and typed and edition >= Edition.FIFTH:
        described = feel_types.of_result(given_as, edition)
    return Output(
        name,
        cells.result(
            dmn_nodes.text(dmn_nodes.child(node, "defaultOutputEntry")),
            edition,
        ),
        tuple(
            text
            for value in order
            if (text := cells.result(value.strip(), edition))
        ),
        node.get("typeRef") if typed and not described else None,
        dmn_limits.both(
            dmn_names.allowed(given_as, node.get("typeRef"), edition),
            dmn_names.listed(node, given_as.getroottree().getroot(), edition),
        ),
        described,
    )
