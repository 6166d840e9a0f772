"""The page of a form that was refused: everything typed, a fresh token, the same key, and a sign-in in place where one is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, g, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

import forms
from orchestrator.errors import GridflowError
from orchestrator.services import deployments
from orchestrator.services.reading import session as reading
from orchestrator.store import trouble
from orchestrator.store.people import Person
from web import submissions, tokens

View = TypeVar("View", bound=Callable[..., Any])

LABELS: Mapping[str, Any] = {
    "amount": N_("延长多少"),
    "effective_on": N_("生效日期"),
    "file": N_("文件"),
    "key": N_("编号"),
    "name": N_("名称"),
    "photo": N_("照片"),
    "reason": N_("理由"),
    "remark": N_("说明"),
    "review_on": N_("复查日期"),
    "source": N_("文号或来源"),
    "text": N_("内容"),
    "title": N_("名称"),
    "username": N_("用户名"),
    "year": N_("年份"),
}
"""Names of what people type into forms that are not generated → what the field is called."""
CARRIED = frozenset(["back", "content", "expected", "filename", "instance", "into", "kind", "remove", "revision", "to", "unit"])
"""Names that go back as they came, unseen: what the page put into the form, and choices that only the page can name."""
SECRET = frozenset({"password", "_password", "old", "new", "again"})
"""Names of passwords: never written into a page."""
_OURS = frozenset({tokens.FIELD, "_typed", "_username", "_password"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A generated form as a page draws it."""

    form: forms.Form
    options: Mapping[str, Any] = field(default_factory=dict)
    filenames: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda data: {}
    """Data → attachment id → name."""
    purpose: str | None = None
    """What its files are for; None when the person may not submit it: no file is kept."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something typed into a form that is not generated."""

    name: str
    label: str
    value: str

    @property
    def long(self) -> bool:
        return "\n" in self.value or len(self.value) > 60

    @property
    def secret(self) -> bool:
        return self.name in SECRET


@dataclass(frozen=True, slots=True)
class Typist:
    """For whom the form was drawn."""

    person_id: int
    username: str
    name: str


def asks(find: Callable[..., Asked | None]) -> Callable[[View], View]:
    """Names the generated form that is posted to a view; `find` gets the view's arguments."""

    def name_it(view: View) -> View:
        view.asks = find  # type: ignore[attr-defined]
        return view

    return name_it


def posted() -> MultiDict[str, str]:
    """The form's values; empty when the body could not be read."""
    try:
        return request.form
    except HTTPException:
        return MultiDict()


def page(told: str) -> str | None:
    """The page with everything typed; None when no form was posted from a page of ours, or when it carried nothing."""
    if request.method != "POST" or request.is_json or not _from_here():
        return None
    given = posted()
    if not given:
        return None
    typist, present = _typist(), _present()
    asked = None if g.get("without_database") else _asked()
    drawn, errors, known = _drawn(asked or _named(given), typist, present)
    lines = list(_lines(given, known))
    shown: dict[str, Any] = {
        "told": told,
        "lines": lines,
        "drawn": drawn,
        "errors": errors,
        "carried": list(_carried(given, known, lines)),
        "lost": _lost_files(),
        "files": [] if drawn else _file_controls(),
        "typist": typist,
        "username": given.get("_username", ""),
        "original": given.get("_typed") or given.get(tokens.FIELD, ""),
        "sign_in": must_sign_in(typist, present),
        "action": request.full_path.rstrip("?"),
    }
    return render_template("unsent.html", **shown)


def why() -> str:
    """Why a form without a good token was refused, and what to do."""
    typist, present = _typist(), _present()
    if present is None:
        return _("登录已过期，还没有提交。您填写的内容都在下面，请再输一次密码，登录后接着提交")
    if typist is not None and typist.person_id != present.person_id:
        return _(
            "这份内容由 %(typist)s 填写，而现在登录的是 %(present)s，所以没有提交。请由 %(typist)s 重新登录后提交",
            typist=typist.name,
            present=present.display_name,
        )
    return _(
        "页面停留过久，还没有提交。您填写的内容都在下面，请核对后重新提交。现在登录的是 %(present)s",
        present=present.display_name,
    )


def must_sign_in(typist: Typist | None, present: Any) -> bool:
    """Whether the form can go on only after somebody has signed in."""
    if g.get("without_database"):
        return False
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "permission", "public") == "public":
        return False
    return present is None or (typist is not None and typist.person_id != present.person_id)


def _from_here() -> bool:
    """Whether a page of ours sent the form. What another site made its visitor send is not offered to be sent again."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _present() -> Any:
    """The person who is signed in now."""
    if g.get("without_database"):
        return None
    return current_user.viewer if current_user.is_authenticated else None


def _typist() -> Typist | None:
    person_id = tokens.typed_by()
    if person_id is None or g.get("without_database"):
        return None
    person = reading().get(Person, person_id)
    return Typist(person.id, person.username, person.display_name) if person else None


def _asked() -> Asked | None:
    """The generated form of the view, as the person who is signed in may see it."""
    view = current_app.view_functions.get(request.endpoint or "")
    find = getattr(view, "asks", None)
    if find is None or _present() is None:
        return None
    try:
        return find(**(request.view_args or {}))  # type: ignore[no-any-return]
    except GridflowError:
        return None
    except trouble.KINDS as error:
        if trouble.trouble_of(error) is None:
            raise
        return None


def _named(given: Mapping[str, str]) -> Asked | None:
    """The form that the page names, for who is not signed in or while the database is away: choices from registers have no names."""
    definition_id, _space, form_key = given.get("_form", "").partition(" ")
    bundle = deployments.known_bundle(definition_id)
    if bundle is None and definition_id and not g.get("without_database"):
        with contextlib.suppress(GridflowError):
            bundle = deployments.bundle(reading(), definition_id)
    form = bundle.forms.get(form_key) if bundle else None
    if form is None:
        return None
    options: dict[str, list[forms.Option]] = {}
    _choices_as_given(form.fields, forms.parse_submission(form, posted()), options)
    return Asked(form, options)


def _choices_as_given(fields: Any, data: Mapping[str, Any], options: dict[str, list[forms.Option]]) -> None:
    for each in forms.inputs(fields):
        value = data.get(each.key)
        if each.type == "dynamiclist":
            for row in value or ():
                _choices_as_given(each.components, row, options)
        elif each.options_source and value:
            listed = options.setdefault(each.options_source, [])
            given = [str(one) for one in (value if isinstance(value, list) else [value])]
            fresh = [one for one in given if one not in {option.value for option in listed}]
            listed += [forms.Option(one, _("已选择（登录后显示名称）")) for one in fresh]


def _drawn(asked: Asked | None, typist: Typist | None, present: Any) -> tuple[Any, Mapping[str, Any], frozenset[str]]:
    """The form as HTML, what is wrong with its files, and the names that stand in it."""
    if asked is None:
        return "", {}, frozenset()
    errors: Mapping[str, Any] = {}
    own = present is not None and (typist is None or typist.person_id == present.person_id)
    if own and not g.get("trouble"):
        data, errors = submissions.typed(asked.form, present.tenant_id, asked.purpose)
    else:
        data = submissions.typed_so_far(asked.form)
    drawn = forms.render(asked.form, data, errors, asked.options, asked.filenames(data))
    return drawn, errors, asked.form.field_keys


def _lines(given: MultiDict[str, str], known: frozenset[str]) -> Iterator[Line]:
    for name, value in given.items(multi=True):
        if name in CARRIED or name.startswith("_") or name in _OURS or name.split(".")[0] in known:
            continue
        yield Line(name, str(LABELS.get(name, name)), "" if name in SECRET else value)


def _carried(given: MultiDict[str, str], known: frozenset[str], lines: list[Line]) -> Iterator[tuple[str, str]]:
    typed = {line.name for line in lines}
    for name, value in given.items(multi=True):
        if name not in _OURS and name not in typed and name.split(".")[0] not in known:
            yield name, value


def _lost_files() -> list[str]:
    """Names of the files that came with the form and were not kept: they have to be chosen again."""
    kept = submissions.kept_fields()
    return [
        PurePath(upload.filename).name
        for name, upload in _uploads()
        if upload.filename and name.removeprefix("file:") not in kept
    ]


def _file_controls() -> list[tuple[str, str]]:
    return [(name, str(LABELS.get(name, _("文件")))) for name in dict.fromkeys(name for name, _upload in _uploads())]


def _uploads() -> list[tuple[str, Any]]:
    try:
        return list(request.files.items(multi=True))
    except HTTPException:
        return []
