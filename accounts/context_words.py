"""Refuses passwords that are made of what everybody knows of an installation: the product, the company, the address."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core import company

OURS = ("crmsync", "quickbooks", "intuit", "password", "welcome")
SHORTEST_WORD = 4
# What a password has to have of its own beside those words, in letters.
OWN_LETTERS = 6
# As people write words with signs.
_PLAIN = str.maketrans("@4031!$57", "aaoeiisst")
# Parts of an address that say nothing of who it belongs to, and would be in passwords by chance.
_COMMON_PARTS = {"www", "localhost", "local", "internal", "example"}


def words() -> set[str]:
    """The words of this installation, without signs and in small letters."""
    name = company.profile().name
    labels = (urlsplit(settings.BASE_URL).hostname or "").split(".")[:-1]
    parts = [name, *name.split(), *(each for each in labels if each not in _COMMON_PARTS)]
    own = {re.sub(r"[\W_]", "", part.casefold().translate(_PLAIN)) for part in parts}
    return {each for each in {*own, *OURS} if len(each) >= SHORTEST_WORD and not each.isdigit()}


class ContextWordsValidator:
    """A word of the installation, dressed up with digits and signs, is what is tried first."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises ValidationError where little is left beside such words; a phrase that has one in it is fine."""
        typed = re.sub(r"[\W_]", "", password.casefold().translate(_PLAIN))
        known = sorted(words(), key=len, reverse=True)
        left = re.sub("|".join(re.escape(each) for each in known), " ", typed)
        if " " in left and sum(sign.isalpha() for sign in left) < OWN_LETTERS:
            raise ValidationError(
                _("This is little more than a name of this company or product: add words of your own."),
                code="password_of_context_words",
            )

    def get_help_text(self) -> str:
        """For forms that list the rules."""
        return _("Your password can’t be made of names of this company or product alone.")
