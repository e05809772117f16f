"""Takes secrets out of a finished log line, whoever wrote it and wherever in it they stand. Pure.

Nothing of ours logs a secret on purpose. This is for what comes along: addresses that are keys by themselves, texts of
errors of libraries, the row that PostgreSQL shows with a refused statement.
"""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"
_NAMES = (
    "access_token|refresh_token|id_token|client_secret|password|passwd|secret|api_key|apikey|authorization|"
    "sessionid|csrftoken|csrfmiddlewaretoken|x_refresh_token"
)
# The beginning of a word, also after a line end that JSON has written as a sign and a letter.
_START = r"(?:\b|(?<=\\n)|(?<=\\r)|(?<=\\t))"
# What ends a value in an address, a form, JSON (also JSON within a JSON text) or Python.
_VALUE = r"[^\s&\"'\\\\,;<>})\]]+"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?i){_START}(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{{8,}}"), rf"\1\2{HIDDEN}"),
    # Our own keys and secrets carry their kind in front.
    (re.compile(rf"{_START}(crm_|whsec_)[A-Za-z0-9_-]{{20,}}"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)(hooks\.slack(?:-gov)?\.com/)[A-Za-z0-9/_-]+"), rf"\1{HIDDEN}"),
    (
        re.compile(r"(?i)(?<![a-z0-9+.-])([a-z][a-z0-9+.-]{0,20}://)[^\s/@\"'\\]{0,200}:[^\s/@\"'\\]{0,200}@"),
        rf"\1{HIDDEN}@",
    ),
    (re.compile(rf"(?i)((?:{_NAMES})(?:\\*[\"'])?\s*[=:]\s*(?:\\*[\"'])?){_VALUE}"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)([?&](?:code|state|token|key|signature|sig)=){_VALUE}"), rf"\1{HIDDEN}"),
    # Whoever has these addresses may read what is there: public quotes, calendars, new passwords, invitations.
    (re.compile(r"(/q/|/tasks/feed/)[A-Za-z0-9_-]{16,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(/login/new-password/)[^\s/\"'\\]+/[^\s/\"'\\]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(/invitation/[0-9]+/)[^\s/\"'\\]+"), rf"\1{HIDDEN}"),
    # PostgreSQL quotes the row here; a line ends with a sign or, in JSON, with its escape.
    (re.compile(r"(DETAIL:\s+)(?:(?!\\n)[^\n\"])*"), rf"\1{HIDDEN}"),
)


def without_secrets(text: str) -> str:
    """``text`` with ``[hidden]`` in the place of every secret that can be told by its look or by what stands before."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redact_line(_logger: Any, _method: str, line: str | bytes | Mapping[str, Any]) -> Any:
    """The last step of structlog's: a finished line without secrets."""
    return without_secrets(line) if isinstance(line, str) else line
