"""SCIM 2.0 (RFC 7643, RFC 7644): the directory of a city pushes people and groups. scim2-models reads and
writes the messages; the directory shows the token of the settings."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request
from flask_babel import gettext as _
from pydantic import ValidationError
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    Error,
    ETag,
    Filter,
    Group,
    ListResponse,
    NotFoundException,
    Patch,
    PatchOp,
    ResourceType,
    ResponseParameters,
    SCIMException,
    ServiceProviderConfig,
    Sort,
    UniquenessException,
    User,
)
from werkzeug.exceptions import MethodNotAllowed

from orchestrator.errors import GridflowError, NotFound, RuleViolated
from orchestrator.sentences import spoken
from orchestrator.services.installation.database import settings
from orchestrator.services.people import directory_groups
from orchestrator.services.people import provisioning as services
from orchestrator.services.people.directory_groups import (
    KnownGroup,
    WantedGroup,
)
from orchestrator.services.people.provisioning import DirectoryPerson
from web.auth import permission
from web.errors import sentence
from web.scim_messages import (
    Value,
    compared,
    group_alone,
    group_changes,
    group_of,
    schema_of,
    user_of,
    wanted_group,
    wanted_person,
    without_unknown,
)
from web.scim_person_changes import known_operations, require_whole_name

blueprint = Blueprint("provisioning", __name__, url_prefix="/scim/v2")

MEDIA_TYPE = "application/scim+json"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LARGEST_PAGE = 200
KINDS: Mapping[str, type[User[Any]] | type[Group]] = {
    "User": User,
    "Group": Group,
}


@blueprint.route("/", defaults={"_path": ""}, methods=METHODS)
@blueprint.route("/<path:_path>", methods=METHODS)
@permission("public")
def nothing(_path: str) -> Any:
    """Any other address or method: a directory understands what it is told in the shape of SCIM alone."""
    addresses = current_app.create_url_adapter(request)
    allowed = [
        method
        for method in METHODS
        if addresses and addresses.match(method=method)[0] != request.endpoint
    ]
    if allowed:
        raise MethodNotAllowed(allowed)
    raise NotFoundException


@blueprint.before_request
def authenticate() -> Response | None:
    """Finds the city whose token is shown."""
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    for tenant, token in settings().scim_tokens.items():
        if hmac.compare_digest(shown.encode(), token.encode()):
            g.directory_of = tenant
            return None
    return _answer(
        Error(status=401, detail=_("令牌不对，请核对目录服务里填写的令牌")),
        401,
    )


@blueprint.get("/ServiceProviderConfig")
@permission("public")
def service_provider_config() -> Any:
    bearer = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken,
        name="Bearer",
        description="GRIDFLOW_SCIM_TOKENS",
    )
    return _answer(
        ServiceProviderConfig(
            patch=Patch(supported=True),
            bulk=Bulk(supported=False),
            filter=Filter(supported=True, max_results=LARGEST_PAGE),
            change_password=ChangePassword(supported=False),
            sort=Sort(supported=False),
            etag=ETag(supported=False),
            authentication_schemes=[bearer],
        )
    )


@blueprint.get("/ResourceTypes")
@permission("public")
def resource_types() -> Any:
    types = [ResourceType.from_resource(kind) for kind in KINDS.values()]
    return _list(ResourceType, len(types), 0, types)


@blueprint.get("/ResourceTypes/<kind>")
@permission("public")
def resource_type(kind: str) -> Any:
    if kind not in KINDS:
        raise NotFoundException
    return _answer(ResourceType.from_resource(KINDS[kind]))


@blueprint.get("/Schemas")
@permission("public")
def schemas() -> Any:
    results = [schema_of(kind) for kind in KINDS.values()]
    return _list(type(results[0]), len(results), 0, results)


@blueprint.get("/Schemas/<schema>")
@permission("public")
def schema(schema: str) -> Any:
    for kind in KINDS.values():
        result = schema_of(kind)
        if result.id == schema:
            return _answer(result)
    raise NotFoundException


@blueprint.get("/Users")
@permission("public")
def users() -> Any:
    first, count = _window()
    total, directory_persons = services.people(
        g.directory_of, _filter(User), first, count
    )
    return _list(
        User,
        total,
        first,
        [_user(directory_person) for directory_person in directory_persons],
    )


@blueprint.post("/Users")
@permission("public")
def add_user() -> Any:
    sent = _read(User, Context.RESOURCE_CREATION_REQUEST, without_unknown)
    wanted = wanted_person(sent)
    known = {"userName": wanted.username, "active": True}
    if services.people(g.directory_of, known, 0, 1)[0]:
        raise UniquenessException(detail=_("用户名已有人使用"))
    asked = _asked(User)
    made = services.add_person(g.directory_of, wanted, datetime.now(UTC))
    return _answer(
        _user(_person(made)), 201, Context.RESOURCE_CREATION_RESPONSE, asked
    )


@blueprint.get("/Users/<int:person_id>")
@permission("public")
def user(person_id: int) -> Any:
    return _answer(_user(_person(person_id)), asked=_asked(User))


@blueprint.put("/Users/<int:person_id>")
@permission("public")
def put_user(person_id: int) -> Any:
    present = _person(person_id)
    sent = _read(User, Context.RESOURCE_REPLACEMENT_REQUEST, without_unknown)
    return _change_user(present, sent)


@blueprint.patch("/Users/<int:person_id>")
@permission("public")
def patch_user(person_id: int) -> Any:
    present = _person(person_id)
    changed = _user(present)
    # What is set afterwards is what the message changes.
    changed.display_name = changed.name = None
    sent = _object()
    if known_operations(sent).get("Operations") == []:
        return _answer(_user(present), asked=_asked(User))
    _read(
        PatchOp[User[Any]], Context.RESOURCE_PATCH_REQUEST, known_operations
    ).patch(changed)
    require_whole_name(present, changed)
    return _change_user(present, changed)


@blueprint.delete("/Users/<int:person_id>")
@permission("public")
def delete_user(person_id: int) -> Any:
    services.remove_person(g.directory_of, person_id, datetime.now(UTC))
    return "", 204


@blueprint.get("/Groups")
@permission("public")
def groups() -> Any:
    first, count = _window()
    wanted = _filter(Group)
    excluded = request.args.get("excludedAttributes", "")
    total, results = directory_groups.find(
        g.directory_of,
        wanted,
        first,
        count,
        "members" not in excluded,
    )
    shown = [_group(value) for value in results]
    return _list(Group, total, first, shown)


@blueprint.post("/Groups")
@permission("public")
def add_group() -> Any:
    sent = _read(Group, Context.RESOURCE_CREATION_REQUEST, group_alone)
    wanted = wanted_group(sent)
    _require_new_name(wanted.name)
    asked = _asked(Group)
    made = directory_groups.add(g.directory_of, wanted, datetime.now(UTC))
    shown = _group(_directory_group(made))
    return _answer(shown, 201, Context.RESOURCE_CREATION_RESPONSE, asked)


@blueprint.get("/Groups/<int:group_id>")
@permission("public")
def group(group_id: int) -> Any:
    return _answer(_group(_directory_group(group_id)), asked=_asked(Group))


@blueprint.put("/Groups/<int:group_id>")
@permission("public")
def put_group(group_id: int) -> Any:
    _directory_group(group_id)
    sent = _read(Group, Context.RESOURCE_REPLACEMENT_REQUEST, group_alone)
    return _change_group(group_id, wanted_group(sent))


@blueprint.patch("/Groups/<int:group_id>")
@permission("public")
def patch_group(group_id: int) -> Any:
    wanted = group_changes(_object(), _directory_group(group_id))
    if wanted is None:
        raise RuleViolated([_("请求应为 SCIM 的修改（Operations）")])
    return _change_group(group_id, wanted)


@blueprint.delete("/Groups/<int:group_id>")
@permission("public")
def delete_group(group_id: int) -> Any:
    directory_groups.remove(g.directory_of, group_id, datetime.now(UTC))
    return "", 204


def _change_user(present: DirectoryPerson, sent: User[Any]) -> Response:
    wanted = wanted_person(sent, present)
    asked = _asked(User)
    now = datetime.now(UTC)
    services.change_person(g.directory_of, present.id, wanted, now)
    return _answer(
        _user(_person(present.id)),
        context=Context.RESOURCE_REPLACEMENT_RESPONSE,
        asked=asked,
    )


def _change_group(group_id: int, wanted: WantedGroup) -> Response:
    if wanted.name.lower() != _directory_group(group_id).name.lower():
        _require_new_name(wanted.name)
    asked = _asked(Group)
    now = datetime.now(UTC)
    directory_groups.change(g.directory_of, group_id, wanted, now)
    return _answer(
        _group(_directory_group(group_id)),
        context=Context.RESOURCE_REPLACEMENT_RESPONSE,
        asked=asked,
    )


def _require_new_name(name: str) -> None:
    wanted = {"displayName": name.strip()}
    if directory_groups.find(g.directory_of, wanted, 0, 1)[0]:
        raise UniquenessException(detail=_("这个组已经存在"))


def _object() -> dict[str, Any]:
    sent = request.get_json(force=True, silent=True)
    if not isinstance(sent, dict):
        raise RuleViolated([_("请求应为 JSON 对象")])
    return sent


def _read(
    kind: type[Any],
    context: Context,
    kept: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Any:
    return kind.model_validate(kept(_object()), scim_ctx=context)


def _window() -> tuple[int, int]:
    """(first row from 0, how many), from `startIndex` (from 1) and `count`."""
    first = request.args.get("startIndex", 1, int)
    count = request.args.get("count", LARGEST_PAGE, int)
    first = min(max(first, 1), 10_000_000)
    return first - 1, min(max(count, 0), LARGEST_PAGE)


def _asked(kind: type[User[Any]] | type[Group]) -> ResponseParameters[Any]:
    """Which attributes the directory wants back, from `attributes` and `excludedAttributes`; a change asks
    before it writes, since a wrong one refuses it."""
    given = {
        name: request.args[name][:1_000]
        for name in ("attributes", "excludedAttributes")
        if request.args.get(name)
    }
    parameters: ResponseParameters[Any] = ResponseParameters[
        kind  # type: ignore[valid-type]
    ].model_validate(given)
    return parameters


def _filter(kind: type[User[Any]] | type[Group]) -> dict[str, Value]:
    return compared(kind, request.args.get("filter", ""))


def _person(person_id: int) -> DirectoryPerson:
    wanted = {"id": str(person_id)}
    _total, directory_persons = services.people(g.directory_of, wanted, 0, 1)
    if not directory_persons:
        raise NotFoundException
    return directory_persons[0]


def _directory_group(group_id: int) -> KnownGroup:
    wanted = {"id": str(group_id)}
    _total, results = directory_groups.find(g.directory_of, wanted, 0, 1)
    if not results:
        raise NotFoundException
    return results[0]


def _user(person: DirectoryPerson) -> User[Any]:
    return user_of(person, request.host_url + "scim/v2")


def _group(result: KnownGroup) -> Group:
    return group_of(result, request.host_url + "scim/v2")


def failed(status: int, text: str) -> Response:
    """The answer of SCIM to a request of these addresses that the application refuses or fails at."""
    return _answer(Error(status=status, detail=text), status)


def _list(
    kind: type[Any],
    total: int,
    first: int,
    results: list[Any],
) -> Response:
    return _answer(
        ListResponse[kind](  # type: ignore[valid-type]
            total_results=total,
            start_index=first + 1,
            items_per_page=len(results),
            resources=results or None,
        ),
        asked=_asked(kind) if kind in KINDS.values() else None,
    )


def _answer(
    shown: Any,
    status: int = 200,
    context: Context = Context.RESOURCE_QUERY_RESPONSE,
    asked: ResponseParameters[Any] | None = None,
) -> Response:
    if isinstance(shown, Error):
        details = shown.model_dump()
    elif asked is None:
        details = shown.model_dump(scim_ctx=context)
    else:
        details = shown.model_dump(scim_ctx=context, response_parameters=asked)
    answer = jsonify(details)
    answer.status_code = status
    answer.content_type = MEDIA_TYPE
    if status == 201:
        answer.headers["Location"] = shown.meta.location
    return answer


@blueprint.errorhandler(SCIMException)
def _scim_refusal(refused: SCIMException) -> Response:
    error = refused.to_error()
    return _answer(error, int(error.status or 400))


@blueprint.errorhandler(ValidationError)
def _invalid(refused: ValidationError) -> Response:
    error = Error.from_validation_error(refused.errors()[0])
    return _answer(error, int(error.status or 400))


@blueprint.errorhandler(NotFound)
def _not_found(_refused: NotFound) -> Response:
    return _scim_refusal(NotFoundException())


@blueprint.errorhandler(GridflowError)
def _refused(refused: GridflowError) -> Response:
    if isinstance(refused, RuleViolated):
        detail = "；".join(spoken(reason) for reason in refused.reasons)
        kind = "invalidValue"
        return _answer(Error(status=400, scim_type=kind, detail=detail), 400)
    error = Error(status=refused.status, detail=sentence(refused))
    return _answer(error, refused.status)
