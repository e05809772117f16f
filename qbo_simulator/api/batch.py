"""Batches: up to thirty operations and queries, each for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, clock, faults
from qbo_simulator.api import bodies, cdc, query
from qbo_simulator.api.operations import Intent, Outcome, perform, work_for
from qbo_simulator.calls import Call
from qbo_simulator.entities.catalogue import entity_named
from qbo_simulator.wire import Request

if TYPE_CHECKING:
    from qbo_simulator.application import Application


def run(app: Application, request: Request, realm: str, call: Call) -> Outcome:
    """Do the items one after the other; a refused one does not stop the others."""
    items = bodies.read_object(request, "IntuitBatchRequest").get("BatchItemRequest")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise faults.invalid_property("BatchItemRequest")
    most = app.switches["batch_size"]
    if len(items) > most:
        name = "Batch size exceeds allowed limit"
        raise faults.Refused(faults.Error("1040", name, f"{name} : Batch size is limited to {most}"))
    requestid = request.parameter("requestid")
    if requestid is not None and len(requestid) > 36:
        raise faults.too_long("requestid", 36, len(requestid))
    answers = []
    for item in items:
        identifier = str(item.get("bId", ""))
        try:
            if "Query" in item or "CDCQuery" in item:
                call.reads += 1
            text = _one(app, realm, item, f"{requestid}:{identifier}" if requestid else None)
        except faults.Refused as refusal:
            text = f'"Fault":{amounts.dump(refusal.as_json())}'
        answers.append(f'{{{text},"bId":{amounts.dump(identifier)}}}' if "bId" in item else f"{{{text}}}")
    time = clock.body_time(app.clock.now())
    return Outcome(200, f'"BatchItemResponse":[{",".join(answers)}],"time":"{time}"')


def _one(app: Application, realm: str, item: dict[str, Any], requestid: str | None) -> str:
    if "Query" in item:
        with app.store.reading() as tx:
            response = query.run(tx, realm, str(item["Query"]), app.clock.now().date(), app.switches)
        return f'"QueryResponse":{response}'
    if isinstance(item.get("CDCQuery"), dict):
        asked = {str(name).lower(): str(value) for name, value in item["CDCQuery"].items()}
        with app.store.reading() as tx:
            names, since = asked.get("entities"), asked.get("changedsince")
            found = cdc.run(tx, realm, names, since, app.clock.now(), app.switches["cdc_too_old"])
        return f'"CDCResponse":{found}'
    names = [name for name in item if name not in ("bId", "operation", "optionsData") and entity_named(name)]
    if len(names) != 1 or not isinstance(item[names[0]], dict):
        raise faults.invalid_property("BatchItemRequest")
    entity = entity_named(names[0])
    assert entity is not None
    body = item[names[0]]
    operation = str(item.get("operation", "")).lower()
    if str(item.get("optionsData", "")).lower() == "void":
        operation = "void"
    if requestid and len(str(item.get("bId", ""))) > 10:
        raise faults.too_long("bId", 10, len(str(item.get("bId", ""))))
    work = work_for(entity, operation, body)
    outcome = perform(app, Intent(realm, entity.name, work, requestid, "/batch", amounts.dump(body).encode()))
    # The items have no time of their own.
    return outcome.text.rpartition(',"time":')[0]
