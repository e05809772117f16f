"""People for the tests of the connection pages, and the way through the consent page without a browser."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.test import Client

if TYPE_CHECKING:
    from accounts.models import User

PASSWORD = "a long enough password"


def _user(email: str, name: str, role: str) -> "User":
    from accounts.models import Role, User

    found, _new = Role.objects.get_or_create(name=role)
    return User.objects.create_user(email, PASSWORD, name=name, role=found)


@pytest.fixture
def admin(db) -> "User":
    """Somebody who may connect companies."""
    from accounts.models import Role
    from accounts.permissions import ADMIN, PERMISSIONS

    Role.objects.update_or_create(name=ADMIN, defaults={"permissions": list(PERMISSIONS)})
    return _user("admin@example.com", "Ada Admin", ADMIN)


@pytest.fixture
def rep(db) -> "User":
    """Somebody who may not."""
    from accounts.models import Role
    from accounts.permissions import DEFAULT_ROLES, SALES_REP

    Role.objects.update_or_create(name=SALES_REP, defaults={"permissions": DEFAULT_ROLES[SALES_REP]})
    return _user("rep@example.com", "Rita Rep", SALES_REP)


@pytest.fixture
def browser_of():
    """A signed-in test client for a user."""

    def signed_in(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


class ConsentPage:
    """QuickBooks' consent page as a person uses it: over HTTP, through the fields of its form."""

    def __init__(self, address: str) -> None:
        self.page = requests.get(address, timeout=10)
        assert self.page.status_code == 200, self.page.text[:500]
        self.form = {
            name: html.unescape(value)
            for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.page.text)
        }

    def decide(self, decision: str, realm: str = "") -> str:
        """Press a button; the path and query the browser is sent back to."""
        target = f"{urlsplit(self.page.url).scheme}://{urlsplit(self.page.url).netloc}/connect/oauth2"
        data = {**self.form, "decision": decision} | ({"realmId": realm} if realm else {})
        answer = requests.post(target, data=data, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text[:500]
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"


@pytest.fixture
def consent_page():
    """The consent page that the answer to Connect leads to."""

    def opened(response) -> ConsentPage:
        assert response.status_code == 200, response.content[:500]
        found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', response.content.decode())
        assert found, response.content[:2000]
        address = html.unescape(found.group(1))
        assert dict(parse_qsl(urlsplit(address).query))["response_type"] == "code"
        return ConsentPage(address)

    return opened
