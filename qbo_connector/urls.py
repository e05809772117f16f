"""Addresses of this app."""

from django.urls import path

from qbo_connector import oauth
from qbo_connector.views import connections, consent, webhooks

app_name = "qbo_connector"
LIST = "settings/connected-apps/quickbooks/"
urlpatterns = [
    path("settings/connected-apps/", connections.app_list, name="app-list"),
    path(LIST, connections.connection_list, name="connection-list"),
    path(f"{LIST}connect/", consent.connect, name="connect"),
    # Registered with the app at Intuit, letter by letter; so it stands where the rest of the program looks for it.
    path(oauth.CALLBACK_PATH.lstrip("/"), consent.callback, name="callback"),
    path(f"{LIST}<int:pk>/reconnect/", consent.reconnect, name="reconnect"),
    path(f"{LIST}<int:pk>/disconnect/", connections.disconnect, name="disconnect"),
    path("webhooks/quickbooks", webhooks.receive, name="webhook"),
]
