"""Automated sales tax of the US: the place of delivery decides, whatever the request says.

The rates are those of the states and a usual local one: near enough to the truth to look like it, and always the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qbo_simulator.entities import tax_setup
from qbo_simulator.entities.tax_setup import Rate

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]

_TABLE = """AL Alabama 4 5.25|AK Alaska 0 1.75|AZ Arizona 5.6 2.8|AR Arkansas 6.5 2.95|CA California 7.25 1.5|
CO Colorado 2.9 4.9|CT Connecticut 6.35 0|DE Delaware 0 0|DC District of Columbia 6 0|FL Florida 6 1|GA Georgia 4 3.4|
HI Hawaii 4 0.5|ID Idaho 6 0|IL Illinois 6.25 2.5|IN Indiana 7 0|IA Iowa 6 1|KS Kansas 6.5 2.2|KY Kentucky 6 0|
LA Louisiana 5 5|ME Maine 5.5 0|MD Maryland 6 0|MA Massachusetts 6.25 0|MI Michigan 6 0|MN Minnesota 6.875 1|
MS Mississippi 7 0|MO Missouri 4.225 4.1|MT Montana 0 0|NE Nebraska 5.5 1.5|NV Nevada 6.85 1.4|NH New Hampshire 0 0|
NJ New Jersey 6.625 0|NM New Mexico 4.875 2.75|NY New York 4 4.5|NC North Carolina 4.75 2.25|ND North Dakota 5 2|
OH Ohio 5.75 1.5|OK Oklahoma 4.5 4.5|OR Oregon 0 0|PA Pennsylvania 6 0|RI Rhode Island 7 0|SC South Carolina 6 1.5|
SD South Dakota 4.2 1.9|TN Tennessee 7 2.5|TX Texas 6.25 2|UT Utah 4.85 2.35|VT Vermont 6 0.35|VA Virginia 4.3 1.4|
WA Washington 6.5 2.9|WV West Virginia 6 0.55|WI Wisconsin 5 0.7|WY Wyoming 4 1.35"""
#: By code of the state: its name, its own rate and the local one, in percent.
STATES: dict[str, tuple[str, str, str]] = {}
for _row in _TABLE.replace("\n", "").split("|"):
    _code, _rest = _row.split(" ", 1)
    _name, _own, _local = _rest.rsplit(" ", 2)
    STATES[_code] = (_name, _own, _local)
_BY_NAME = {name.casefold(): code for code, (name, _, _) in STATES.items()}
_IN_TEXT = re.compile(r",?\s([A-Z]{2})\s+\d{5}")


def code_for(books: Books, form: Body, customer: Body | None) -> str | None:
    """Return the Id of the tax code of the place of delivery, made when it is needed first; None: nothing is taxed."""
    if (customer or {}).get("Taxable") is False:
        return None
    state = _state(form, customer, books.company.info)
    if state is None:
        return None
    name, own, local = STATES[state]
    known = books.shelf.named(("TaxCode",), f"{name} automated")
    if known:
        return known[0][1]
    agency = tax_setup.agency_named(books, f"{name} Department of Revenue")
    rates = [tax_setup.add_rate(books, Rate(f"{name} state rate", own, agency))]
    if local != "0":
        rates.append(tax_setup.add_rate(books, Rate(f"{name} local rate", local, agency)))
    code = tax_setup.add_code(books, f"{name} automated", sales=rates, purchases=[])
    return str(code["Id"])


def _state(form: Body, customer: Body | None, company: Body) -> str | None:
    """Return the state to which a form delivers: its own address, the customer's, else the company's."""
    places = [form.get("ShipAddr"), form.get("BillAddr"), (customer or {}).get("ShipAddr")]
    places += [(customer or {}).get("BillAddr"), company.get("LegalAddr"), company.get("CompanyAddr")]
    for place in places:
        if not isinstance(place, dict):
            continue
        text = str(place.get("CountrySubDivisionCode") or "").strip()
        code = text.upper() if text.upper() in STATES else _BY_NAME.get(text.casefold())
        if code is None and not text:
            # An address of one line after the other has the state in front of the ZIP code.
            lines = " ".join(str(place.get(f"Line{number}") or "") for number in range(1, 6))
            found = _IN_TEXT.search(lines)
            code = found[1] if found and found[1] in STATES else None
        if code is not None:
            return code
    return None
