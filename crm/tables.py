"""The lists of the CRM: their columns, filters, views and what can be done with many records at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, F, Func, IntegerField, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat, Upper
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.conditions import Condition, Field, fields
from core.segments.actions import segment_actions
from core.tables import (
    Action,
    BuiltIn,
    Chip,
    Column,
    Editor,
    Refused,
    Table,
    Total,
    add_table,
    assign_owner,
    person_column,
    set_property,
    templated,
)
from crm import terms
from crm.enums import BillingPeriod, BillingStatus, DealStatus, QuoteStatus
from crm.kinds import COMPANY, CONTACT, DEAL, PRODUCT, QUOTE, Kind
from crm.labels import NEXT_STEP, YES_NO
from crm.models import Deal, ImportSlice, Pipeline, Stage
from crm.queries import archive, board, companies, people
from crm.services import deals, deletion, merging, quotes, records
from crm.services.stage_requirements import StageNeeds

L = gettext_lazy
EDITS, ARCHIVES = "crm.edit", "crm.archive"


def _field(name: str, label: Any, kind: str, path: str, choices: Any = ()) -> Field:
    return Field(name, label, kind, path, tuple(choices))


# Of products; what is billed once is stored as nothing.
RECURRING = [each for each in BillingPeriod.choices if each[0]]
OWNER = _field("owner", L("Owner"), "record", "owner_id")
COMPANY_OF = _field("company", L("Company"), "record", "company_id")
CREATED = _field("created", L("Created"), "date", "created_at__date")
UPDATED = _field("updated", L("Last change"), "date", "updated_at__date")
MINE: Condition = {"field": "owner", "op": "me"}
MY_TEAM: Condition = {"field": "owner", "op": "my_team"}
VIEWS = (
    BuiltIn("all", L("All")),
    BuiltIn("mine", L("Mine"), where=MINE),
    BuiltIn("my-team", L("My team’s"), where=MY_TEAM, tab=False),
)


def company_names(user: Any) -> QuerySet[Any]:
    """The companies that an address filters by."""
    return companies.visible_to(user).annotate(label=F("name"), place=Value(0))


def stages(_user: Any) -> QuerySet[Any]:
    """The stages in the order of their pipelines, which they name where there are several."""
    several = Pipeline.objects.order_by().values(one=Value(1)).annotate(all=Count("pk")).values("all")
    named = Stage.objects.annotate(pipelines=Subquery(several, output_field=IntegerField()))
    label = Case(When(pipelines__gt=1, then=Concat("pipeline__name", Value(": "), "name")), default="name")
    place = F("pipeline__position") * 1_000_000 + F("pipeline_id") * 1_000 + F("position")
    return named.annotate(label=label, place=place)


OWNERS = Chip("owner", L("Owner"), options=people.owners, icon="user")
COMPANIES = Chip("company", L("Company"), options=company_names, chosen_only=True, icon="building")
CHANGED = Chip("updated", L("Last change"), "date", icon="calendar")


def _page(url_name: str, attribute: str) -> Any:
    def page(record: Any) -> str:
        pk = getattr(record, attribute)
        return reverse(url_name, args=[pk]) if pk else ""

    return page


COMPANY_PAGE = _page("crm:company-detail", "company_id")
DEAL_PAGE = _page("crm:deal-detail", "deal_id")
CONTACT_PAGE = _page("crm:contact-detail", "contact_id")
# What every record has.
OWNER_COLUMN = person_column("owner", L("Owner"), edit="owner")
UPDATED_COLUMN = Column("updated", L("Last change"), "datetime", "updated_at", sort="updated_at")
ARCHIVED_COLUMN = Column("archived_at", L("Archived on"), "datetime", "archived_at", default=False)


def _archivers(rows: Sequence[Any]) -> Mapping[int, str]:
    return archive.archived_by(rows[0]._meta.model_name, [record.pk for record in rows])


ARCHIVED_BY = Column("archived_by", L("Archived by"), load=_archivers, default=False)
CREATED_COLUMN = Column("created", L("Created"), "datetime", "created_at", default=False)


def _named(label: Any) -> Column:
    return Column("name", label, sort="name_key", annotate={"name_key": Upper("name")})


def _more(name: str, label: Any, kind: str = "text", **more: Any) -> Column:
    return Column(name, label, kind, default=False, **more)


def _town(record: Any) -> str:
    return str((record.billing_address or {}).get("city", ""))


TOWN = _more("town", L("Town"), value=_town, needs=("billing_address",))

COMPANY_COLUMNS = (
    _named(L("Name")),
    Column("domain", L("Domain"), edit="domain"),
    Column("email", L("E-mail"), edit="email"),
    Column("phone", L("Phone"), look="cell-short", edit="phone"),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    _more("industry", L("Industry"), edit="industry"),
    _more("website", L("Website"), edit="website"),
    _more("currency", L("Currency")),
    TOWN,
    _more("notes", L("Notes"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)


def _phone(contact: Any) -> str:
    return str(contact.phone or contact.mobile)


CONTACT_COLUMNS = (
    Column(
        "name", L("Name"), value=str, needs=("first_name", "last_name", "email"), sort="name_key",
        annotate={"name_key": Upper("last_name")},
    ),
    Column("company", L("Company"), path="company__name", link=COMPANY_PAGE, edit="company"),
    Column("email", L("E-mail"), sort="email", edit="email"),
    Column("phone", L("Phone"), value=_phone, needs=("phone", "mobile"), look="cell-short", edit="phone"),
    Column("job_title", L("Job title"), edit="job_title"),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    _more("first_name", L("First name"), edit="first_name"),
    _more("last_name", L("Last name"), edit="last_name"),
    _more("mobile", L("Mobile"), edit="mobile"),
    _more("website", L("Website"), edit="website"),
    TOWN,
    _more("notes", L("Notes"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip


def _billed(name: str, label: Any, kind: str = "text", *, path: str = "", default: bool = True, **more: Any) -> Column:
    annotate = {name: F(f"billing__{path or name}"), "invoice_currency": F("billing__currency")}
    return Column(name, label, kind, annotate=annotate, currency="invoice_currency", default=default, **more)


def _nothing_for_zero(value: Any, deal: Any) -> Any:
    money = Column("outstanding", "", "money", currency="invoice_currency")
    return money.cell(value, deal) if value else ""


def _billing_status(value: Any, _deal: Any) -> Any:
    return str(BillingStatus(value).label) if value in BillingStatus.values else None


def _days_in_stage(deal: Any) -> int:
    return board.days_since(deal.stage_entered_at)


def _rotting(deal: Any) -> str:
    return _("Yes") if board.is_rotting(deal, deal.stage) else ""


def _next_steps(deals_shown: Sequence[Any]) -> Mapping[int, str]:
    return {pk: task.title for pk, task in board.next_tasks(deal.pk for deal in deals_shown).items()}


def _next_moments(deals_shown: Sequence[Any]) -> Mapping[int, Any]:
    return {pk: task.due_at for pk, task in board.next_tasks(deal.pk for deal in deals_shown).items()}


ROTTING_NEEDS = ("stage_entered_at", "status", "stage__rotting_days")
STAGE_NEEDS = ("stage__name", "stage__status")
DEAL_COLUMNS = (
    _named(L("Deal")),
    Column(
        "stage", L("Stage"), path="stage__name", needs=STAGE_NEEDS, show=templated("crm/_stage_cell.html"), edit="stage"
    ),
    Column("amount", L("Amount"), "money", sort="amount", edit="amount"),
    Column("company", L("Company"), path="company__name", link=COMPANY_PAGE, edit="company"),
    _billed(
        "invoice_status", L("Invoice status"), show=templated("crm/_billing_cell.html"), plain=_billing_status,
    ),
    _billed(
        "invoice_amount", L("Invoice amount billed"), "money", path="invoice_amount_billed",
        sort="invoice_amount",
    ),
    _billed("outstanding", L("Outstanding"), "money", sort="outstanding", show=_nothing_for_zero),
    _billed("invoice_number", L("Invoice number"), sort="invoice_number", look="cell-short"),
    _billed("invoice_due_on", L("Invoice due date"), "date", sort="invoice_due_on"),
    _billed("invoice_recipient", L("Invoice recipient")),
    Column("close_on", L("Close date"), "date", sort="close_on", edit="close_on"),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    _more("status", L("Status"), value=lambda deal: str(deal.get_status_display()), needs=("status",)),
    _more("pipeline", L("Pipeline"), path="stage__pipeline__name"),
    _more("probability", L("Probability (percent)"), "number", path="stage__probability"),
    _more("currency", L("Currency")),
    _billed("billed", L("Billed in all"), "money", default=False),
    _billed("paid", L("Paid"), "money", default=False),
    _billed("overdue", L("Overdue amount"), "money", default=False),
    _billed("next_due_on", L("Next due date"), "date", default=False),
    _billed("invoice_count", L("Number of invoices"), "number", path="invoices", default=False),
    _more("closed", L("Closed"), "datetime", path="closed_at"),
    _more("won_reason", L("Reason for winning")),
    _more("lost_reason", L("Reason for losing")),
    _more("close_note", L("Why, in words"), "long"),
    _more("in_stage_since", L("In its stage since"), "datetime", path="stage_entered_at"),
    _more("days_in_stage", L("Days in its stage"), "number", value=_days_in_stage, needs=("stage_entered_at",)),
    _more("rotting", L("Too long in its stage"), value=_rotting, needs=ROTTING_NEEDS),
    _more("next_step", L("Next step"), load=_next_steps),
    _more("next_step_on", L("Next step on"), "datetime", load=_next_moments),
    _more("description", L("Description"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip


def _sold(product: Any) -> str:
    return _("Active") if product.active else _("Not sold")


def _billed_as(product: Any) -> str:
    return terms.in_words(product.billing_period, product.billing_count) or str(BillingPeriod.ONCE.label)


PRODUCT_COLUMNS = (
    _named(L("Name")),
    Column("sku", L("SKU"), sort="sku", look="cell-short", edit="sku"),
    Column("description", L("Description"), "long", edit="description"),
    Column("unit_price", L("Unit price"), "money", sort="unit_price", edit="unit_price"),
    Column(
        "active", L("Status"), value=_sold, needs=("active",), show=templated("crm/_sold_cell.html"), edit="active"
    ),
    Column("billed", L("Billed"), value=_billed_as, needs=("billing_period", "billing_count")),
    UPDATED_COLUMN,
    _more("unit_cost", L("Unit cost"), "money", edit="unit_cost"),
    _more("currency", L("Currency")),
    person_column("owner", L("Owner"), edit="owner", default=False),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip


def expired(quote: Any) -> bool:
    """Whether its last day has passed."""
    return quotes.expired(quote)


def _quote_pill(_value: Any, quote: Any) -> Any:
    return templated("crm/_quote_cell.html", "expired")(expired(quote), quote)


def _contact_of(quote: Any) -> Any:
    return str(quote.contact) if quote.contact else ""


QUOTE_COLUMNS = (
    Column("title", L("Title"), sort="title"),
    Column("number", L("Number"), look="cell-short"),
    Column(
        "status", L("Status"), value=lambda quote: str(quote.get_status_display()), needs=("status", "expires_on"),
        show=_quote_pill,
    ),
    Column("amount", L("Amount"), "money", sort="amount"),
    Column("expires_on", L("Expiry date"), "date", sort="expires_on", edit="expires_on"),
    Column("deal", L("Deal"), path="deal__name", link=DEAL_PAGE),
    Column(
        "contact", L("Contact"), value=_contact_of, link=CONTACT_PAGE,
        needs=("contact__first_name", "contact__last_name", "contact__email"),
    ),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    _more("currency", L("Currency")),
    _more("published", L("Published"), "datetime", path="published_at"),
    _more("terms", L("Terms"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip


def _editor_of(kind: Kind) -> Any:
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


def _change_of(kind: Kind) -> Any:
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


def _archive(record: Any, _choice: Mapping[str, Any], by: Any) -> Any:
    if record.archived_at is not None:
        return None
    _kind_of(record).services.archive(record, by=by)
    return {"archived": True}


def _restore(record: Any, _choice: Mapping[str, Any], by: Any) -> Any:
    if record.archived_at is None:
        return None
    try:
        _kind_of(record).services.restore(record, by=by)
    except records.Merged as error:
        raise Refused(_("It was merged into another record. Undo the merge to bring it back.")) from error
    return {"archived": False}


def _other_way(record: Any, before: Mapping[str, Any], by: Any) -> None:
    if before["archived"]:
        _restore(record, {}, by)
    else:
        _archive(record, {}, by)


def _kind_of(record: Any) -> Kind:
    kinds: dict[str, Kind] = {kind.name: kind for kind in (COMPANY, CONTACT, DEAL, PRODUCT, QUOTE)}
    return kinds[record._meta.model_name]


def _merging(kind: Kind) -> tuple[Action, ...]:
    """Merge two to five chosen records, for kinds that are merged."""
    if kind.name not in merging.MODELS:
        return ()

    def leads(ids: Sequence[int]) -> str:
        if not 2 <= len(ids) <= merging.MOST:
            raise Refused(_("Choose two to five records to merge."))
        return f"{reverse('crm:merge', args=[kind.name])}?ids={','.join(map(str, ids))}"

    return (Action("merge", L("Merge"), "git-merge", str, "crm.merge", leads=leads, offered=_live),)


def _archived(count: int) -> str:
    return ngettext("%d record is archived.", "%d records are archived.", count) % count


def _restored(count: int) -> str:
    return ngettext("%d record is back.", "%d records are back.", count) % count


def _deleted(count: int) -> str:
    return ngettext("%d record is deleted.", "%d records are deleted.", count) % count


def _delete(record: Any, _choice: Mapping[str, Any], by: Any) -> Any:
    try:
        deletion.delete(record, by=by)
    except deletion.NotDeletable as error:
        raise Refused(str(error)) from error


class DeleteForm(forms.Form):
    """Deleting for good can't be undone, so the word is typed."""

    word = forms.CharField(label=L("Type DELETE to confirm"), max_length=20)

    def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
        super().__init__(data)

    def clean_word(self) -> str:
        """The word as it has to be."""
        if self.cleaned_data["word"].strip().upper() != "DELETE":
            raise ValidationError(_("Type the word DELETE."))
        return "DELETE"

    def chosen(self) -> dict[str, Any]:
        """Nothing more is chosen."""
        return {}


def _deletion_warning(_count: str) -> str:
    return _("Their files, tasks and history go with them. This can't be undone. Records with invoices or a link to "
             "QuickBooks stay.")  # fmt: skip


def _in_archive(query: QueryDict) -> bool:
    return bool(query.get("archived"))


def _live(query: QueryDict) -> bool:
    return not query.get("archived")


def _actions(kind: Kind) -> tuple[Action, ...]:
    def warning(_count: str) -> str:
        return str(kind.archive_text)

    return (
        assign_owner(EDITS),
        set_property(EDITS),
        *(segment_actions(EDITS) if kind in (CONTACT, COMPANY, DEAL) else ()),
        *_merging(kind),
        Action(
            "archive", L("Archive"), "archive", _archived, ARCHIVES, each=_archive, confirm=warning, undo=_other_way,
            offered=_live,
        ),
        Action(
            "restore", L("Restore"), "restore", _restored, ARCHIVES, each=_restore, undo=_other_way, offered=_in_archive
        ),
        Action(
            "delete", L("Delete for good"), "trash", _deleted, "crm.delete", each=_delete, ask=DeleteForm,
            confirm=_deletion_warning, tone="danger", offered=_in_archive,
        ),
    )  # fmt: skip


def from_import(value: str) -> Q:
    """The records that an import created, by its id."""
    made = ImportSlice.objects.filter(job=int(value) if value.isdecimal() and len(value) < 19 else 0)
    return Q(pk__in=made.annotate(made=Func("created", function="unnest")).values("made"))


def _table(kind: Kind, columns: Sequence[Column], filters: Sequence[Field], default_sort: str, **more: Any) -> Table:
    return Table(
        kind.name, kind.plural, kind.list_url, kind.detail_url, kind.visible_to, columns, fields(*filters),
        default_sort, actions=_actions(kind), export_permission="crm.export", icon=kind.icon, edit=kind.edit_url,
        change=_change_of(kind), editor=_editor_of(kind), edit_permission=EDITS,
        **{"template": "crm/index.html", "views": VIEWS, "narrowed": {"import": from_import},
           "narrowed_labels": {"import": L("From an import")}, **more},
    )  # fmt: skip


def _each_deal_once(rows: QuerySet[Any], query: QueryDict) -> QuerySet[Any]:
    return rows.distinct() if len(query.getlist("contact")) > 1 else rows


THIS_MONTH = {"period": "this_month"}
WON: Condition = {"field": "status", "op": "in", "value": ["won"]}
DEAL_VIEWS = (
    *VIEWS,
    BuiltIn("no-next-step", L("No next step"), "status=open&next_step=no", tab=False),
    BuiltIn(
        "won-this-month",
        L("Won this month"),
        where={"all": [WON, {"field": "closed", "op": "relative", "value": THIS_MONTH}]},
    ),
    BuiltIn(
        "closing-this-month",
        L("Closing this month"),
        where={
            "all": [
                {"field": "status", "op": "in", "value": ["open"]},
                {"field": "close_on", "op": "relative", "value": THIS_MONTH},
            ]
        },
    ),
    BuiltIn(
        "unbilled-won",
        L("Unbilled won"),
        where={
            "all": [
                WON,
                {
                    "any": [
                        {"field": "invoice_count", "op": "empty"},
                        {"field": "invoice_count", "op": "<", "value": "1"},
                    ]
                },
            ]
        },
    ),
)
DEALS = _table(
    DEAL,
    DEAL_COLUMNS,
    (
        _field("status", L("Status"), "choice", "status", DealStatus.choices),
        _field("stage", L("Stage"), "record", "stage_id"),
        _field("pipeline", L("Pipeline"), "record", "stage__pipeline_id"),
        OWNER,
        COMPANY_OF,
        _field("contact", L("Contact"), "record", "deal_contacts__contact_id"),
        _field("amount", L("Amount"), "number", "amount"),
        _field("close_on", L("Close date"), "date", "close_on"),
        _field("invoice_status", L("Invoice status"), "choice", "billing__invoice_status", BillingStatus.choices),
        Field("next_step", L("Next step"), "choice", choices=NEXT_STEP, expression=board.next_step),
        Field("rotting", L("Too long in its stage"), "choice", choices=YES_NO, expression=board.rotting),
        _field("closed", L("Closed"), "date", "closed_at__date"),
        _field("lost_reason", L("Reason for losing"), "choice", "lost_reason"),
        _field("invoice_due_on", L("Invoice due date"), "date", "billing__invoice_due_on"),
        _field("outstanding", L("Outstanding"), "number", "billing__outstanding"),
        CREATED,
        UPDATED,
    ),
    "-updated",
    chips=(
        Chip("status", L("Status"), choices=DealStatus.choices, icon="circle-dot"),
        Chip("stage", L("Stage"), options=stages, icon="columns"),
        OWNERS,
        COMPANIES,
        Chip("invoice_status", L("Invoice status"), choices=BillingStatus.choices, icon="file-invoice"),
        Chip("close_on", L("Close date"), "date", icon="calendar"),
        Chip("amount", L("Amount"), "number", icon="currency-dollar"),
        Chip("invoice_due_on", L("Invoice due date"), "date", icon="calendar-due"),
        Chip("next_step", L("Next step"), choices=NEXT_STEP, icon="arrow-right"),
        Chip("rotting", L("Too long in its stage"), choices=YES_NO, icon="clock"),
    ),
    views=DEAL_VIEWS,
    totals=(Total("amount", L("Amount")),),
    template="crm/deal_list.html",
    fitted=_each_deal_once,
)
TABLES = (
    DEALS,
    _table(
        COMPANY,
        COMPANY_COLUMNS,
        (OWNER, _field("industry", L("Industry"), "choice", "industry"), CREATED, UPDATED),
        "name",
        chips=(OWNERS, CHANGED),
    ),
    _table(CONTACT, CONTACT_COLUMNS, (OWNER, COMPANY_OF, CREATED, UPDATED), "name", chips=(OWNERS, COMPANIES, CHANGED)),
    _table(
        PRODUCT,
        PRODUCT_COLUMNS,
        (
            _field("active", L("Active"), "checkbox", "active"),
            _field("billing_period", L("Billed"), "choice", "billing_period", RECURRING),
            OWNER,
            _field("unit_price", L("Unit price"), "number", "unit_price"),
            CREATED,
            UPDATED,
        ),
        "name",
        chips=(Chip("unit_price", L("Unit price"), "number", icon="currency-dollar"), OWNERS),
    ),
    _table(
        QUOTE,
        QUOTE_COLUMNS,
        (
            _field("status", L("Status"), "choice", "status", QuoteStatus.choices),
            OWNER,
            _field("deal", L("Deal"), "record", "deal_id"),
            _field("contact", L("Contact"), "record", "contact_id"),
            _field("amount", L("Amount"), "number", "amount"),
            _field("expires_on", L("Expiry date"), "date", "expires_on"),
            CREATED,
            UPDATED,
        ),
        "-updated",
        chips=(
            Chip("status", L("Status"), choices=QuoteStatus.choices, icon="circle-dot"),
            OWNERS,
            Chip("expires_on", L("Expiry date"), "date", icon="calendar"),
            Chip("amount", L("Amount"), "number", icon="currency-dollar"),
        ),
        totals=(Total("amount", L("Amount")),),
    ),
)


def register() -> None:
    """Tell core about the lists."""
    for table in TABLES:
        add_table(table)
