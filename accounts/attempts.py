"""Slows down the guessing of passwords: after too many failures an e-mail address has to wait, from wherever it is
tried, and so has a network address that tries many."""

import hashlib
import ipaddress

import structlog
from django.core.cache import cache
from redis import RedisError

log = structlog.get_logger(__name__)

LIMIT = 10
# Many people share the address of an office.
NETWORK_LIMIT = 100
WINDOW_SECONDS = 15 * 60


def email_key(email: str) -> str:
    """What is counted for an e-mail address."""
    return f"sign-in:{hashlib.sha256(email.strip().casefold().encode()).hexdigest()}"


def network_key(address: str) -> str:
    """What is counted for a network address; a /64 of IPv6 is one, because everybody has that many."""
    parsed = ipaddress.ip_address(address)
    network = ipaddress.ip_network(f"{parsed}/{64 if parsed.version == 6 else 32}", strict=False)
    return f"sign-in-from:{network.network_address}"


def exhausted(email: str, address: str) -> bool:
    """Whether this e-mail address or this network address has to wait. With the cache away nobody is locked out."""
    keys = {email_key(email): LIMIT, network_key(address): NETWORK_LIMIT}
    try:
        counted = cache.get_many(keys)
    except RedisError as error:
        log.warning("attempts.cache_away", error=str(error))
        return False
    return any(int(counted.get(key) or 0) >= limit for key, limit in keys.items())


def failed(email: str, address: str) -> bool:
    """Count a failure; the window begins with the first one. True when the e-mail address has to wait from now on."""
    _count(network_key(address))
    return _count(email_key(email)) == LIMIT


def allowed(key: str, limit: int) -> bool:
    """Count something else that is limited, as e-mails that anybody can ask for; False above ``limit`` a window."""
    return _count(key) <= limit


def _count(key: str) -> int:
    try:
        cache.add(key, 0, WINDOW_SECONDS)
        return int(cache.incr(key))
    except (RedisError, ValueError) as error:  # ValueError: the window ended between the two
        log.warning("attempts.not_counted", error=str(error))
        return 0


def forget(email: str) -> None:
    """A success starts over for the e-mail address; what came from the network address still counts."""
    try:
        cache.delete(email_key(email))
    except RedisError as error:
        log.warning("attempts.cache_away", error=str(error))
