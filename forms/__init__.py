"""form-js JSON to validation and HTML. Knows neither Flask nor the domain."""

from forms.definition import Field, Form, FormUnsupported, Option, load
from forms.render import render
from forms.schema import Invalid, Options, validate
from forms.submission import parse_submission, summarise

__all__ = [
    "Field",
    "Form",
    "FormUnsupported",
    "Invalid",
    "Option",
    "Options",
    "load",
    "parse_submission",
    "render",
    "summarise",
    "validate",
]
