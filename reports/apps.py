"""The app's entry in the registry, and what it adds to pages of others."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class ReportsConfig(AppConfig):
    """See the package's docstring."""

    name = "reports"

    def ready(self) -> None:
        """Fill the registries; their entries need models, which are there only now."""
        import_string("reports.registration.register")()
        import_string("reports.ready.register")()
        import_string("reports.home.register")()
