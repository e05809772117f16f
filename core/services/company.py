"""Changes of the company's profile and its logo."""

import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import company
from core.access import needs
from core.events import emit
from core.logos import Logo
from core.models import BrandLogo, CompanyProfile

FIELDS = (
    "name", "address", "currency", "time_zone", "fiscal_year_start", "working_days", "logo_text", "brand_colour",
    "footer",
)  # fmt: skip


class BadProfile(ValueError):
    """A value does not fit the profile: ``field`` names it, the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@needs("core.configure")
@transaction.atomic
def change(values: Mapping[str, Any], *, by: Any) -> CompanyProfile:
    """Write what differs, with the event ``company_profile.changed``. Raises BadProfile."""
    if unknown := set(values) - set(FIELDS):
        raise TypeError(", ".join(sorted(unknown)))
    row = _locked()
    wanted = dict(values)
    if "time_zone" in wanted and wanted["time_zone"] not in zoneinfo.available_timezones():
        raise BadProfile("time_zone", _("“%s” is not a time zone.") % wanted["time_zone"])
    if not 1 <= int(wanted.get("fiscal_year_start", 1)) <= 12:
        raise BadProfile("fiscal_year_start", _("A fiscal year starts with one of twelve months."))
    if "working_days" in wanted:
        wanted["working_days"] = sorted({int(day) for day in wanted["working_days"]})
        if not wanted["working_days"] or not set(wanted["working_days"]) <= set(range(7)):
            raise BadProfile("working_days", _("Choose at least one working day."))
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if changed:
        told = {name: [_plain(getattr(row, name)), _plain(value)] for name, value in changed.items()}
        _write(row, changed)
        emit("company_profile.changed", row, by=by, changes=told)
    return row


@needs("core.configure")
@transaction.atomic
def set_logo(logo: Logo | None, *, by: Any) -> CompanyProfile:
    """Show this logo to customers from now on, or none. Emits ``company_profile.changed``."""
    row = _locked()
    version = logo.version if logo else ""
    if row.logo_version == version:
        return row
    if logo is None:
        BrandLogo.objects.all().delete()
    else:
        BrandLogo.objects.update_or_create(pk=1, defaults=vars(logo))
    _write(row, {"logo_version": version})
    emit("company_profile.changed", row, by=by, changes={"logo": ["", "new" if logo else "removed"]})
    return row


def _locked() -> CompanyProfile:
    company.profile()
    company.forget()
    return CompanyProfile.objects.select_for_update().get(pk=1)


def _write(row: CompanyProfile, values: Mapping[str, Any]) -> None:
    CompanyProfile.objects.filter(pk=1).update(**values, updated_at=timezone.now())
    row.refresh_from_db()
    transaction.on_commit(company.forget)


def _plain(value: Any) -> Any:
    return value if isinstance(value, list | int) else str(value)
