"""HTTP to addresses that people typed: checked, pinned to the address that was checked, and limited in every way.

A host name is resolved once, all its addresses are looked at, and the connection goes to one of those, so a name that
changes its mind between check and use leads nowhere. Private, loopback and other inner addresses are refused unless
an administrator allowed the host. Redirects are not followed. No Django model, no settings.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import certifi
from django.utils.translation import gettext as _

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
# A server that sends a byte now and then does not hold a worker for longer.
WHOLE_SECONDS = 20.0
LARGEST_BODY = 256 * 1024
LARGEST_ANSWER = 16 * 1024
LONGEST_URL = 2_000
AGENT = "CRM-Sync"
# An IPv4 address within an IPv6 one, by a translator of the network (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAllowed(Exception):
    """This request is never made as it is; the message says why."""


class NoAnswer(Exception):
    """Nothing, or nothing readable, came back: whether it was received is unknown. The message says what happened."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the beginning of the body, and how long the server asks to wait, in seconds."""

    status: int
    body: str = ""
    wait: int = 0


def problem_of(url: str, *, allowed: Collection[str] = ()) -> str:
    """Why this address can't be used, in words; empty when it can. Asks no name server: for checks while typing."""
    try:
        _target(url, allowed)
    except NotAllowed as error:
        return str(error)
    return ""


def host_of(url: str) -> str:
    """The host of an address in lower case; empty where there is none."""
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


def post(url: str, body: bytes, headers: Mapping[str, str], *, allowed: Collection[str] = ()) -> Answer:
    """Send ``body`` and read the answer. ``allowed`` are hosts that may be anywhere. Raises NotAllowed, NoAnswer."""
    if len(body) > LARGEST_BODY:
        raise NotAllowed(_("The message is larger than %d kB.") % (LARGEST_BODY // 1024))
    target = _target(url, allowed)
    host, port = _host(target), target.port or (443 if target.scheme == "https" else 80)
    addresses = _resolved(host, port, inner=_is_listed(host, allowed))
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    ends_at = time.monotonic() + WHOLE_SECONDS
    try:
        return _exchange(_connected(addresses, port, host if target.scheme == "https" else ""), target, path, body,
                         headers, ends_at)  # fmt: skip
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(_("The certificate of %(host)s is not valid: %(why)s") % _why(host, error)) from error
    except TimeoutError as error:
        raise NoAnswer(_("%s did not answer in time.") % host) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= ends_at:
            raise NoAnswer(_("%s did not answer in time.") % host) from error
        raise NoAnswer(_("%(host)s could not be reached: %(why)s") % _why(host, error)) from error


def _why(host: str, error: Exception) -> dict[str, str]:
    return {"host": host, "why": str(error)[:200]}


def _target(url: str, allowed: Collection[str]) -> SplitResult:
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _port = _host(parts), parts.port
    except ValueError as error:
        raise NotAllowed(_("This is no address of the web.")) from error
    if parts.scheme not in ("https", "http") or not host:
        raise NotAllowed(_("The address has to begin with https://."))
    if len(text) > LONGEST_URL or any(sign.isspace() or not sign.isprintable() for sign in text) or not text.isascii():
        raise NotAllowed(_("The address holds signs that an address can't hold, or it is too long."))
    if parts.username or parts.password:
        raise NotAllowed(_("The address must not hold a user name or password."))
    if _is_listed(host, allowed):
        return parts
    if parts.scheme != "https":
        raise NotAllowed(_("Use https:// so that nobody can read along."))
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return parts
    _refuse_inner(host, literal)
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _is_listed(host: str, allowed: Collection[str]) -> bool:
    return host in {each.strip().lower().strip("[]").rstrip(".") for each in allowed}


def _refuse_inner(host: str, address: _Address) -> None:
    if not _is_public(address):
        raise NotAllowed(
            _("%s is an address inside this network. An administrator can allow it in the settings.") % host
        )


def _is_public(address: _Address) -> bool:
    """Whether everybody can reach it; an IPv4 address in an IPv6 one is judged itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _resolved(host: str, port: int, *, inner: bool) -> list[str]:
    """All addresses of a host. One that is not public refuses the host, unless it may be ``inner``."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer(_("There is no host %s (or the name server is away).") % host) from error
    addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))
    if not inner:
        for address in addresses:
            _refuse_inner(host, ipaddress.ip_address(address))
    if not addresses:
        raise NoAnswer(_("There is no host %s (or the name server is away).") % host)
    return addresses


def _connected(addresses: list[str], port: int, secure_host: str) -> socket.socket:
    """A connection to the first address that takes one; with TLS for ``secure_host`` unless that is empty."""
    refusal: OSError = OSError()
    for address in addresses[:3]:
        try:
            plain = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            refusal = error
            continue
        plain.settimeout(READ_SECONDS)
        if not secure_host:
            return plain
        try:
            context = ssl.create_default_context(cafile=certifi.where())
            context.load_default_certs()
            return context.wrap_socket(plain, server_hostname=secure_host)
        except OSError:
            plain.close()
            raise
    raise refusal


def _exchange(
    connected: socket.socket, target: SplitResult, path: str, body: bytes, headers: Mapping[str, str], ends_at: float
) -> Answer:
    connection = http.client.HTTPConnection(target.hostname or "", target.port or None)
    connection.sock = connected
    watch = threading.Timer(max(0.0, ends_at - time.monotonic()), _cut, [connected])
    watch.daemon = True
    watch.start()
    try:
        # With the standard port the Host header has none; the connection itself would take http's for TLS too.
        named = target.netloc.rpartition("@")[2]
        sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", "Connection": "close", **headers, "Host": named}
        connection.request("POST", path, body=body, headers=sent)
        response = connection.getresponse()
        if time.monotonic() >= ends_at:
            # The connection was cut among the headers: what is there of them proves nothing.
            raise TimeoutError
        read = response.read(LARGEST_ANSWER)
        wait = response.headers.get("Retry-After", "")
        seconds = int(wait) if wait.isdecimal() and len(wait) < 8 else 0
        return Answer(response.status, read.decode(errors="replace").replace("\x00", ""), seconds)
    finally:
        watch.cancel()
        connection.close()


def _cut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It has ended by itself.
        return
