"""The app's entry in the registry, and what it adds to pages of others."""

from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class WorkflowsConfig(AppConfig):
    """See the package's docstring."""

    name = "workflows"

    def ready(self) -> None:
        """Fill the registries; their entries need models, which are there only now."""
        import_string("core.audit.words.add_nouns")(workflow=_("Workflow"))
        import_string("workflows.registration.register")()
        import_string("workflows.pages.register")()
        import_string("workflows.run_fields.register")()
