"""form-js JSON to validation and HTML. Knows neither Flask nor the domain."""

from forms.dates import date_errors
from forms.definition import Field, Form, Option, inputs
from forms.loading import FormUnsupported, load, load_deployed
from forms.personal import (
    labels_of,
    personal_keys,
    value_keys,
    with_graded,
    with_personal,
)
from forms.questions import Question, questions_of, with_questions
from forms.render import (
    error_summary,
    in_order_of_intake,
    render,
    render_short,
)
from forms.schema import Invalid, Options, build_schema, validate
from forms.sight import CAREFUL, EVERYTHING, Sight
from forms.submission import parse_submission
from forms.summary import (
    NOT_SHOWN,
    chosen,
    holds_graded,
    holds_masked,
    summarise,
    unlabelled,
    with_recorded,
)

__all__ = [
    "CAREFUL",
    "EVERYTHING",
    "NOT_SHOWN",
    "Sight",
    "Field",
    "Form",
    "FormUnsupported",
    "Invalid",
    "Option",
    "Options",
    "Question",
    "build_schema",
    "chosen",
    "date_errors",
    "error_summary",
    "in_order_of_intake",
    "inputs",
    "labels_of",
    "load",
    "load_deployed",
    "parse_submission",
    "personal_keys",
    "questions_of",
    "render",
    "render_short",
    "holds_graded",
    "holds_masked",
    "summarise",
    "unlabelled",
    "validate",
    "value_keys",
    "with_graded",
    "with_personal",
    "with_questions",
    "with_recorded",
]
