"""Signed id tokens, for clients that ask for ``openid`` and check what they get.

The key is public on purpose: it proves nothing, it only lets a client's own check run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

_MODULUS = int(
    "a4bc96dcef1cbb886e9ec41a84880c3869884fd52f37f63ab7017537a76c85761022f31d429ad5172da8d927a0fcb355c620"
    "f07230984f693d16510be62fc3f99c3d7e34e0144f1684a3038a10cff1e03349932648baa4bedb3d8bb7f4efbb008ecb5a68"
    "9b052a925c661706596bc91cfd392f0b9bcd3a22b49473a4c62196fffe2616a1bdc03a6c7ea768ab83c783e422aa2055fd7e"
    "476f6c7712b3b64efcd18dcfa29f06aaebae5ecdea9b90084bf09ff1d1384c52614c1f5bb36ec01b3f24c3b16522052ac264"
    "baa287ae080a9fb397d10e7042989bce2e5a370b7de79e4bb46e0a1d69b54049c1bc0acbd75652b780c8625876fa5e2e67ee"
    "e0866cf5f70b",
    16,
)
_EXPONENT = 65537
_PRIVATE = int(
    "f1d528630d6250aae8398a08a3a654ca3ba2300ff55161d6aff123f29f85602701694d1c173ad4b742002d494fbba848b2a2"
    "8858199e7e752f8823522488da5904540181fdb1d2a86bee22b3fc1a4829a920c933da70a488c9b07ffb7d46b06f1130d577"
    "da9aaaf451504d5cb4c8d66408187a47c06076879c3091d3c2486d30e26451cda8b20febfcb6ef68acf8817b86e565b338d4"
    "dc2a7be16496aa602a08210a94b39516bdde11d119fc25b31e8c656f06141fdfc1337f5ff1587549cf3eb098e101ee7b7756"
    "dd810ddfb336b9fab2e945074cc6c4914d86b48f3b381095d25b4b226a367178365f84f35cdff76f443756ce710f0eaaafb8"
    "e3f2248d5e9",
    16,
)
_KEY_ID = "simulator-key"
_LENGTH = (_MODULUS.bit_length() + 7) // 8
# What stands before a SHA-256 digest in a PKCS #1 v1.5 signature (RFC 8017, 9.2).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def key_set() -> dict[str, Any]:
    """Return the public keys (JWKS)."""
    key = {"kty": "RSA", "e": _number(_EXPONENT), "use": "sig", "kid": _KEY_ID, "alg": "RS256", "n": _number(_MODULUS)}
    return {"keys": [key]}


def id_token(claims: dict[str, Any]) -> str:
    """Return the claims as a JWT signed with RS256."""
    head = _encode(json.dumps({"kid": _KEY_ID, "typ": "JWT", "alg": "RS256"}).encode())
    message = f"{head}.{_encode(json.dumps(claims).encode())}"
    digest = _DIGEST_INFO + hashlib.sha256(message.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (_LENGTH - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), _PRIVATE, _MODULUS)
    return f"{message}.{_encode(signature.to_bytes(_LENGTH, 'big'))}"
