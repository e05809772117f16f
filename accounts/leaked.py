"""Refuses passwords that are known from break-ins elsewhere, by a list that comes with the product."""

import functools
import gzip
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LIST = Path(__file__).resolve().parent / "data" / "leaked_passwords.txt.gz"


@functools.cache
def listed() -> bytes:
    """The list with a line break around each password, 1.3 MB: searching it takes a millisecond and no index."""
    return b"\n" + gzip.decompress(LIST.read_bytes()) + b"\n"


class LeakedPasswordValidator:
    """Against the passwords of ten characters and more among the million most used ones of known leaks."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError for a leaked password, in whatever capitals."""
        typed = password.strip().lower()
        if typed and "\n" not in typed and f"\n{typed}\n".encode() in listed():
            raise ValidationError(
                _("This password is known from a leak somewhere else: others try it first."), code="password_leaked"
            )

    def get_help_text(self) -> str:
        """For forms that list the rules."""
        return _("Your password can’t be one that is known from leaks.")
