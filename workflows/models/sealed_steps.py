"""Definitions whose steps hold addresses that open something: encrypted in the database, readable in the program."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.db import models

from core.encryption import UnreadableSecret, decrypt, encrypt

log = structlog.get_logger(__name__)
# Settings of steps that are secrets by themselves: whoever has a Slack address may write to the channel.
SECRET_SETTINGS = ("url",)
SEALED = "sealed"
CONTEXT = "workflow step"


def seal(text: Any) -> Any:
    """A setting as it is stored; what is empty or no text stays."""
    return {SEALED: encrypt(text, context=CONTEXT)} if isinstance(text, str) and text else text


def unseal(stored: Any) -> Any:
    """A setting as it was typed; empty when no key opens it, so that the builder asks for it again."""
    if not isinstance(stored, Mapping) or set(stored) != {SEALED}:
        return stored
    try:
        return decrypt(stored[SEALED], context=CONTEXT)
    except UnreadableSecret as error:
        log.error("workflow.unreadable_address", reason=str(error))
        return ""


def with_secrets(value: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of a definition, or a part of one, with ``change`` made to the secret settings of all its steps."""
    if isinstance(value, Mapping):
        return {
            key: _settings(inner, change) if key == "settings" else with_secrets(inner, change)
            for key, inner in value.items()
        }
    return [with_secrets(each, change) for each in value] if isinstance(value, list | tuple) else value


def sealed_in(value: Any) -> list[str]:
    """The encrypted texts in a definition as it is stored."""
    found: list[str] = []

    def note(stored: Any) -> Any:
        if isinstance(stored, Mapping) and set(stored) == {SEALED}:
            found.append(str(stored[SEALED]))
        return stored

    with_secrets(value, note)
    return found


def _settings(settings: Any, change: Callable[[Any], Any]) -> Any:
    if not isinstance(settings, Mapping):
        return settings
    return {key: change(value) if key in SECRET_SETTINGS else value for key, value in settings.items()}


class DefinitionField(models.JSONField):
    """A workflow's definition. The addresses of its steps are encrypted on their way to the database."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001
        """As JSONField; see the class."""
        return super().get_db_prep_value(with_secrets(value, seal), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """As JSONField; see the class."""
        return with_secrets(super().from_db_value(value, expression, connection), unseal)
