"""Encryption at rest: AES-256-GCM, several keys at once so that they can be rotated."""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12


class UnreadableSecret(Exception):
    """The text was not encrypted with a known key, was changed, or belongs to another context."""


def _keys() -> dict[str, AESGCM]:
    keys: dict[str, AESGCM] = {}
    for entry in settings.ENCRYPTION_KEYS:
        name, separator, encoded = entry.partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raw = b""
        if not separator or len(raw) != 32:
            raise ImproperlyConfigured("Each entry of ENCRYPTION_KEYS has to be name:base64 of 32 bytes.")
        keys[name] = AESGCM(raw)
    if not keys:
        raise ImproperlyConfigured("ENCRYPTION_KEYS is empty; see .env.example for how to make a key.")
    return keys


def first_key() -> str:
    """The name of the key that encrypts from now on."""
    return next(iter(_keys()))


def key_of(text: str) -> str:
    """The name of the key that an encrypted text needs."""
    return text.partition(":")[0]


def resealed(text: str, *, context: str) -> str:
    """The same secret under the first key. Raises UnreadableSecret."""
    return encrypt(decrypt(text, context=context), context=context)


def encrypt(plain: str, *, context: str) -> str:
    """``plain`` as ``key-name:base64(nonce + ciphertext)``; it can only be read back with the same ``context``."""
    name, key = next(iter(_keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    sealed = key.encrypt(nonce, plain.encode(), context.encode())
    return f"{name}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(text: str, *, context: str) -> str:
    """The plain text. Raises UnreadableSecret rather than ever returning what could not be verified."""
    name, _, encoded = text.partition(":")
    key = _keys().get(name)
    if key is None:
        raise UnreadableSecret("Encrypted with a key that is not in ENCRYPTION_KEYS.")
    try:
        raw = base64.b64decode(encoded, validate=True)
        return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], context.encode()).decode()
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise UnreadableSecret("The stored secret was changed or belongs to another record.") from error
