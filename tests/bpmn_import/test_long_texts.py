"""However long a text of a foreign diagram is, and whatever stands in it: reading it takes time as its length
does, and it is refused or reported in a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

LONG = 15_000
"""Characters wherever a diagram has a text."""
LONGER = 200_000
"""Characters in the two texts that may be as long as the file."""


def texts(long: int) -> dict[str, str]:
    """Texts of about so many characters that a careless reader looks at again and again."""
    return {
        "blank lines": "\n" * long,
        "blanks": "a" + " " * long + "b",
        "quotes that do not close": '"' + '\\"' * (long // 2),
        "single ones": "'" + "\\'" * (long // 2),
        "remarks that do not end": "1 " + "/* " * (long // 3),
        "a citation without a number": "依据：" + "中" * long,
        "letters": "a" * long,
        "digits": "1" * long,
        "points": "a." * (long // 2),
        "commas": "a," * (long // 2),
        "openings": "${" * (long // 2),
        "brackets": "(" * long,
        "negations": "not " * (long // 4) + "a",
        "signs": "-" * long + "1",
        "assignments": "a = 1\n" * (long // 6),
        "names within names": "def a0 = 1\n"
        + "".join(f"def a{n} = a{n - 1} + a{n - 1}\n" for n in range(1, 60))
        + "x = a59",
        "dates": 'date("' * (long // 6),
        "ranges": "[1.." * (long // 4),
    }


HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
CHILD = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.errors import RuleViolated
for name, document in json.load(sys.stdin):
    print(name, len(document), flush=True)
    try:
        told = [line.told for line in convert(document.encode()).lines]
    except RuleViolated as refused:
        told = refused.reasons
    found = check({"p.bpmn": document.encode()})
    if not told or not found:
        sys.exit("nothing was told")
"""


def everywhere(text: str) -> str:
    """A diagram with the text wherever a diagram has texts."""
    value, written = quoteattr(text), escape(text)
    name = quoteattr(text[:400])
    scripts = "".join(
        f'<scriptTask id="s{number}" scriptFormat="{language}"><script>{written}</script></scriptTask>'
        for number, language in enumerate(
            ("groovy", "javascript", "python", "feel", "juel", "")
        )
    )
    inputs = "".join(
        f'<camunda:inputParameter name="i{number}"><camunda:script scriptFormat="{language}">'
        f"{written}</camunda:script></camunda:inputParameter>"
        for number, language in enumerate(("groovy", "javascript", "feel"))
    )
    return (
        f'{HEAD}<process id="p" isExecutable="true" name={name}>'
        f"<documentation>{written}</documentation>"
        f'<startEvent id="start"/><userTask id="u" name={name} camunda:candidateGroups={value}'
        f" camunda:assignee={value} camunda:dueDate={value} camunda:formKey={value}"
        f" camunda:priority={value}><documentation>{written}</documentation><extensionElements>"
        f"<camunda:inputOutput>{inputs}<camunda:outputParameter name={name}>{written}"
        f"</camunda:outputParameter></camunda:inputOutput>"
        f"<zeebe:ioMapping><zeebe:output source={value} target={value}/></zeebe:ioMapping>"
        f"</extensionElements><multiInstanceLoopCharacteristics camunda:collection={value}>"
        f"<completionCondition>{written}</completionCondition></multiInstanceLoopCharacteristics>"
        f"</userTask>{scripts}<serviceTask id={quoteattr('v')} camunda:expression={value}"
        f" camunda:topic={value}/><callActivity id='c' calledElement={value}/>"
        f"<businessRuleTask id='d' camunda:decisionRef={value}/>"
        f"<intermediateCatchEvent id='t'><timerEventDefinition><timeCycle>{written}</timeCycle>"
        f"</timerEventDefinition></intermediateCatchEvent><endEvent id='end'/>"
        f"<sequenceFlow id='f' sourceRef='start' targetRef='u'><conditionExpression"
        f" xsi:type='tFormalExpression'>{written}</conditionExpression></sequenceFlow>"
        f"<sequenceFlow id='g' sourceRef='u' targetRef='end'><conditionExpression>={written}"
        f"</conditionExpression></sequenceFlow></process><message id='m' name={name}/></definitions>"
    )


def in_few(text: str) -> str:
    """A diagram with the text as documentation and as script."""
    written = escape(text)
    return (
        f'{HEAD}<process id="p" isExecutable="true"><startEvent id="start"/>'
        f'<userTask id="u"><documentation>{written}</documentation></userTask>'
        f'<scriptTask id="s" scriptFormat="javascript"><script>{written}</script></scriptTask>'
        f'<scriptTask id="r"><script>{written}</script></scriptTask></process></definitions>'
    )


def test_long_texts_are_told_of_soon_whatever_stands_in_them() -> None:
    """In one process of 60 s and 1.5 GB: where the time grows with the square of a text, it takes hours."""
    documents = [
        *((name, everywhere(text)) for name, text in texts(LONG).items()),
        *((name, in_few(text)) for name, text in texts(LONGER).items()),
    ]
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, (done.stdout[-60:], done.stderr[-2000:])
    assert len(done.stdout.splitlines()) == 2 * len(texts(1))
