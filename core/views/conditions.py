"""The editor of conditions over a list, and the number of records that fit while one edits."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.conditions import BadCondition, ConditionObject, from_address, registry, to_address
from core.conditions.language import parse, setting
from core.conditions.sql import to_sql
from core.forms.conditions import ConditionField, read

COUNT_UP_TO = 10_000
COUNT_LIMIT_MS = 2000


class WhereForm(forms.Form):
    """The condition of a list."""

    def __init__(self, *args: Any, object_type: str, user: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = ConditionField(object_type=object_type, user=user, required=False, label=_("Conditions"))
        self.fields["where"] = field


def _known(request: HttpRequest, object_type: str) -> ConditionObject:
    """The object, or 404; 403 for who may not see its records."""
    known = registry.objects.get(object_type)
    if known is None:
        raise Http404(object_type)
    if not registry.may_use(object_type, request.user):
        raise PermissionDenied(_("You may not see these records, so you can't filter them."))
    return known


@require_http_methods(["GET", "POST"])
def condition_editor(request: HttpRequest, object_type: str) -> HttpResponse:
    """The editor over the list that the reader comes from; it leads back there with the condition in the address."""
    known = _known(request, object_type)
    back = _back(request)
    where, problem = {}, ""
    if request.method == "POST":
        form = WhereForm(request.POST, object_type=object_type, user=request.user)
        if form.is_valid():
            try:
                return _to(request, _with_where(back, to_address(form.cleaned_data["where"])))
            except BadCondition as error:
                form.add_error("where", str(error))
    else:
        try:
            where = from_address(QueryDict(urlsplit(back).query).get("where", ""))
        except BadCondition as error:
            problem = str(error)
        form = WhereForm(initial={"where": where}, object_type=object_type, user=request.user)
    in_panel = bool(getattr(request, "htmx", False))
    context = {"form": form, "object": known, "back": back, "problem": problem, "in_panel": in_panel}
    template = "core/_condition_form.html" if in_panel else "core/condition_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def condition_count(request: HttpRequest, object_type: str) -> HttpResponse:
    """How many records fit what is in the editor now, counted to a limit; or what is still missing."""
    known = _known(request, object_type)
    context: dict[str, Any] = {}
    try:
        using = setting(request.user, strict=True)
        fitting = to_sql(parse(read(request.POST.get("condition", "")), object_type, using), using)
        rows = known.visible_to(request.user).filter(known.counted).filter(fitting)
        context["count"] = count = capped_count(rows)
        context["capped"] = count is not None and count > COUNT_UP_TO
        context["limit"] = COUNT_UP_TO
    except BadCondition as error:
        context["problem"] = str(error)
    return render(request, "core/_condition_count.html", context)


def capped_count(rows: Any) -> int | None:
    """The number of rows, no further than one past COUNT_UP_TO; None when it takes longer than a reader waits."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(COUNT_LIMIT_MS)])
            count: int = rows.order_by().values("pk")[: COUNT_UP_TO + 1].count()
            return count
    except OperationalError:
        return None


def _back(request: HttpRequest) -> str:
    """The path of the list, with its query: what the form carries, what the link says, or the page it is on."""
    address = request.POST.get("back") or request.headers.get("HX-Current-URL") or request.GET.get("back", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return "/"
    parts = urlsplit(address)
    # Two slashes at its beginning would make a path the name of a host.
    path = "/" + parts.path.lstrip("/\\")
    return path + (f"?{parts.query}" if parts.query else "")


def _with_where(back: str, where: str) -> str:
    """The address of the list with another condition, from its first page on."""
    parts = urlsplit(back)
    query = QueryDict(parts.query, mutable=True)
    query.pop("cursor", None)
    query.pop("where", None)
    if where:
        query["where"] = where
    return parts.path + (f"?{query.urlencode()}" if query else "")


def _to(request: HttpRequest, address: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
