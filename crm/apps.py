"""The app's entry in the registry."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class CrmConfig(AppConfig):
    """Companies, contacts, deals, products and quotes."""

    name = "crm"

    def ready(self) -> None:
        """Fill the registries; their entries need models, which are there only now."""
        import_string("crm.registration.register")()
        import_string("crm.fields.register")()
        import_string("crm.task_fields.register")()
        import_string("crm.activity_fields.register")()
        import_string("crm.merging.register")()
