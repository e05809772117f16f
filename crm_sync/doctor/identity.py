"""The identity provider, where one is set up: whether it is reached and is the one that it should be."""

from collections.abc import Iterator

import requests
from django.conf import settings

from accounts.oidc import configuration
from accounts.oidc import provider as way
from crm_sync.doctor.findings import Finding, failure, ok


def provider() -> Iterator[Finding]:
    """Asks for its description and its keys."""
    if not settings.OIDC_ISSUER:
        yield ok("No identity provider is set up.")
        return
    wrong = [failure(text, remedy) for text, remedy in configuration.problems()]
    yield from wrong
    if wrong:
        return
    try:
        told = way.described()
        if told.get("issuer") != settings.OIDC_ISSUER:
            yield failure(
                f"The provider calls itself {told.get('issuer')!r}, and OIDC_ISSUER is {settings.OIDC_ISSUER!r}.",
                "Set OIDC_ISSUER to exactly what the provider says, if that is yours: with or without the last slash.",
            )
            return
        keys = way.keys(way.checked(told))
    except way.Refused:
        yield failure(
            "The provider names an address of its own that is missing, or that is not asked.",
            "Its endpoints have to be https; those inside the network stand in OUTGOING_ALLOWED_HOSTS.",
        )
        return
    except (requests.RequestException, ValueError) as error:
        yield failure(
            f"{settings.OIDC_ISSUER} does not answer as it should: {type(error).__name__}",
            "Allow https to it from this machine; its /.well-known/openid-configuration has to open there. "
            "REQUESTS_CA_BUNDLE names the certificates of an authority of your own.",
        )
        return
    yield ok(f"{configuration.name()} answers with {keys} keys; register {configuration.callback()} there.")
