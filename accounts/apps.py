"""Accounts' entry in the app registry."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, roles, permissions."""

    name = "accounts"
