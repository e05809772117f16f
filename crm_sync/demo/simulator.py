"""What the demo asks of the simulator over HTTP: consent for a company, and the accountant's part of the story."""

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from django.conf import settings

TIMEOUT = 20


class StoryBroken(Exception):
    """The simulator does not play its part; the message says where."""


def control(method: str, path: str, body: Any = None) -> Any:
    """One call of the simulator's control interface."""
    answer = requests.request(method, f"{settings.QBO_SIMULATOR_URL}/_simulator/{path}", json=body, timeout=TIMEOUT)
    if answer.status_code >= 300:
        raise StoryBroken(f"{method} {path} was answered with {answer.status_code}: {answer.text[:200]}")
    return answer.json()


def realm_of(country: str) -> str:
    """The sample company of a country (ISO alpha-2)."""
    return next(str(row["realmId"]) for row in control("GET", "companies") if row["country"] == country)


def consent(authorization_url: str, realm_id: str) -> Mapping[str, str]:
    """Press Connect on the consent page for one company; what the browser brings back to us."""
    page = requests.get(authorization_url, timeout=TIMEOUT)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    form = {name: html.unescape(value) for name, value in hidden.items()}
    form |= {"realmId": realm_id, "decision": "connect"}
    action = urlsplit(authorization_url)._replace(query="").geturl()
    back = requests.post(action, data=form, timeout=TIMEOUT, allow_redirects=False)
    if back.status_code not in (302, 303):
        raise StoryBroken(f"The consent page answered with {back.status_code}.")
    return dict(parse_qsl(urlsplit(back.headers["Location"]).query))


def act(realm_id: str, invoice_id: str, **what: Any) -> None:
    """What the accountant does to an invoice: pay, send, void."""
    control("POST", f"objects/{realm_id}/Invoice/{invoice_id}", what)
