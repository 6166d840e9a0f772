"""What the commands about people and bodies share: whose jurisdiction, in whose name, and how a refusal is
told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from orchestrator.errors import GridflowError, RuleViolated
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.people import active_person, tenants

city_option = click.option(
    "--city",
    default="",
    help="The jurisdiction's key; may be left out where there is one.",
)


def tenant_of(city: str) -> str:
    """Key of the jurisdiction that is meant. Raises ClickException where none or several could be."""
    known = tenants(reading())
    if city in known:
        return city
    if city or len(known) != 1:
        raise click.ClickException(
            f"请用 --city 指明辖区：{'、'.join(known) or '还没有载入辖区，请先 ./gridflow load'}",
        )
    return known[0]


def person_called(tenant_id: str, username: str) -> int:
    """Id of the person in whose name something is done. Raises ClickException where nobody has the name; the
    services refuse who administers nothing."""
    result = active_person(reading(), tenant_id, username)
    if result is None:
        raise click.ClickException(
            f"没有在用的账号 {username}，请用 people list 查看"
        )
    return result


@contextmanager
def in_sentences() -> Iterator[None]:
    """What the user can cause is told in sentences, without a trace."""
    try:
        yield
    except RuleViolated as refused:
        raise click.ClickException("\n".join(refused.reasons)) from None
    except (GridflowError, ValueError) as refused:
        raise click.ClickException(str(refused)) from None
