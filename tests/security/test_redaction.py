"""What a finished log line may hold: no secret, wherever it stands in it; everything else stays."""

import json
import logging

import pytest
import structlog
from django.conf import settings
from django.urls import reverse

from core.redaction import HIDDEN, without_secrets
from tests.test_permission_matrix import routes
from tests.watching import Watch

SECRET = "Xy7-canary_ABCdef0123456789-canary"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f'{{"refresh_token": "{SECRET}", "a": 1}}',
        json.dumps({"body": json.dumps({"access_token": SECRET})}),
        repr({"client_secret": SECRET}),
        f"password={SECRET}&username=a",
        f"GET https://crm.example/back?state={SECRET}&code={SECRET}",
        f"redis://user:{SECRET}@cache.internal:6379/0 is away",
        f"smtp+tls://crm:{SECRET}@mail.example:587",
        f"https://hooks.slack.com/services/T0/B0/{SECRET}",
        f"whsec_{SECRET}",
        f"crm_{SECRET} opens nothing",
        f"Set-Cookie: sessionid={SECRET}; Path=/",
        f"IntegrityError\nDETAIL:  Key (email)=({SECRET}) already exists.\nCONTEXT: x",
        json.dumps({"exception": f"IntegrityError\nDETAIL:  Failing row contains ({SECRET}, 1).\n  File x"}),
    ],
)
def test_secrets_are_told_by_their_look_or_their_name(text: str) -> None:
    hidden = without_secrets(text)

    assert "canary" not in hidden
    assert HIDDEN in hidden


@pytest.mark.parametrize(
    "text",
    [
        '{"event": "quickbooks.call", "path": "/v3/company/9130350000000001/query", "intuit_tid": "1-a"}',
        '{"event": "quickbooks.token_refreshed", "connection": 1, "generation": 4}',
        "GET /invoice-drafts/0b0d8c34-6f2f-4d86-9f0b-2a2d9f6f4f11/lines/",
        "postgres://crm@/crm?host=/run/crm",
        '{"code": "6240", "event": "outbox.again"}',
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert without_secrets(text) == text


def test_every_address_that_is_a_key_by_itself_is_hidden() -> None:
    """Routes whose argument is a token: whoever reads the log could open them."""
    found = 0
    for name, pattern in routes():
        if "token" not in pattern.pattern.converters:
            continue
        given = {each: SECRET if each == "token" else 1 for each in pattern.pattern.converters}
        given |= {"uidb64": "MQ"} if "uidb64" in given else {}
        found += 1
        assert "canary" not in without_secrets(f"GET {reverse(name, kwargs=given)}"), name
    assert found >= 6


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_handlers_of_an_installation_write_redacted_lines(form: str) -> None:
    """Also what libraries log, and the texts of exceptions."""
    from crm_sync import logs  # noqa: PLC0415 -- it sets structlog up, which only this test wants

    described = logs.configure("INFO", form, more_handlers={})["formatters"]["line"]
    described.pop("()")
    made = structlog.stdlib.ProcessorFormatter(**described)
    try:
        raise ValueError(f"refresh_token={SECRET}")
    except ValueError as error:
        record = logging.LogRecord(
            "lib", logging.ERROR, __file__, 1, "Bearer %s", (SECRET,), (ValueError, error, error.__traceback__)
        )
    line = made.format(record)
    logs.configure(settings.LOG_LEVEL, settings.LOG_FORMAT, more_handlers={})

    assert "canary" not in line
    assert "ValueError" in line


def test_the_watch_over_the_logs_of_the_suite_finds_what_is_not_redacted() -> None:
    """It looks at finished lines; here one that nobody redacted, and one that is as it should be."""
    watching = Watch()
    watching.learn(SECRET)

    for text in (f"refreshed with {SECRET}", "refreshed", "Bearer abcdefghijklmnopqrstuvwxyz"):
        watching.handle(logging.LogRecord("lib", logging.WARNING, __file__, 1, text, (), None))

    assert len(watching.found) == 2
