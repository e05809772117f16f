"""Core's entry in the app registry."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class CoreConfig(AppConfig):
    """What every app stands on."""

    name = "core"

    def ready(self) -> None:
        """Fill the registries; their entries need models, which are there only now."""
        import_string("core.registration.register")()
