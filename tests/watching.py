"""The logs of the whole suite hold no secret: each line is looked at as an installation would write it.

What is secret is known from where secrets are made: every text that is encrypted, the keys of the environment, and
what tells itself by its look. A line with one fails the test that logged it. Looked at is what the tests log: warnings
and errors with their traces, and more where a test asks for more (tests/security/test_s4_secrets.py does).
"""

import logging
import re
from collections import deque
from collections.abc import Generator
from typing import Any

import pytest

# So short a text may stand anywhere by chance.
SHORTEST = 12
# Texts that were encrypted last; looking for more would cost more than it finds.
LAST = 60
LOOKS = re.compile(
    r"\b(?:crm_|whsec_)[A-Za-z0-9_-]{30,}|(?i:\bbearer\s+[A-Za-z0-9._~+/-]{16,})|://[^\s/@:]+:[^\s/@\[]+@"
)


class Watch(logging.Handler):
    """Looks at every line."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: deque[str] = deque(maxlen=LAST)
        self.always: list[str] = []
        self.found: list[str] = []

    def learn(self, text: str) -> None:
        """``text`` is a secret."""
        if len(text) >= SHORTEST and text not in self.secrets:
            self.secrets.append(text)

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one line."""
        line = self.format(record)
        hit = LOOKS.search(line) or next((each for each in (*self.always, *self.secrets) if each in line), None)
        if hit:
            self.found.append(f"{record.name}: {line[:300]}")


watch = Watch()


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Listen, with the form of an installation; learn what is encrypted."""
    from django.conf import settings  # noqa: PLC0415 -- not before the environment is set

    from core import encryption  # noqa: PLC0415

    described = dict(next(iter(settings.LOGGING["formatters"].values())))
    made = described.pop("()")
    if isinstance(made, str):
        from django.utils.module_loading import import_string  # noqa: PLC0415

        made = import_string(made)
    watch.always += [settings.SECRET_KEY, *(each.partition(":")[2] for each in settings.ENCRYPTION_KEYS)]
    watch.setFormatter(made(**described))

    cipher = encryption.AESGCM

    class Telling:
        """The cipher itself, which tells what it seals."""

        def __init__(self, key: bytes) -> None:
            self.cipher = cipher(key)
            self.decrypt = self.cipher.decrypt

        def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
            watch.learn(data.decode("utf-8", "replace"))
            return self.cipher.encrypt(nonce, data, associated_data)

    encryption.AESGCM = Telling  # type: ignore[misc]
    logging.getLogger().addHandler(watch)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A secret in the log fails the test, also one that its fixtures let through."""
    result = yield
    found, watch.found = watch.found, []
    assert not found, f"The log holds a secret: {found[:3]}"
    return result
