"""Faults made on purpose: which calls they meet, when, and what happens."""

from __future__ import annotations

import itertools
import json
import random
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from qbo_simulator import faults
from qbo_simulator.calls import Call

ACTIONS = (
    "status",
    "fault",
    "latency",
    "cut",
    "drop",
    "html",
    "empty",
    "malformed",
    "fault_in_200",
    "fault_lowercase",
    "body",
    "throttle",
)
HTML = (
    b"<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n"
    b"<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n"
)


class InvalidRule(ValueError):
    """A fault rule that makes no sense."""


@dataclass
class FaultRule:
    """One rule; a call that meets all its conditions gets its action."""

    id: int
    action: str
    when: str = "before"
    method: str | None = None
    path: str | None = None
    regex: str | None = None
    entity: str | None = None
    realm: str | None = None
    kind: str | None = None
    times: int | None = None
    skip: int = 0
    probability: float = 1.0
    status: int | None = None
    code: str | None = None
    message: str | None = None
    detail: str | None = None
    latency: float = 0.0
    cut_after: int | None = None
    body: Any = None
    content_type: str = "application/json;charset=UTF-8"
    hits: int = field(default=0)

    def meets(self, call: Call) -> bool:
        """Whether the rule is about this call."""
        target = f"{call.path}?{call.query}" if call.query else call.path
        return (
            (self.method is None or self.method.upper() == call.method)
            and (self.path is None or self.path.lower() in target.lower())
            and (self.regex is None or re.search(self.regex, target) is not None)
            and (self.entity is None or self.entity.lower() == (call.entity or "").lower())
            and (self.realm is None or self.realm == call.realm)
            and (self.kind is None or self.kind == call.kind)
        )

    def fault_body(self) -> dict[str, Any]:
        """Return the Fault that this rule answers with: the usual words of its code, or those of the rule."""
        code = self.code or "10000"
        kind = "SystemFault" if code == "10000" else "ValidationFault"
        message, detail, element = "Injected fault", None, ""
        usual = faults.by_code(code)
        if isinstance(usual, faults.GatewayRefused):
            kind, message, detail = usual.kind, usual.error["message"], usual.error["detail"]
        elif usual is not None:
            error = usual.errors[0]
            kind, message, detail, element = usual.type, error.message, error.detail, error.element or ""
        if self.message or self.detail or usual is None:
            message = self.message or message
            detail = self.detail or f"{message} : made on purpose by the simulator"
        return {"Error": [{"Message": message, "Detail": detail, "code": code, "element": element}], "type": kind}

    def fault_status(self) -> int:
        """Return the HTTP status that goes with the rule, or else with its code."""
        usual = faults.by_code(self.code or "10000")
        return self.status or (usual.status if usual is not None else 400)

    def as_json(self) -> dict[str, Any]:
        """Return the rule without the conditions that it does not have."""
        return {name: value for name, value in vars(self).items() if value is not None}


class FaultBook:
    """All rules; the first that meets a call acts, a pure latency lets the others act too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self._ids = itertools.count(1)
        self._random = random.Random(1)  # noqa: S311 (repeatable on purpose)

    def add(self, wanted: dict[str, Any]) -> FaultRule:
        """Add a rule. Raises InvalidRule."""
        fields = dict(wanted)
        match = fields.pop("match", None)
        if isinstance(match, dict):
            fields |= match
        unknown = fields.keys() - (FaultRule.__dataclass_fields__.keys() - {"id", "hits"})
        if unknown:
            raise InvalidRule(f"unknown: {', '.join(sorted(unknown))}")
        action = fields.setdefault("action", _guess(fields))
        if action not in ACTIONS:
            raise InvalidRule(f"action is one of {', '.join(ACTIONS)}")
        if fields.get("when", "before") not in ("before", "after"):
            raise InvalidRule("when is before or after")
        if fields.get("code") is not None:
            fields["code"] = str(fields["code"])
        try:
            re.compile(fields.get("regex") or "")
            rule = FaultRule(id=next(self._ids), **fields)
        except (TypeError, re.error) as error:
            raise InvalidRule(str(error)) from error
        with self._lock:
            self._rules.append(rule)
        return rule

    def take(self, call: Call, when: str) -> list[FaultRule]:
        """Return the rules that act on a call now, and use them up."""
        acting: list[FaultRule] = []
        with self._lock:
            for rule in list(self._rules):
                if rule.when != when or not rule.meets(call):
                    continue
                if rule.probability < 1 and self._random.random() >= rule.probability:
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                rule.hits += 1
                if rule.times is not None and rule.hits >= rule.times:
                    self._rules.remove(rule)
                acting.append(rule)
                if rule.action != "latency":
                    break
        return acting

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules that are still in force."""
        with self._lock:
            return [rule.as_json() for rule in self._rules]

    def clear(self, identifier: int | None = None) -> None:
        """Remove one rule, or all."""
        with self._lock:
            self._rules = [rule for rule in self._rules if identifier is not None and rule.id != identifier]


def _guess(fields: dict[str, Any]) -> str:
    """Return the action that the other fields speak of."""
    if "body" in fields:
        return "body"
    if "code" in fields:
        return "fault"
    if "status" in fields:
        return "throttle" if fields["status"] == 429 else "status"
    return "latency" if "latency" in fields else "fault"


def body_bytes(body: Any) -> bytes:
    """Return a replacement body as bytes: text as it is, anything else as JSON."""
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
