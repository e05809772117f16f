"""Readers for the few environment values that need more than a cast."""

from urllib.parse import urlsplit

# Base addresses of the two services that Intuit runs, and what the simulator needs to be reached.
# Source: Intuit's OpenID discovery documents and API reference, minor version 75.
QUICKBOOKS_ENVIRONMENTS = {
    "production": {
        "api": "https://quickbooks.api.intuit.com",
        "discovery": "https://developer.api.intuit.com/.well-known/openid_configuration/",
        "invoice": "https://app.qbo.intuit.com/app/invoice?txnId={id}",
        "customer": "https://app.qbo.intuit.com/app/customerdetail?nameId={id}",
    },
    "sandbox": {
        "api": "https://sandbox-quickbooks.api.intuit.com",
        "discovery": "https://developer.api.intuit.com/.well-known/openid_sandbox_configuration/",
        "invoice": "https://app.sandbox.qbo.intuit.com/app/invoice?txnId={id}",
        "customer": "https://app.sandbox.qbo.intuit.com/app/customerdetail?nameId={id}",
    },
}


def quickbooks_addresses(environment: str, simulator_url: str) -> dict[str, str]:
    """Addresses ``api``, ``discovery``, ``invoice`` and ``customer`` of ``production``, ``sandbox`` or ``simulator``.

    ``invoice`` and ``customer`` are pages in QuickBooks, with ``{id}`` and ``{realm}`` to fill in.

    Raises ValueError with the accepted names for any other environment.
    """
    if environment == "simulator":
        base = simulator_url.rstrip("/")
        return {
            "api": base,
            "discovery": f"{base}/.well-known/openid_sandbox_configuration/",
            "invoice": f"{base}/companies/{{realm}}/invoices/{{id}}",
            "customer": f"{base}/companies/{{realm}}/customers/{{id}}",
        }
    try:
        return QUICKBOOKS_ENVIRONMENTS[environment]
    except KeyError:
        message = f"QBO_ENVIRONMENT is {environment!r}; use production, sandbox or simulator."
        raise ValueError(message) from None


def celery_broker_url(redis_url: str) -> str:
    """The same server in Celery's spelling: a Unix socket is ``redis+socket://`` there, ``unix://`` elsewhere."""
    if urlsplit(redis_url).scheme == "unix":
        return "redis+socket" + redis_url[len("unix") :].replace("?db=", "?virtual_host=")
    return redis_url
