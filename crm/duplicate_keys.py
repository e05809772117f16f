"""By what records are recognised as likely the same: pure functions from values to keys.

A key is a value without its trifles: the address without case and plus tag, the number without punctuation, the name
without legal form. Records that share one may be the same; how sure that makes us is in RULES.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Rule by name: percent of certainty, and what both share.
RULES: dict[str, tuple[int, "str | Promise"]] = {
    "sku": (95, _("Same SKU")),
    "email": (95, _("Same e-mail address")),
    "domain": (90, _("Same domain")),
    "person": (80, _("Same name, and the same company or none")),
    "name": (75, _("Same name")),
    "deal": (70, _("Same name at the same company, both open")),
    "phone": (65, _("Same phone number")),
}
LONGEST_KEY = 300
# Numbers that differ in the country's prefix only share their end.
PHONE_DIGITS = 9
FEWEST_DIGITS = 7
LEGAL_FORMS = frozenset(
    {
        "ab", "ag", "aps", "as", "asa", "bv", "co", "company", "corp", "corporation", "cv", "eg", "ev", "gbr",
        "gmbh", "inc", "incorporated", "kg", "kgaa", "limited", "llc", "llp", "lp", "ltd", "mbh", "nv", "ohg", "oy",
        "plc", "pty", "sa", "sarl", "sas", "se", "sl", "spa", "srl", "ug",
    }
)  # fmt: skip
# Everybody has an address there, so it says nothing about a company.
FREE_MAIL = frozenset(
    {
        "aol.com", "fastmail.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com",
        "live.com", "mac.com", "mail.com", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com",
        "qq.com", "t-online.de", "web.de", "yahoo.com", "yandex.ru", "163.com",
    }
)  # fmt: skip
_NO_WORD = re.compile(r"[^\w]+")


def email_key(text: str) -> str:
    """The address in lower case, without what stands behind a plus."""
    name, at, domain = text.strip().lower().rpartition("@")
    return f"{name.split('+')[0]}@{domain}" if at and name and "." in domain else ""


def phone_key(text: str) -> str:
    """The last digits of a number; empty for what is too short to be one."""
    digits = "".join(sign for sign in text if sign.isdecimal())
    return digits[-PHONE_DIGITS:] if len(digits) >= FEWEST_DIGITS else ""


def domain_key(text: str) -> str:
    """The host of a website, domain or e-mail address, without www; empty for those that everybody uses."""
    host = text.strip().lower().rpartition("@")[2]
    host = host.removeprefix("https://").removeprefix("http://").split("/")[0].split(":")[0].removeprefix("www.")
    return host if "." in host and host not in FREE_MAIL else ""


def name_key(text: str) -> str:
    """The words of a name without accents, case and punctuation, and without legal forms at its end."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(sign))
    # G.m.b.H. and GmbH are one word.
    words = _NO_WORD.sub(" ", plain.replace(".", "").replace("'", "").replace("&", " and ")).split()
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    while len(words) > 1 and words[-1] == "and":
        words.pop()
    return " ".join(words)


def keys_of(object_type: str, values: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The keys of a record as (rule, key); ``values`` are its columns, missing ones are empty."""

    def text(name: str) -> str:
        return str(values.get(name) or "")

    found: list[tuple[str, str]] = []
    if object_type == "contact":
        found += [("email", email_key(text("email")))]
        found += [("phone", phone_key(text(name))) for name in ("phone", "mobile")]
        person = (
            name_key(f"{text('first_name')} {text('last_name')}") if text("first_name") and text("last_name") else ""
        )
        found.append(("person", f"{person}|{values.get('company_id') or ''}" if person else ""))
    elif object_type == "company":
        found += [("domain", domain_key(text(name))) for name in ("domain", "website", "email") if text(name)]
        found += [("email", email_key(text("email"))), ("name", name_key(text("name")))]
    elif object_type == "product":
        found += [("sku", " ".join(text("sku").casefold().split())), ("name", name_key(text("name")))]
    elif object_type == "deal" and values.get("company_id") and text("status") in ("", "open"):
        # A sale that is over and is made again the next year is another one.
        name = name_key(text("name"))
        found.append(("deal", f"{name}|{values['company_id']}" if name else ""))
    return {(rule, key[:LONGEST_KEY]) for rule, key in found if key}


# What ``keys_of`` reads.
COLUMNS: dict[str, tuple[str, ...]] = {
    "contact": ("email", "phone", "mobile", "first_name", "last_name", "company_id"),
    "company": ("domain", "website", "email", "name"),
    "product": ("sku", "name"),
    "deal": ("name", "company_id", "status"),
}


def confidence(rules: Iterable[str]) -> int:
    """How likely two records with these rules are the same, in percent."""
    known = sorted((RULES[rule][0] for rule in rules if rule in RULES), reverse=True)
    return min(99, known[0] + 2 * (len(known) - 1)) if known else 0


def reasons(rules: Iterable[str]) -> list[str]:
    """What two records share, in words, the strongest first."""
    known = sorted((rule for rule in rules if rule in RULES), key=lambda rule: -RULES[rule][0])
    return [str(RULES[rule][1]) for rule in known]
