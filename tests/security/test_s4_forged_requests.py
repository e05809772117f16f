"""S4: requests that another site makes a browser send, and addresses that lead away from here."""

import itertools
import re

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import reverse

from tests import makers
from tests.test_permission_matrix import MATRIX, address_of, routes

pytestmark = pytest.mark.django_db
# Every address of the API that is none: nothing is there to be asked.
NOTHING = "api:nowhere"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://testserver@evil.example/",
    "\t//evil.example",
    "https://testserver.evil.example/",
]


def takes_no_cookie(name, pattern):
    """Whether programs come there, with a key or a signature; a browser sends neither by itself."""
    program = str(pattern.pattern).startswith("api/v1/") and name != "api:document"
    return program or name == "qbo_connector:webhook"


@pytest.fixture
def admin():
    return makers.user("Admin", "admin@example.com")


def test_no_route_takes_an_unsafe_request_without_the_token(admin):
    """Every route of the URL map, with a session and without Django's token: refused before anything is looked at."""
    methods = itertools.cycle(("POST", "PUT", "POST", "PATCH", "POST", "DELETE", "POST"))
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(admin)
    wrong, asked = [], 0
    for name, pattern in routes():
        line = MATRIX.get(name)
        if line is None or takes_no_cookie(name, pattern) or name == NOTHING:
            continue
        asked += 1
        answer = client.generic(
            next(methods) if line.method != "POST" else "POST",
            address_of(name, pattern, line),
            b"",
            "application/x-www-form-urlencoded",
        )
        if answer.status_code != 403 or SESSION_KEY not in client.session:
            wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []
    assert asked > 300


def test_routes_without_the_token_take_no_cookie_instead(admin):
    """What is exempt does not look at the session: with the cookie of an administrator it is as closed as without."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(admin)
    found = 0
    for name, pattern in routes():
        line = MATRIX.get(name)
        if line is None or not takes_no_cookie(name, pattern) or name == NOTHING:
            continue
        found += 1
        for method in ("GET", "POST"):
            answer = client.generic(method, address_of(name, pattern, line), b"{}", "application/json")
            assert answer.status_code in (401, 405, 429), (name, method, answer.status_code)
    assert found > 20


def test_the_token_of_somebody_else_and_another_origin_are_refused(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    page = client.get(reverse("accounts:profile"), secure=False).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    url, typed = reverse("accounts:preferences"), {"theme": "dark"}

    assert client.post(url, typed | {"csrfmiddlewaretoken": "a" * 64}).status_code == 403
    assert client.post(url, typed, headers={"X-CSRFToken": "a" * 64}).status_code == 403
    ours = typed | {"csrfmiddlewaretoken": token.group(1)}
    assert client.post(url, ours, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post(url, ours, headers={"Origin": "null"}).status_code == 403
    assert client.post(url, ours).status_code == 204


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nothing_leads_away_after_signing_in(admin, target):
    client = Client()
    typed = {"username": admin.email, "password": makers.PASSWORD, "next": target}

    answer = client.post(reverse("accounts:login"), typed)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    again = client.get(reverse("accounts:login"), {"next": target})
    assert (again.status_code, again["Location"]) == (302, "/")


def test_no_address_that_a_form_or_header_names_leads_away(admin):
    """Every place that goes back to where somebody came from, found by asking all routes with such fields."""
    targets = itertools.cycle(ELSEWHERE)
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    wrong = []
    for name, pattern in routes():
        line = MATRIX.get(name)
        if line is None or name.startswith("api:") or name == "accounts:logout":
            continue
        address, target = address_of(name, pattern, line), next(targets)
        fields = dict.fromkeys(("next", "back", "return", "to", "page", "came_from", "url", "redirect"), target)
        sent = {"Referer": target, "HX-Current-URL": target, "X-Come-Back": target} if "\t" not in target else {}
        method = client.post if line.method == "POST" else client.get
        answer = method(address, line.data | fields, headers={**sent, "HX-Request": "true"})
        for header in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"):
            goes = answer.headers.get(header, "")
            if goes and (not goes.startswith("/") or goes.startswith(("//", "/\\"))) and not goes.startswith("?"):
                wrong.append(f"{name}: {header} {goes}")
    assert wrong == []


def test_an_expired_session_comes_back_to_our_page_alone():
    """The page that htmx tells of is only a path of ours, whatever host stands before it."""
    answer = Client().get(
        "/settings/", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example//evil.example/x?a=1"}
    )

    goes = answer["HX-Redirect"]
    assert goes.startswith("/login/?next=")
    admin = makers.user("Admin", "admin@example.com")
    client = Client()
    entered = client.post(goes, {"username": admin.email, "password": makers.PASSWORD})
    assert entered["Location"] == "/"
