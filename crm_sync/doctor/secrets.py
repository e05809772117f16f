"""Keys: whether what is encrypted can be read with those that are there."""

from collections import Counter
from collections.abc import Iterator

from django.core.exceptions import ImproperlyConfigured

from core.encryption import UnreadableSecret, decrypt, encrypt, first_key, key_of
from crm_sync import sealed
from crm_sync.doctor.findings import Finding, failure, ok, warning

# Of each kind the newest so many are opened: enough to know, and nobody waits.
LOOKED_AT = 500


def keys() -> Iterator[Finding]:
    """Opens what is stored; nothing of it is shown."""
    try:
        encrypt("looked at", context="doctor")
        first = first_key()
    except ImproperlyConfigured as error:
        yield failure(str(error), "Put the keys back that this database was used with; they were backed up apart.")
        return
    opened, former = 0, Counter[str]()
    for kind in sealed.ALL:
        missing: Counter[str] = Counter()
        for row in kind.model._default_manager.order_by("-pk")[:LOOKED_AT]:
            for text in kind.texts_of(row).values():
                try:
                    decrypt(text, context=kind.context(row))
                except UnreadableSecret:
                    missing[key_of(text)] += 1
                    continue
                opened += 1
                if key_of(text) != first:
                    former[key_of(text)] += 1
        if missing:
            names = ", ".join(f"“{name}” ({count})" for name, count in sorted(missing.items()))
            yield failure(
                f"Of the {kind.title}, {missing.total()} can't be opened; they need the key {names}.",
                "Put that key back into ENCRYPTION_KEYS, behind the first one. If it is lost, connect the companies "
                "and type the passwords anew.",
            )
    if former:
        names = ", ".join(f"“{name}” ({count})" for name, count in sorted(former.items()))
        yield warning(f"Older keys are still needed: {names}.", "Run python manage.py rotate_keys.")
    yield ok(f"{opened} stored secrets can be opened; new ones take the key “{first}”.")
