"""Core's entry in the app registry."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """What every app stands on."""

    name = "core"
