"""Changing a record in the cells of its list."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.tables import Editor, Refused
from crm.kinds import CONTACT, Kind
from crm.models import Deal
from crm.services import deals, quotes, records
from crm.services.stage_requirements import StageNeeds


def editor_of(kind: Kind) -> Any:
    def editor(name: str, record: Any, user: Any) -> Editor | None:
        # The stage has no field in the form of a deal that is there.
        form = kind.form(user=user, record=None if name == "stage" else record)
        field = form.fields.get(name)
        if field is None:
            return None
        field.required = field.required or name == "stage"

        def finish(value: Any) -> Any:
            form.cleaned_data = {name: value}
            own = getattr(form, f"clean_{name}", None)
            return own() if own is not None else value

        return Editor(field, getattr(record, name) if record is not None else None, finish)

    return editor


def change_of(kind: Kind) -> Any:
    def change(record: Any, values: Mapping[str, Any], *, by: Any) -> Any:
        try:
            if "stage" in values:
                return deals.move_to_stage(record, values["stage"], by=by)
            if (
                isinstance(record, Deal)
                and "amount" in values
                and record.amount_follows_lines
                and record.lines.exists()
            ):
                raise Refused(_("The amount is the sum of the line items."))
            if kind is CONTACT:
                _still_known(record, values)
            return kind.services.update(record, by=by, **values)
        except records.Archived as error:
            raise Refused(_("This record is archived. Restore it to change it.")) from error
        except StageNeeds as error:
            raise Refused(str(error)) from error
        except quotes.NotADraft as error:
            raise Refused(_("A published quote does not change any more.")) from error
        except ValidationError as error:
            raise Refused(" ".join(error.messages)) from error

    return change


def _still_known(contact: Any, values: Mapping[str, Any]) -> None:
    names = ("first_name", "last_name", "email")
    if not any(values.get(name, getattr(contact, name)) for name in names):
        raise Refused(_("A contact needs a name or an e-mail address."))
