"""What QuickBooks' refusals mean, from recorded answers in every casing and form."""

from pathlib import Path

import pytest

from qbo_connector import errors

RECORDINGS = Path(__file__).resolve().parent.parent / "qbo_simulator" / "recordings"
MEANING = {
    "fault-authentication-3200": (401, errors.AuthExpired),
    "fault-authentication-3200-malformed": (401, errors.AuthExpired),
    "fault-authorization-3100": (403, errors.NeedsReconnect),
    "fault-business-validation-6000": (400, errors.BusinessRule),
    "fault-duplicate-docnumber-6140": (400, errors.DuplicateNumber),
    "fault-duplicate-name-6240": (400, errors.DuplicateName),
    "fault-duplicate-name-6240-lowercase": (400, errors.DuplicateName),
    "fault-duplicate-name-6240-with-id": (400, errors.DuplicateName),
    "fault-duplicate-taxrate-name-6240": (400, errors.DuplicateName),
    "fault-invalid-reference-2500": (400, errors.InvalidReference),
    "fault-object-not-found-610": (400, errors.NotFound),
    "fault-query-4001": (400, errors.QueryRefused),
    "fault-required-param-2020": (400, errors.InvalidField),
    "fault-stale-object-5010": (400, errors.Stale),
    "fault-system-10000": (500, errors.ServerError),
    "fault-throttle-3001": (429, errors.Throttled),
    "fault-throttle-3001-http403": (403, errors.Throttled),
    "fault-vat-rate-missing-6000": (400, errors.BusinessRule),
}


def recorded(name: str) -> bytes:
    return (RECORDINGS / f"{name}.json").read_bytes()


def test_every_recorded_fault_has_its_meaning():
    assert {path.stem for path in RECORDINGS.glob("fault-*.json")} == set(MEANING)


@pytest.mark.parametrize("name", MEANING)
def test_recorded_faults(name):
    status, kind = MEANING[name]
    error = errors.classify(status, recorded(name), tid="1-abc")
    assert type(error) is kind
    assert error.fault.message
    assert error.tid == "1-abc"
    assert error.plain


@pytest.mark.parametrize("name", MEANING)
def test_a_fault_may_come_with_status_200(name):
    assert type(errors.classify(200, recorded(name))) is MEANING[name][1]


THROTTLED_XML = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<IntuitResponse time="2016-12-07T15:27:09.527-08:00" xmlns="http://schema.intuit.com/finance/v3">
<Fault type="SERVICE"><Error code="003001"><Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>
<Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"""


def test_xml_with_leading_zeros():
    error = errors.classify(429, THROTTLED_XML)
    assert type(error) is errors.Throttled
    assert "request limit" in error.fault.detail


@pytest.mark.parametrize(
    ("status", "writing", "kind"),
    [
        (500, False, errors.ServerError),
        (500, True, errors.OutcomeUnknown),
        (502, True, errors.OutcomeUnknown),
        (503, True, errors.OutcomeUnknown),
        (504, True, errors.OutcomeUnknown),
        (401, True, errors.AuthExpired),
        (429, True, errors.Throttled),
        (404, False, errors.Refused),
        (418, True, errors.Refused),
    ],
)
def test_a_gateway_page_is_judged_by_its_status(status, writing, kind):
    error = errors.classify(status, b"<html><h1>Bad <b>Gateway</b></h1></html>", writing=writing)
    assert type(error) is kind
    assert error.fault.detail == "Bad Gateway"


def test_an_unknown_refusal_is_never_retried():
    body = b'{"Fault":{"Error":[{"Message":"Something new","code":"31415"}],"type":"ValidationFault"}}'
    error = errors.classify(400, body)
    assert type(error) is errors.Refused
    assert not isinstance(error, errors.RetryLater)


def test_the_first_known_code_decides_and_odd_faults_are_faults():
    several = b'{"Fault":{"Error":[{"Message":"?","code":"777"},{"Message":"x","code":"6240","Detail":null}]}}'
    assert type(errors.classify(400, several)) is errors.DuplicateName
    assert type(errors.classify(200, b'{"Fault":{}}')) is errors.Refused
    assert type(errors.classify(400, b'{"Fault":{"Error":"text"}}')) is errors.Refused


@pytest.mark.parametrize("body", [b"", b"{}", b'{"Invoice":{"Id":"1"}}', b"<html>fine</html>", b"[]"])
def test_no_fault_with_200_is_no_error_yet(body):
    assert errors.classify(200, body) is None


def test_entities_in_xml_are_not_expanded():
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><IntuitResponse><Fault><Error code="6240"/></Fault></IntuitResponse>'
    assert errors.faults_in(bomb) == []
