"""Names of the parameters of FEEL's functions (DMN 1.5, 10.3.4), by which a call may hand in its values:
`substring(string: a, start position: 2)`."""

from __future__ import annotations

from collections.abc import Mapping

_N = ("n", "scale")
_TEXT = ("string",)
_IN_TEXT = ("string", "match")
_LIST = ("list",)
_NUMBER = ("number",)
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "substring": ("string", "start position", "length"),
    "string length": _TEXT,
    "upper case": _TEXT,
    "lower case": _TEXT,
    "trim": _TEXT,
    "substring before": _IN_TEXT,
    "substring after": _IN_TEXT,
    "contains": _IN_TEXT,
    "starts with": _IN_TEXT,
    "ends with": _IN_TEXT,
    "matches": ("input", "pattern", "flags"),
    "replace": ("input", "pattern", "replacement", "flags"),
    "split": ("string", "delimiter"),
    "string join": ("list", "delimiter"),
    "string": ("from",),
    "number": ("from", "grouping separator", "decimal separator"),
    "not": ("negand",),
    "list contains": ("list", "element"),
    "sublist": ("list", "start position", "length"),
    "insert before": ("list", "position", "newItem"),
    "list replace": ("list", "position", "newItem"),
    "remove": ("list", "position"),
    "index of": ("list", "match"),
    **dict.fromkeys(
        ("count", "min", "max", "sum", "mean"),
        _LIST,
    ),
    **dict.fromkeys(
        ("all", "any", "median", "mode", "stddev"),
        _LIST,
    ),
    **dict.fromkeys(
        ("product", "reverse", "flatten"),
        _LIST,
    ),
    "distinct values": _LIST,
    **dict.fromkeys(
        ("decimal", "floor", "ceiling"),
        _N,
    ),
    **dict.fromkeys(
        ("round up", "round down"),
        _N,
    ),
    **dict.fromkeys(
        ("round half up", "round half down"),
        _N,
    ),
    "abs": ("n",),
    "modulo": ("dividend", "divisor"),
    **dict.fromkeys(
        ("sqrt", "log", "exp", "odd", "even"),
        _NUMBER,
    ),
    "get value": ("m", "key"),
    "get entries": ("m",),
    "context put": ("context", "key", "value"),
    "context merge": ("contexts",),
    "context": ("entries",),
}
