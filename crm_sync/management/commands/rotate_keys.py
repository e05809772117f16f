"""``manage.py rotate_keys``: encrypt every stored secret with the first of ENCRYPTION_KEYS, while the product runs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.encryption import first_key
from crm_sync import sealed


class Command(BaseCommand):
    """Fails, and changes nothing of a row, where a secret needs a key that is not there any more."""

    help = "Encrypt every stored secret with the first of ENCRYPTION_KEYS, so that former keys may go."

    def add_arguments(self, parser: CommandParser) -> None:
        """``--check`` only counts."""
        parser.add_argument("--check", action="store_true", help="Only tell which keys are in use; change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, tell how many took the new key, and what still needs another one."""
        name = first_key()
        unreadable = [] if options["check"] else self._rotate(name)
        former: set[str] = set()
        for title, keys in sealed.keys_in_use().items():
            self.stdout.write(f"{title}: " + (", ".join(f"{each} {keys[each]}" for each in sorted(keys)) or "none"))
            former |= set(keys) - {name}
        if unreadable:
            raise CommandError("\n".join(unreadable))
        if former:
            self.stdout.write(f"Still needed besides “{name}”: {', '.join(sorted(former))}.")
        else:
            self.stdout.write(f"Everything needs “{name}” alone. Other keys may leave ENCRYPTION_KEYS.")

    def _rotate(self, name: str) -> list[str]:
        unreadable = []
        for outcome in sealed.rotate():
            if outcome.changed:
                self.stdout.write(f"{outcome.title}: {outcome.changed} took the key “{name}”.")
            if outcome.unreadable:
                ids = ", ".join(map(str, outcome.unreadable[:20]))
                unreadable.append(
                    f"{outcome.title}: {len(outcome.unreadable)} can't be read with the keys that are there "
                    f"(ids {ids}). Put their former key back into ENCRYPTION_KEYS, or connect or type these anew."
                )
        return unreadable
