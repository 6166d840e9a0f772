"""The place of an instance is chosen while its form is filled: proposed grids, and the form's choices at the
one that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask_babel import gettext as _

from forms import Option
from orchestrator.domain import alike_texts
from orchestrator.domain.duplicates import Sighting
from orchestrator.domain.points import read_point
from orchestrator.errors import Forbidden, NotFound
from orchestrator.services import bundles, instances
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import duplicates
from orchestrator.services.registers import addresses as known_addresses
from orchestrator.services.registers import grid_proposals
from orchestrator.store.registers import Grid
from orchestrator.store.territories import Body
from web.auth import permission, who

blueprint = Blueprint("places", __name__, url_prefix="/place")
LONGEST = 120
"""Characters of an address that are searched."""
MOST_PROPOSED = 3
"""Choices that are proposed for what is typed."""


@blueprint.get("/<process_key>/<body_id>/grids")
@permission("signed-in")
def grids(process_key: str, body_id: str) -> Any:
    """Grids that fit what is typed of the place, or the device's position, with why."""
    body, _bundle = _chosen(process_key, body_id)
    proposals = grid_proposals.propose(
        reading(),
        body.tenant_id,
        body.territory_path,
        request.args.get("q", "")[:LONGEST],
        read_point(request.args.get("point", "")),
    )
    return jsonify(
        [
            {"code": proposal.code, "name": proposal.name, "why": proposal.why}
            for proposal in proposals
        ]
    )


@blueprint.get("/<process_key>/<body_id>/addresses")
@permission("signed-in")
def addresses(process_key: str, body_id: str) -> Any:
    """Addresses of the city's table that fit what is typed, each with its point and its grid."""
    body, _bundle = _chosen(process_key, body_id)
    text = request.args.get("q", "")[:LONGEST]
    known = known_addresses.find(
        reading(), body.tenant_id, body.territory_path, text
    )
    return jsonify(
        [
            {
                "text": address.text,
                "point": address.point,
                "grid_code": address.grid,
                "grid_name": address.grid_name,
            }
            for address in known
        ]
    )


@blueprint.get("/<process_key>/<body_id>/alike")
@permission("signed-in")
def alike(process_key: str, body_id: str) -> Any:
    """Open cases that look like what is typed so far, each with its page where he may see it, and why."""
    body, bundle = _chosen(process_key, body_id)
    session = reading()
    args = request.args
    code = args.get("_place", "")[:32]
    grid = session.get(Grid, (body.tenant_id, code or body.territory_code))
    path = body.territory_path
    if grid is not None and grid.territory_path.startswith(path):
        path = grid.territory_path
    wanted = Sighting(
        args.get("case_title", "")[:LONGEST],
        args.get("location", "")[:LONGEST],
        args.get("item_id", "")[:24],
        path.strip("/").split("/")[-1],
        read_point(args.get("coordinates", "")),
        datetime.now(UTC),
    )
    around = bundle.jurisdiction.levels.office_path(path)
    alikes = duplicates.alike_to(session, who(), around, wanted)
    return jsonify(
        html=render_template("inbox/_alike.html", alike_cases=alikes)
        if alikes
        else ""
    )


@blueprint.get("/<process_key>/<body_id>/proposed")
@permission("signed-in")
def proposed(process_key: str, body_id: str) -> Any:
    """Of the choices that the registers offer at the chosen grid, those whose names fit best what is typed:
    field → options, the best first."""
    body, bundle = _chosen(process_key, body_id)
    words = request.args.get("q", "")[: alike_texts.LONGEST]
    return jsonify(
        {
            key: _fitting(options, words)
            for key, options in _options(body, bundle).items()
        }
    )


def _fitting(options: Sequence[Option], words: str) -> list[dict[str, str]]:
    labels = {option.value: [option.label] for option in options}
    fitting = alike_texts.ranked(words, labels, MOST_PROPOSED)
    return [{"value": value, "label": label} for value, label in fitting]


@blueprint.get("/<process_key>/<body_id>/choices")
@permission("signed-in")
def choices(process_key: str, body_id: str) -> Any:
    """Field → its options at the chosen grid, for the fields whose options come from the registers."""
    body, bundle = _chosen(process_key, body_id)
    if not request.args.get("_place"):
        raise NotFound(process_key)
    return jsonify(
        {
            key: [
                {"value": option.value, "label": option.label}
                for option in options
            ]
            for key, options in _options(body, bundle).items()
        }
    )


def _options(body: Body, bundle: Bundle) -> dict[str, Sequence[Option]]:
    """Field → its options from the registers, at the grid that is chosen or in the body's own place. Raises
    NotFound for a grid outside of it."""
    code = request.args.get("_place", "")[:32]
    path = body.territory_path
    if code:
        grid = reading().get(Grid, (body.tenant_id, code))
        if grid is None or not grid.territory_path.startswith(path):
            raise NotFound(code)
        path = grid.territory_path
    form = bundle.forms.get(bundle.definition.start_form_key or "")
    if form is None:
        raise NotFound(body.id)
    options = form_options.for_form(
        reading(),
        bundle,
        form,
        form_options.Setting(
            path, who().person_id, datetime.now(UTC), body.id
        ),
    )
    return {
        field.key: options.get(field.options_source, ())
        for field in form.inputs()
        if field.type == "select" and field.options_source
    }


def _chosen(process_key: str, body_id: str) -> tuple[Body, Bundle]:
    """The body in whose name it is started, and the procedure. Raises Forbidden."""
    session = reading()
    for definition, body in instances.startable(
        session, who(), datetime.now(UTC)
    ):
        if definition.key == process_key and body.id == body_id:
            return body, bundles.bundle_of(session, definition.id)
    raise Forbidden(_("您不能以这个机构的名义发起该事项"))
