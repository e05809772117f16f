"""What the system checks say about an installation for real use."""

import pytest

from qbo_connector.checks import production_is_complete


def ids() -> list[str]:
    return [message.id for message in production_is_complete(None)]


def test_a_complete_installation_is_left_alone(settings):
    settings.QBO_ENVIRONMENT, settings.BASE_URL = "production", "https://crm.example.com"

    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SECRET_KEY", "", "qbo_connector.E001"),
        ("ENCRYPTION_KEYS", [], "qbo_connector.E002"),
        ("ENCRYPTION_KEYS", ["k1:short"], "qbo_connector.E002"),
        ("QBO_CLIENT_ID", "", "qbo_connector.W001"),
        ("QBO_CLIENT_SECRET", "", "qbo_connector.W001"),
        ("QBO_ENVIRONMENT", "production", "qbo_connector.W002"),
    ],
)
def test_what_is_missing_is_named(settings, name, value, expected):
    setattr(settings, name, value)

    assert ids() == [expected]


@pytest.mark.parametrize("mode", ["DEBUG", "DEMO"])
def test_demo_and_debug_are_left_alone(settings, mode):
    settings.ENCRYPTION_KEYS = []
    setattr(settings, mode, True)

    assert ids() == []
