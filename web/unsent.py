"""The page of a form that was refused: everything typed, a fresh token, the same key, and a sign-in in place
where one is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, g, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

import forms
from orchestrator.errors import GridflowError
from orchestrator.services import bundles
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import trouble
from orchestrator.store.people import Person
from web import submissions, tokens, typed_lines
from web.auth import inside

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ShownForm:
    """A generated form as a page draws it."""

    form: forms.Form
    options: Mapping[str, Any] = field(default_factory=dict)
    filenames: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda data: {}
    """Data → attachment id → name."""
    purpose: str | None = None
    """What its files are for; None when the person may not submit it: no file is kept."""
    revision: int | None = None
    """The task's revision as it is now; None for a form that no task has."""


@dataclass(frozen=True, slots=True)
class Typist:
    """For whom the form was drawn."""

    person_id: int
    username: str
    name: str


def asks(find: Callable[..., ShownForm | None]) -> Callable[[View], View]:
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


def page(
    sentence: str,
    conflict: bool = False,
    closed: bool = False,
) -> str | None:
    """The page with everything typed; None when no form was posted from a page of ours, or when it carried
    nothing.

    `conflict`: the task was changed by somebody else, which the page tells, so the form may go again on the
    task as it is now. `closed`: it can never be sent again; what was typed is there to be read and copied.
    """
    if request.method != "POST" or request.is_json or not _from_here():
        return None
    given = posted()
    if not given:
        return None
    typist = _typist()
    present = _present()
    if g.get("without_database"):
        asked = None
    else:
        asked = _asked()
    drawn, errors, known = _drawn(asked or _named(given), typist, present)
    lines = list(typed_lines.lines(given, known))
    carried = list(typed_lines.carried(given, known, lines))
    if conflict and asked is not None and asked.revision is not None:
        carried = [
            (name, str(asked.revision) if name == "_revision" else value)
            for name, value in carried
        ]
    shown: dict[str, Any] = {
        "told": sentence,
        "lines": lines,
        "drawn": drawn,
        "errors": errors,
        "carried": carried,
        "summary": _summary(asked, lines) if closed else [],
        "closed": closed,
        "back": came_from(),
        "lost": _lost_files(),
        "files": [] if drawn else _file_controls(),
        "typist": typist,
        "username": given.get("_username", ""),
        "original": given.get("_typed") or given.get(tokens.FIELD, ""),
        "sign_in": must_sign_in(typist, present),
        "action": request.full_path.rstrip("?"),
        "must_change": present is not None and current_user.must_change,
    }
    return render_template("unsent.html", **shown)


def came_from() -> str:
    """Address of the page from which the form was first sent; empty when no page opens there."""
    if request.method != "POST":
        return ""
    given = inside(
        posted().get(typed_lines.BACK) or request.referrer or "",
    ).partition("#")[0]
    routes = current_app.create_url_adapter(request)
    if given and routes and routes.test(given.partition("?")[0], "GET"):
        return given
    return ""


def _summary(
    asked: ShownForm | None,
    lines: Sequence[typed_lines.Line],
) -> list[tuple[str, str]]:
    """Everything typed as labels and texts."""
    form = None
    if asked:
        form = asked.form
    if asked and form:
        of_form = _own(asked, form)
    else:
        of_form = []
    return [
        *of_form,
        *((line.label, line.value) for line in lines if not line.secret),
    ]


def _own(asked: ShownForm, form: forms.Form) -> list[tuple[str, str]]:
    """What he typed himself, nothing of it masked."""
    return forms.summarise(
        form,
        submissions.typed_so_far(form),
        asked.options,
        sight=forms.EVERYTHING,
    )


def why() -> str:
    """Why a form without a good token was refused, and what to do."""
    typist = _typist()
    present = _present()
    if present is None:
        return _(
            "登录已过期，还没有提交。您填写的内容都在下面，请再输一次密码，登录后接着提交",
        )
    if typist is not None and typist.person_id != present.person_id:
        return _(
            "这份内容由 %(typist)s 填写，而现在登录的是 %(present)s，所以没有提交。请由 %(typist)s "
            "重新登录后提交",
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
    return present is None or (
        typist is not None and typist.person_id != present.person_id
    )


def _from_here() -> bool:
    """Whether a page of ours sent the form. What another site made its visitor send is not offered to be sent
    again."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _present() -> Any:
    """The person who is signed in now."""
    if g.get("without_database"):
        return None
    if current_user.is_authenticated:
        return current_user.viewer
    return None


def _typist() -> Typist | None:
    person_id = tokens.typed_by()
    if person_id is None or g.get("without_database"):
        return None
    person = reading().get(Person, person_id)
    if person:
        return Typist(person.id, person.username, person.display_name)
    return None


def _asked() -> ShownForm | None:
    """The generated form of the view, as the person who is signed in may see it."""
    view = current_app.view_functions.get(request.endpoint or "")
    find = getattr(view, "asks", None)
    if find is None or _present() is None:
        return None
    try:
        return find(**(request.view_args or {}))
    except GridflowError:
        return None
    except trouble.KINDS as error:
        if trouble.trouble_of(error) is None:
            raise
        return None


def _named(given: Mapping[str, str]) -> ShownForm | None:
    """The form that the page names, for who is not signed in or while the database is away: choices from
    registers have no names."""
    definition_id, _space, form_key = given.get("_form", "").partition(" ")
    bundle = bundles.known_bundle(definition_id)
    if bundle is None and definition_id and not g.get("without_database"):
        with contextlib.suppress(GridflowError):
            bundle = bundles.bundle_of(reading(), definition_id)
    form = None
    if bundle:
        form = bundle.forms.get(form_key)
    if form is None:
        return None
    options: dict[str, list[forms.Option]] = {}
    _choices_as_given(
        form.fields,
        forms.parse_submission(form, posted()),
        options,
    )
    return ShownForm(form, options)


def _choices_as_given(
    fields: Any,
    data: Mapping[str, Any],
    options: dict[str, list[forms.Option]],
) -> None:
    away = g.get("without_database")
    if away:
        sentence = _("已选择（数据库恢复后显示名称）")
    else:
        sentence = _("已选择（登录后显示名称）")
    for entry in forms.inputs(fields):
        value = data.get(entry.key)
        if entry.type == "dynamiclist":
            for row in value or ():
                _choices_as_given(entry.components, row, options)
        elif entry.options_source and value:
            listed = options.setdefault(entry.options_source, [])
            given = [
                str(one)
                for one in (value if isinstance(value, list) else [value])
            ]
            fresh = [
                one
                for one in given
                if one not in {option.value for option in listed}
            ]
            listed += [forms.Option(one, sentence) for one in fresh]
        elif (
            entry.options_source
            and entry.type == "select"
            and not entry.multiple
        ):
            # Nothing chosen is no reason to say that there is nothing to choose.
            options.setdefault(
                entry.options_source,
                [forms.Option("", _("暂时取不到可选项"))],
            )


def _drawn(
    asked: ShownForm | None,
    typist: Typist | None,
    present: Any,
) -> tuple[Any, Mapping[str, Any], frozenset[str]]:
    """The form as HTML, what is wrong with its files, and the names that stand in it."""
    if asked is None:
        return "", {}, frozenset()
    errors: Mapping[str, Any] = {}
    own = present is not None and (
        typist is None or typist.person_id == present.person_id
    )
    if own and not g.get("trouble") and not getattr(request, "cut", False):
        data, errors = submissions.typed(
            asked.form,
            present.tenant_id,
            asked.purpose,
        )
    else:
        data = submissions.typed_so_far(asked.form)
    drawn = forms.render(
        asked.form,
        data,
        errors,
        asked.options,
        asked.filenames(data),
    )
    return drawn, errors, asked.form.field_keys


def _lost_files() -> list[str]:
    """Names of the files that came with the form and were not kept: they have to be chosen again."""
    kept = submissions.kept_fields()
    return [
        PurePath(upload.filename).name
        for name, upload in _uploads()
        if upload.filename and name.removeprefix("file:") not in kept
    ]


def _file_controls() -> list[tuple[str, str]]:
    return [
        (name, str(typed_lines.LABELS.get(name, _("文件"))))
        for name in dict.fromkeys(name for name, _upload in _uploads())
    ]


def _uploads() -> list[tuple[str, Any]]:
    try:
        return list(request.files.items(multi=True))
    except HTTPException:
        return []
