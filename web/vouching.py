"""Who was signed in elsewhere is signed in here, where he has an account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import current_app, redirect, request
from flask_babel import gettext as _
from requests import RequestException

from orchestrator.errors import (
    DemonstrationElsewhere,
    NoAccount,
    SecondFactorNeeded,
)
from orchestrator.services import people
from web import auth, refusals, second_step

LONGEST_NAME = 60
CONFUSED = (RequestException, ValueError, KeyError, TypeError, AttributeError)
"""What an answer that is none, or has another shape than the documentation's, ends in."""


def address_of(path: str) -> str:
    """The whole address of a page, as browsers reach it."""
    seen = request.host_url.rstrip("/")
    base = current_app.extensions["gridflow"].public_url or seen
    return f"{base}{path}"


def is_usable(name: Any) -> bool:
    """Whether it can be a user name."""
    return (
        isinstance(name, str)
        and name.isprintable()
        and 0 < len(name) <= LONGEST_NAME
    )


def let_in(username: str, onward: str, provider: str) -> Any:
    """The answer to who was vouched for by that provider: in, to the second step, or why not."""
    now = datetime.now(UTC)
    try:
        entered = people.sign_in_by_provider(
            username,
            now,
            auth.visitor(username),
        )
    except SecondFactorNeeded as needed:
        return second_step.page(second_step.begin(needed), onward=onward)
    except NoAccount:
        sentence = _(
            "%(provider)s已通过，但这里没有用户名为“%(name)s”的账号，请联系管理员建立",
            provider=provider,
            name=username,
        )
        return auth.sign_in_page_telling(sentence, 403)
    except DemonstrationElsewhere as refused:
        return auth.sign_in_page_telling(
            refusals.sentence_of(refused),
            refused.status,
        )
    auth.enter(*entered, username)
    return redirect(onward)
