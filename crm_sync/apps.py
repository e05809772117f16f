"""The project's own entry in the app registry: its management commands."""

from django.apps import AppConfig


class CrmSyncConfig(AppConfig):
    """See the package's docstring."""

    name = "crm_sync"
