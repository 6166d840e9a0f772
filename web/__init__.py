"""Pages and the REST interface: parse, authorise, call a service or a query, render."""

from __future__ import annotations

from flask import Flask, abort, request
from flask_wtf import CSRFProtect

from web import (
    api,
    archiving,
    assessment,
    assets,
    auth,
    base_map,
    bounds,
    case_map,
    city_rules,
    commands,
    data_grants,
    disposals,
    errors,
    figure_words,
    figures,
    help,
    home,
    i18n,
    looking,
    members,
    notification_choices,
    notification_texts,
    page_code,
    passkeys,
    password_links,
    pay,
    profile,
    public,
    registers,
    reporting,
    request_traces,
    second_factor,
    second_names,
    shown,
    sign_ins,
    signature,
    single_sign_on,
    standby_reading,
    tokens,
    training,
    warming,
    watching,
    work_apps,
)
from web.administration import (
    addresses,
    bodies_admin,
    body_kinds,
    calendars,
    groups,
    installation_state,
    looks,
    overview,
    people_admin,
    sign_in_log,
    staff_lists,
    task_administration,
)
from web.designing import (
    backtests,
    cited_articles,
    comparisons,
    draft_files,
    imports,
    publishing,
    regulation,
    scenario_cards,
    table_trials,
    trials,
    versions,
    workbench,
)
from web.grid_work import beside_members as grid_groups
from web.grid_work import meetings as grid_meetings
from web.grid_work import register as grid_register
from web.grid_work import rounds
from web.inbox import (
    absences,
    begun_texts,
    deadlines,
    foreseen,
    instance_pages,
    notifications,
    oversight,
    photo_facts,
    phrases,
    pictures,
    places,
    previews,
    remarks,
    resident_reports,
    returning,
    several,
    signing,
    starting,
    tasks,
    together,
    views,
)

csrf = CSRFProtect()


DESIGN = (
    workbench,
    draft_files,
    table_trials,
    imports,
    scenario_cards,
    trials,
    backtests,
    comparisons,
    publishing,
    regulation,
    cited_articles,
    versions,
)
"""The designer's pages."""
VISITS = (
    tasks,
    instance_pages,
    starting,
    places,
    resident_reports,
    reporting,
    deadlines,
    oversight,
    notifications,
    absences,
    remarks,
    several,
    together,
    views,
    previews,
    pictures,
    signing,
    begun_texts,
    foreseen,
    phrases,
    signature,
    returning,
    notification_choices,
    profile,
    second_factor,
    passkeys,
    sign_ins,
    work_apps,
    single_sign_on,
    help,
    home,
    registers,
    second_names,
    base_map,
    archiving,
    data_grants,
    disposals,
    case_map,
    city_rules,
    figures,
    assessment,
    members,
    grid_register,
    rounds,
    grid_groups,
    grid_meetings,
    training,
    pay,
    overview,
    installation_state,
    calendars,
    addresses,
    task_administration,
    people_admin,
    bodies_admin,
    body_kinds,
    looks,
    sign_in_log,
    groups,
    staff_lists,
    password_links,
)
"""The other pages of people who have signed in."""
MODULES = (
    auth,
    *VISITS,
    *DESIGN,
    public,
    api,
    watching,
    *commands.MODULES,
)
"""Every module with a blueprint."""


def register(app: Flask) -> None:
    """Gives the application its pages, its language, its error pages and its commands."""
    assets.register(app)
    warming.register(app)
    watching.register(app)
    request_traces.register(app)
    looking.register(app)
    bounds.register(app)
    app.before_request(bounds.read_form)
    app.before_request(_refuse_nul)
    app.before_request(tokens.bind)
    csrf.init_app(app)
    page_code.register(app)
    i18n.register(app)
    auth.register(app)
    standby_reading.register(app)
    single_sign_on.register(app)
    errors.register(app)
    shown.register(app)
    figure_words.register(app)
    notification_texts.register(app)
    absences.register(app)
    deadlines.register(app)
    photo_facts.register(app)
    remarks.register(app)
    csrf.exempt(reporting.blueprint)
    base_map.register(app)
    signing.register(app)
    returning.register(app)
    begun_texts.register(app)
    notification_choices.register(app)
    # Lists, tasks and process instances of the inbox share a blueprint.
    for blueprint in dict.fromkeys(module.blueprint for module in MODULES):
        app.register_blueprint(blueprint)
    if app.extensions["gridflow"].scim_tokens:
        _provide(app)


def _provide(app: Flask) -> None:
    """Gives the addresses for a city's directory; their library is loaded only where they are wanted: it
    takes a second."""
    from web import provisioning

    csrf.exempt(provisioning.blueprint)
    app.register_blueprint(provisioning.blueprint)
    errors.answer_by(app, provisioning.blueprint, provisioning.failed)


def _refuse_nul() -> None:
    """A character that PostgreSQL cannot hold; nobody types it into an address."""
    if "\0" in request.path or any(
        "\0" in text for texts in request.args.listvalues() for text in texts
    ):
        abort(400)
