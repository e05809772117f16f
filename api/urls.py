"""The addresses of the API, made of its operations, and its pages."""

from itertools import groupby

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from api.catalogue import OPERATIONS
from api.described import Operation
from api.dispatch import Endpoint, nowhere
from api.views import keys, reference, webhooks

app_name = "api"
CONVERTERS = {"id": "int", "key": "uuid", "kind": "slug", "object": "slug"}


class Anything(StringConverter):
    """The rest of an address, with line breaks and all."""

    regex = "(?s:.+)"


register_converter(Anything, "anything")


def _route(operation: Operation) -> str:
    found = operation.path
    for name, converter in CONVERTERS.items():
        found = found.replace(f"{{{name}}}", f"<{converter}:{name}>")
    return found


def _endpoints() -> list[URLPattern]:
    ordered = sorted(OPERATIONS, key=lambda operation: operation.path)
    found = []
    for _path, group in groupby(ordered, key=lambda operation: operation.path):
        operations = list(group)
        view = Endpoint.as_view(operations={operation.method: operation for operation in operations})
        found.append(path(f"api/v1/{_route(operations[0])}", view, name=operations[0].name))
    return found


urlpatterns = [
    path("api/v1/openapi.json", reference.document, name="document"),
    path("api/", reference.page, name="reference"),
    path("settings/api-keys/", keys.key_list, name="key-list"),
    path("settings/api-keys/add/", keys.key_create, name="key-create"),
    path("settings/api-keys/everybody/", keys.key_overview, name="key-overview"),
    path("settings/api-keys/<int:pk>/revoke/", keys.key_revoke, name="key-revoke"),
    path("settings/webhooks/", webhooks.webhook_list, name="webhook-list"),
    path("settings/webhooks/add/", webhooks.webhook_create, name="webhook-create"),
    path("settings/webhooks/<int:pk>/", webhooks.webhook_detail, name="webhook-detail"),
    path("settings/webhooks/<int:pk>/edit/", webhooks.webhook_edit, name="webhook-edit"),
    path("settings/webhooks/<int:pk>/pause/", webhooks.webhook_pause, name="webhook-pause"),
    path("settings/webhooks/<int:pk>/test/", webhooks.webhook_test, name="webhook-test"),
    path("settings/webhooks/<int:pk>/delete/", webhooks.webhook_delete, name="webhook-delete"),
    path("settings/webhooks/deliveries/<int:pk>/", webhooks.webhook_delivery, name="webhook-delivery"),
    path("settings/webhooks/deliveries/<int:pk>/replay/", webhooks.webhook_replay, name="webhook-replay"),
    *_endpoints(),
    path("api/v1/<anything:rest>", nowhere, name="nowhere"),
]
