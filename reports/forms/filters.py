"""What a ready report or a dashboard is asked: period, day, people, companies, currency."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import company
from core.forms.fields import DateField
from crm.forms.fields import RecordField
from crm.queries import companies, people
from qbo_connector.models import Connection
from reports.ranges import RANGES
from reports.ready.registry import CUSTOM, USUAL

# What an address may hold; anything else in it is none of a report's business.
NAMES = ("by", "period", "from", "to", "as_of", "owner", "company", "connection", "currency")


class FilterForm(forms.Form):
    """The filters of an address: those in ``asks``, and with ``by`` the choice of rows."""

    def __init__(
        self, values: Mapping[str, str], *, user: Any, asks: Sequence[str], by: Sequence[tuple[str, Any]] = ()
    ) -> None:
        # Days that were typed count without the word “custom” as well.
        usual = CUSTOM if values.get("from") or values.get("to") else USUAL
        filled = {"period": usual, "as_of": company.today().isoformat()}
        super().__init__({**filled, **{name: value for name, value in values.items() if value}})
        connections = list(Connection.objects.order_by("company_name", "pk"))
        if by:
            self._choose("by", gettext_lazy("Show"), by)
        if "period" in asks:
            ranges = [(name, label) for name, (label, _days) in RANGES.items() if not name.startswith("next_")]
            self._choose("period", gettext_lazy("Period"), [*ranges, (CUSTOM, _("Between two days"))])
            self.fields["from"] = DateField(label=gettext_lazy("From"), required=False)
            self.fields["to"] = DateField(label=gettext_lazy("To"), required=False)
        if "as_of" in asks:
            self.fields["as_of"] = DateField(label=gettext_lazy("As of"), required=False)
        if "owner" in asks:
            found = people.owners(user).order_by("label", "pk").values_list("pk", "label")
            owners = [("", _("Everybody")), *((str(pk), label) for pk, label in found), ("0", _("No owner"))]
            self._choose("owner", gettext_lazy("Owner"), owners)
        if "company" in asks:
            customer = RecordField(
                "crm:company-choices", label=gettext_lazy("Company"), placeholder=_("Any company"), required=False
            )
            customer.find = lambda: companies.visible_to(user).filter(archived_at=None)
            self.fields["company"] = customer
        if "connection" in asks and len(connections) > 1:
            listed = [("", _("All")), *((str(each.pk), str(each)) for each in connections)]
            self._choose("connection", gettext_lazy("QuickBooks company"), listed)
        if "currency" in asks:
            codes = sorted({each.home_currency for each in connections})
            only = [(code, _("Only documents in %s") % code) for code in codes]
            self._choose("currency", gettext_lazy("Currency"), [("", _("All, converted")), *only])

    def _choose(self, name: str, label: Any, choices: Sequence[tuple[str, Any]]) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)


def asked_in(query: Mapping[str, str]) -> dict[str, str]:
    """What an address asks, without what is left empty."""
    return {name: query[name] for name in NAMES if query.get(name)}
