"""A check of our own for schemathesis, and records that are there for operations that are about one.

What fits the document is never refused as not fitting it. A 422 may also say that a value does not fit what is there
(an id of nothing, an e-mail address that is none), which no document can tell beforehand; the type of the problem tells
the two apart.

An id made up is nearly never one of a record. So requests that fit get one that is there, in any version of it. Only
the largest id that the document allows stays where the operation has found a record before: it is told as not found.
"""

import json
import os
from pathlib import Path

import schemathesis
from schemathesis import GenerationMode

LARGEST = 2**53 - 1
# Ids by the first part of the address; the last one is for what deletes it.
THERE = json.loads(os.environ.get("RECORDS_THERE", "{}"))
ANSWERED = os.environ.get("ANSWERED", "")
reached = set()


@schemathesis.check
def fits_the_document(context, response, case):
    """Requests made to fit the document are not told that they don't."""
    meta = case.meta
    if response.status_code == 422 and meta is not None and meta.generation.mode == GenerationMode.POSITIVE:
        assert not response.json()["type"].endswith(":schema"), "refused as not fitting the document"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Let a request that fits be about a record that is there."""
    meta = case.meta
    ids = THERE.get(case.operation.path.removeprefix("/api/v1/").split("/")[0])
    made_up = (case.path_parameters or {}).get("id")
    if not ids or meta is None or meta.generation.mode != GenerationMode.POSITIVE or meta.phase.name == "stateful":
        return
    if isinstance(made_up, int) and (made_up != LARGEST or _name(case) not in reached):
        reached.add(_name(case))
        case.path_parameters["id"] = ids[-1 if case.method == "DELETE" else 0]
        if "If-Match" in (case.headers or {}):
            case.headers["If-Match"] = "*"


@schemathesis.hook
def after_call(context, case, response):
    """Note what was answered, for the test that started this; of 422 whether it is about the values of a record."""
    unfit = response.status_code == 422 and response.json()["type"].endswith(":unfit")
    if ANSWERED:
        with Path(ANSWERED).open("a") as told:
            told.write(f"{_name(case)} {'unfit' if unfit else response.status_code}\n")


def _name(case):
    return f"{case.method.upper()} {case.operation.path.removeprefix('/api/v1/')}"
