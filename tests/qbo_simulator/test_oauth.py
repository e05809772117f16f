"""Consent, tokens, rotation, revocation; by hand and with Intuit's own client."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

CALLBACK = "http://127.0.0.1:8000/callback"
DAY = 86400


def consent(url: str, **changes: str) -> requests.Response:
    """Press a button on the consent page."""
    asked = {
        "client_id": "demo-client",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "state": "abc",
        "realmId": "9130350000000001",
        "decision": "connect",
        **changes,
    }
    return requests.post(f"{url}/connect/oauth2", data=asked, allow_redirects=False, timeout=5)


def landed(answer: requests.Response) -> dict[str, str]:
    """The parameters with which the browser is sent back."""
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token(
    url: str, secret: str = "demo-secret", headers: dict[str, str] | None = None, **form: str
) -> requests.Response:
    return requests.post(
        f"{url}/oauth2/v1/tokens/bearer", data=form, auth=("demo-client", secret), headers=headers, timeout=5
    )


def exchange(url: str, code: str) -> requests.Response:
    return token(url, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)


def refresh(url: str, value: str) -> requests.Response:
    return token(url, grant_type="refresh_token", refresh_token=value)


def policy(url: str, **values: Any) -> None:
    assert requests.post(f"{url}/_simulator/token-policy", json=values, timeout=5).status_code == 200


def advance(url: str, seconds: float) -> None:
    assert requests.post(f"{url}/_simulator/clock", json={"advance": seconds}, timeout=5).status_code == 200


@pytest.mark.parametrize("path", ["openid_sandbox_configuration", "openid_configuration/"])
def test_discovery_names_addresses_on_this_host(simulator, path):
    document = requests.get(f"{simulator.url}/.well-known/{path}", timeout=5).json()

    for name in ("authorization_endpoint", "token_endpoint", "revocation_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert document[name].startswith(simulator.url + "/")


def test_consent_page_lists_the_companies_and_says_that_it_is_a_simulator(simulator):
    page = requests.get(
        f"{simulator.url}/connect/oauth2",
        params={
            "client_id": "demo-client",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "com.intuit.quickbooks.accounting",
            "state": '"><script>',
        },
        timeout=5,
    )

    assert page.status_code == 200
    assert "Sandbox Company_US_1" in page.text
    assert "Sandbox Company_UK_1" in page.text
    assert "It is not QuickBooks" in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other"},
        {"redirect_uri": "http://example.com/callback"},
        {"response_type": "token"},
        {"scope": ""},
        {"state": ""},
        {"realmId": "1"},
    ],
)
def test_a_wrong_authorization_request_is_shown_and_not_sent_back(simulator, change):
    answer = consent(simulator.url, **change)

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_connect_gives_a_code_that_works_once(simulator):
    back = landed(consent(simulator.url))

    assert back["state"] == "abc"
    assert back["realmId"] == "9130350000000001"
    tokens = exchange(simulator.url, back["code"])
    assert tokens.status_code == 200
    assert tokens.json()["token_type"] == "bearer"
    assert tokens.json()["expires_in"] == 3600
    assert tokens.json()["x_refresh_token_expires_in"] == 8726400
    assert "x_refresh_token_hard_expires_in" not in tokens.json()
    again = exchange(simulator.url, back["code"])
    assert again.status_code == 400
    assert again.json() == {"error_description": "Invalid authorization code", "error": "invalid_grant"}


def test_no_thanks_sends_back_access_denied(simulator):
    assert landed(consent(simulator.url, decision="deny")) == {"error": "access_denied", "state": "abc"}


def test_realm_comes_only_with_the_accounting_scope(simulator):
    assert "realmId" not in landed(consent(simulator.url, scope="openid"))


def test_wrong_secret_is_invalid_client(simulator):
    answer = token(simulator.url, secret="wrong", grant_type="refresh_token", refresh_token="x")

    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_unknown_refresh_token_and_grant_type(simulator):
    answer = refresh(simulator.url, "RT1-nothing")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    answer = token(simulator.url, grant_type="password")
    assert (answer.status_code, answer.json()) == (400, {"error": "unsupported_grant_type"})


def test_refresh_keeps_its_value_for_a_day_then_rotates_with_a_day_of_grace(simulator, us):
    first = us.tokens["refresh_token"]
    assert refresh(simulator.url, first).json()["refresh_token"] == first
    advance(simulator.url, DAY + 1)

    second = refresh(simulator.url, first).json()["refresh_token"]

    assert second != first
    assert refresh(simulator.url, first).json()["refresh_token"] == second
    advance(simulator.url, DAY + 1)
    assert refresh(simulator.url, first).json()["error"] == "invalid_grant"
    assert refresh(simulator.url, second).status_code == 200


def test_strict_policy_refuses_the_previous_value_and_may_end_the_connection(simulator, us):
    policy(simulator.url, rotation="every", previous="strict")
    first = us.tokens["refresh_token"]
    second = refresh(simulator.url, first).json()["refresh_token"]
    assert refresh(simulator.url, first).status_code == 400
    third = refresh(simulator.url, second).json()["refresh_token"]

    policy(simulator.url, replay_revokes=True)
    assert refresh(simulator.url, second).status_code == 400

    assert refresh(simulator.url, third).json()["error"] == "invalid_grant"
    assert us.raw("GET", "companyinfo/1").status_code == 401


def test_access_token_ends_after_its_hour_with_the_recorded_body(simulator, us, recording):
    advance(simulator.url, 3601)

    answer = us.raw("GET", "companyinfo/1")

    expected = recording("fault-authentication-3200")
    expected["fault"]["error"][0]["detail"] = f"Token expired: {us.tokens['access_token']}"
    assert answer.status_code == 401
    assert answer.json() | {"time": 0} == expected | {"time": 0}


def test_rubbish_and_missing_tokens_are_malformed(us, recording):
    for header in ("Bearer nonsense", "Basic abc", ""):
        answer = us.raw("GET", "companyinfo/1", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.json() | {"time": 0} == recording("fault-authentication-3200-malformed") | {"time": 0}


def test_a_token_opens_only_its_own_company(us, recording):
    us.realm = "9130350000000002"

    answer = us.raw("GET", "companyinfo/1")

    assert answer.status_code == 403
    assert answer.json() | {"time": 0} == recording("fault-authorization-3100") | {"time": 0}


def test_inactivity_and_hard_expiry_end_a_refresh_token(simulator, us):
    policy(simulator.url, hard_seconds=200 * DAY)
    token_value = us.tokens["refresh_token"]
    for _ in range(2):
        advance(simulator.url, 90 * DAY)
        token_value = refresh(simulator.url, token_value).json()["refresh_token"]
    answer = token(
        simulator.url,
        headers={"x-include-refresh-token-hard-expires-in": "true"},
        grant_type="refresh_token",
        refresh_token=token_value,
    )
    assert 19 * DAY < answer.json()["x_refresh_token_hard_expires_in"] <= 20 * DAY

    advance(simulator.url, 21 * DAY)

    assert refresh(simulator.url, token_value).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(simulator, us, which):
    answer = requests.post(
        f"{simulator.url}/v2/oauth2/tokens/revoke",
        json={"token": us.tokens[which]},
        auth=("demo-client", "demo-secret"),
        timeout=5,
    )

    assert answer.status_code == 200
    assert us.raw("GET", "companyinfo/1").status_code == 401
    assert refresh(simulator.url, us.tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_intuits_own_client_connects_refreshes_and_revokes(simulator):
    client = AuthClient(
        "demo-client", "demo-secret", CALLBACK, f"{simulator.url}/.well-known/openid_sandbox_configuration/"
    )
    client.headers["x-include-refresh-token-hard-expires-in"] = "true"
    address = client.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID], state_token="state-1")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    back = landed(consent(simulator.url, **asked))

    client.get_bearer_token(back["code"], realm_id=back["realmId"])
    assert len(client.access_token) > 255
    assert client.id_token
    assert client.get_user_info().json()["emailVerified"] is True
    client.refresh()
    assert client.x_refresh_token_hard_expires_in > 0
    assert client.revoke() is True

    with pytest.raises(AuthClientError) as refusal:
        client.refresh()
    assert refusal.value.status_code == 400
    client.close()


def test_an_unknown_scope_is_sent_back(simulator):
    assert landed(consent(simulator.url, scope="com.example.everything")) == {"error": "invalid_scope", "state": "abc"}
    asked = {
        "client_id": "demo-client",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "x",
        "state": "abc",
    }
    page = requests.get(f"{simulator.url}/connect/oauth2", params=asked, allow_redirects=False, timeout=5)
    assert landed(page)["error"] == "invalid_scope"


def test_the_scope_for_payments_is_for_one_company_too(simulator):
    assert "realmId" in landed(consent(simulator.url, scope="com.intuit.quickbooks.payment openid"))


def test_a_code_for_another_address_is_no_reason_to_connect_anew(simulator):
    code = landed(consent(simulator.url))["code"]

    wrong = token(simulator.url, grant_type="authorization_code", code=code, redirect_uri=f"{CALLBACK}/other")

    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")
    assert len(code) <= 512
    assert exchange(simulator.url, code).status_code == 200


def test_the_token_endpoint_reads_forms_only_and_traces_every_answer(simulator, us):
    body = {"grant_type": "refresh_token", "refresh_token": us.tokens["refresh_token"]}
    address = f"{simulator.url}/oauth2/v1/tokens/bearer"
    as_json = requests.post(address, json=body, auth=("demo-client", "demo-secret"), timeout=5)
    in_form = requests.post(
        address, data={**body, "client_id": "demo-client", "client_secret": "demo-secret"}, timeout=5
    )

    assert (as_json.status_code, in_form.status_code) == (415, 200)
    assert as_json.headers["intuit_tid"] != in_form.headers["intuit_tid"]
    assert in_form.headers["Cache-Control"] == "no-cache, no-store"
    missing = token(simulator.url, grant_type="refresh_token")
    assert (missing.status_code, missing.json()["error"]) == (400, "invalid_request")


def test_the_issuer_is_the_real_one_and_the_keys_are_here(simulator):
    for path in ("openid_sandbox_configuration/", "openid_configuration"):
        found = requests.get(f"{simulator.url}/.well-known/{path}", timeout=5).json()
        assert found["issuer"] == "https://oauth.platform.intuit.com/op/v1"
        assert "com.intuit.quickbooks.accounting" not in found["scopes_supported"]
        keys = requests.get(found["jwks_uri"], timeout=5).json()["keys"]
        assert {"kty", "kid", "alg", "use", "n", "e"} <= keys[0].keys()


@pytest.mark.parametrize("how", ["json", "data"])
def test_revoking_as_json_or_as_a_form(simulator, us, how):
    address = f"{simulator.url}/v2/oauth2/tokens/revoke"
    body = {"token": us.tokens["refresh_token"]}

    first = requests.post(address, auth=("demo-client", "demo-secret"), timeout=5, **{how: body})
    again = requests.post(address, auth=("demo-client", "demo-secret"), timeout=5, **{how: body})

    assert (first.status_code, again.status_code) == (200, 400)
    assert requests.post(address, json=body, timeout=5).status_code == 401
