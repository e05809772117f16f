"""Every address, with the reader's own record and with a stranger's, as people whose roles see differently far.

The routes come from the URL map: one that nobody has said what its id names fails here. A stranger's record is not
there (404, not 403), and nothing that gives it away is in any answer.
"""

import collections
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from api.scopes import SCOPES
from api.services import keys
from tests.test_permission_matrix import MATRIX, routes
from tests.visibility import routes as known
from tests.visibility.world import CANARY, GIVEAWAYS, Records, build

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NARROW = ("own", "team")
# Leaving the house, or the browser's own session.
LEFT_OUT = {"accounts:logout", "qbo_connector:connect", "qbo_connector:callback", "qbo_connector:webhook"}
JSON = {"content_type": "application/json", "HTTP_IF_MATCH": '"1"', "HTTP_IDEMPOTENCY_KEY": "k" * 20}


def browser(user: User) -> Client:
    """A person's browser, and their program with a key for everything."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    _key, secret = keys.create(user, name="all", scopes=list(SCOPES), expires_at=None, by=user)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def body_of(answer: Any) -> str:
    """All that came back, in lower case; headers too, because addresses give things away as well."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    # Files alone: closing the answer would end the connection that the test's own transaction is in.
    for close in answer._resource_closers:
        close()
    return f"{answer.headers}\n{content.decode('utf-8', 'replace')}".lower()


def told(text: str) -> list[str]:
    """What of the strangers' records stands in a text."""
    return [found.group() for each in GIVEAWAYS if (found := re.search(each, text))]


def record_routes() -> Iterator[tuple[str, Any, str]]:
    """Every route whose address names a record that somebody owns."""
    for name, pattern in routes():
        kind = known.subject(name, pattern)
        if kind:
            yield name, pattern, kind


def asked(client: Client, method: str, name: str, address: str) -> Any:
    """The answer to a request, as a program asks the API and a browser the rest."""
    if method == "GET" and not name.startswith("api:"):
        return client.get(address, follow=True)
    if name.startswith("api:"):
        return client.generic(method, address, "" if method == "GET" else "{}", **JSON)
    return client.generic(method, address)


def test_it_is_known_of_every_route_what_its_id_names():
    unknown = []
    for name, pattern in routes():
        try:
            known.subject(name, pattern)
        except known.Unknown:
            unknown.append(name)
    assert unknown == [], "say in tests/visibility/routes.py what kind of record the id of these names"


@pytest.mark.parametrize("sees", NARROW)
def test_a_strangers_record_is_not_there_for_any_route(sees):
    world, wrong = build(sees), []
    client = browser(world.me)
    for name, pattern, kind in record_routes():
        address = reverse(name, kwargs=known.arguments(name, pattern, kind, world.theirs, world))
        missing = reverse(name, kwargs=known.arguments(name, pattern, kind, NOBODYS, world))
        for method in ("GET", "POST", "PATCH", "DELETE") if name.startswith("api:") else ("GET", "POST"):
            answer = asked(client, method, name, address)
            if answer.status_code not in (404, 405):
                # What is refused before anything is looked up is refused in the same way for what there never was.
                never = asked(client, method, name, missing).status_code
                if answer.status_code < 400 or answer.status_code != never:
                    wrong.append(f"{method} {name}: {answer.status_code}, not {never}")
            if found := told(body_of(answer)):
                wrong.append(f"{method} {name}: gives away {found}")
    assert not wrong, "\n".join(wrong)


class Missing:
    """A record that there never was."""

    pk, request_id, key = 2_000_000_000, uuid.UUID(int=7), uuid.UUID(int=7)


NOBODYS = Records(collections.defaultdict(Missing))


@pytest.mark.parametrize("sees", ["own", "team", "all"])
def test_ones_own_record_is_there_and_tells_of_no_stranger(sees):
    world, wrong = build(sees), []
    client = browser(world.me)
    own = world.mates if sees == "team" else world.mine
    for name, pattern, kind in record_routes():
        address = reverse(name, kwargs=known.arguments(name, pattern, kind, own, world))
        answer = asked(client, "GET", name, address)
        if answer.status_code in (403, 404, 500) and name not in ALSO_MISSING:
            wrong.append(f"{name}: {answer.status_code}")
        if (found := told(body_of(answer))) and sees != "all":
            wrong.append(f"{name}: gives away {found}")
    assert not wrong, "\n".join(wrong)


# One's own record is there, but not what these show of it: there is no such thing yet, or it is not theirs to see.
ALSO_MISSING = {
    "tables:cell",
    "crm:company-delete", "crm:contact-delete", "crm:deal-delete", "crm:quote-delete",
    "invoices:recurring-edit", "invoices:recurring-create", "invoices:customer-pause",
    "invoices:invoice-edit-line",
    "api:read-link", "api:read-invoice-draft",
}  # fmt: skip


@pytest.mark.parametrize("sees", NARROW)
def test_a_customer_that_is_shared_tells_of_ones_own_business_alone(sees):
    world, wrong = build(sees), []
    client = browser(world.me)
    own = world.mates if sees == "team" else world.mine
    shown = Records(own.of | {"company": own["both"], "contact": own["friend"]})
    for name, pattern, kind in record_routes():
        if kind not in ("company", "contact"):
            continue
        address = reverse(name, kwargs=known.arguments(name, pattern, kind, shown, world))
        answer = asked(client, "GET", name, address)
        if answer.status_code in (403, 404, 500) and name not in ALSO_MISSING:
            wrong.append(f"{name}: {answer.status_code}")
        if found := told(body_of(answer)):
            wrong.append(f"{name}: gives away {found}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("sees", NARROW)
def test_no_page_tells_of_a_stranger(sees):
    world, wrong = build(sees), []
    client = browser(world.me)
    for name, pattern in routes():
        if known.subject(name, pattern) or name in LEFT_OUT:
            continue
        line = MATRIX.get(name)
        given = known.arguments(name, pattern, "", world.mine, world) | (line.arguments if line else {})
        answer = asked(client, line.method if line else "GET", name, reverse(name, kwargs=given))
        client.force_login(world.me)
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append(f"{name}: {answer.status_code}")
        if found := told(body_of(answer)):
            wrong.append(f"{name}: gives away {found}")
    assert not wrong, "\n".join(wrong)


def test_who_sees_all_meets_the_stranger_where_the_others_do_not():
    """Else the tests above would prove nothing."""
    world = build("all")
    client = browser(world.me)
    for kind in ("company", "contact", "deal", "quote"):
        assert told(body_of(client.get(reverse(f"crm:{kind}-detail", args=[world.theirs[kind].pk]))))
        assert told(body_of(client.get(reverse(f"crm:{kind}-list"))))
    for kind in ("invoice", "payment", "credit"):
        assert told(body_of(client.get(reverse(f"invoices:{kind}-detail", args=[world.theirs[kind].pk]))))
    for page in ("crm:task-list", "invoices:invoice-list", "invoices:payment-list", "invoices:approval-list"):
        assert told(body_of(client.get(reverse(page), {"view": "all"})))
    assert told(body_of(client.get(reverse("core:search"), {"q": CANARY})))
