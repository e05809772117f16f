"""A person at the real web server."""

import re

import requests

from bench import books
from bench.stage import wait_for_web


def signed_in(address: str, email: str) -> requests.Session:
    """A session of a person, once the server takes requests. Raises HTTPError."""
    wait_for_web(address)
    session = requests.Session()
    page = session.get(f"{address}/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "username": email, "login": email, "password": books.PASSWORD}
    session.post(page.url, data=form, headers={"Referer": page.url}).raise_for_status()
    return session
