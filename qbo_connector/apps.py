"""The app's entry in the registry, and what it adds to pages of others."""

from django.apps import AppConfig


class QboConnectorConfig(AppConfig):
    """See the package's docstring."""

    name = "qbo_connector"
