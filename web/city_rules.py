"""What the city's profile in force says of cases: who answers for what, how long, and what happens when it is
late. Everybody who is signed in may read it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from orchestrator.errors import NotFound
from orchestrator.services import bundles
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.jurisdictions import rules_in_words
from web.auth import permission
from web.shown import own_profile

blueprint = Blueprint("city_rules", __name__, url_prefix="/rules")


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    profile = own_profile()
    if profile is None:
        raise NotFound("profile")
    return render_template(
        "registers/rules.html",
        responsibilities=rules_in_words.responsibilities(profile),
        assigning=rules_in_words.assigning_in_words(profile),
        limits=rules_in_words.limits(profile),
        late=rules_in_words.late_in_words(profile),
        priorities=rules_in_words.priorities_in_words(profile),
        data=rules_in_words.data_rows(
            profile, bundles.graded_labels(reading(), profile.key)
        ),
        grantors=rules_in_words.readers_in_words(
            profile, profile.data.grantors
        ),
        longest_grant=profile.data.longest_grant,
    )
