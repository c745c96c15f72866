import pytest
import requests

from .conftest import Api

FORM = {
    "grant_type": "refresh_token",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "refresh_token": "sandbox-refresh",
}


@pytest.fixture
def limited(hubspot_sandbox):
    caller = Api(hubspot_sandbox(deals=20, activities=0))
    yield caller
    caller.session.close()


@pytest.fixture
def other_app(limited):
    caller = Api(limited.server, "pat-sandbox-0001")
    yield caller
    caller.session.close()


def change_limits(api: Api, **limits: float) -> None:
    api.control("PATCH", "/records/account/limits", {"values": limits}).ok()


def test_too_many_calls_in_ten_seconds_are_refused(limited) -> None:
    change_limits(limited, ten_seconds=2)
    answers = [limited.get("/crm/v3/owners") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    body = answers[2].body
    assert body["status"] == "error"
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert (body["errorType"], body["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert body["correlationId"]
    assert body["requestId"]
    assert "Retry-After" not in answers[2].headers


def test_the_window_empties_with_the_sandbox_clock(limited) -> None:
    change_limits(limited, ten_seconds=1)
    assert [limited.get("/crm/v3/owners").status for _ in range(2)] == [200, 429]
    limited.control("POST", "/clock", {"advance_seconds": 10}).ok()
    assert limited.get("/crm/v3/owners").status == 200


def test_another_app_has_a_window_of_its_own(limited, other_app) -> None:
    change_limits(limited, ten_seconds=1)
    assert [limited.get("/crm/v3/owners").status for _ in range(2)] == [200, 429]
    assert other_app.get("/crm/v3/owners").status == 200


def test_searches_have_a_limit_a_second_that_all_apps_share(limited, other_app) -> None:
    change_limits(limited, search_per_second=2)
    path = "/crm/v3/objects/deals/search"
    answers = [limited.post(path, {}), other_app.post(path, {}), limited.post(path, {})]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].body["message"] == "You have reached your secondly limit."
    assert answers[2].body["policyName"] == "SECONDLY"
    assert not any(name.startswith("X-HubSpot-RateLimit") for answer in answers for name in answer.headers)
    assert limited.get("/crm/v3/owners").status == 200


def test_the_daily_limit_counts_every_call_until_midnight_of_the_account(limited, other_app) -> None:
    change_limits(limited, daily=2)
    assert limited.get("/crm/v3/owners").status == 200
    assert other_app.post("/crm/v3/objects/deals/search", {}).status == 200
    refused = limited.get("/crm/v3/owners")
    assert (refused.status, refused.body["policyName"]) == (429, "DAILY")
    limited.control("POST", "/clock", {"advance_seconds": 86_400}).ok()
    assert limited.get("/crm/v3/owners").status == 200


def test_answers_say_what_is_left(limited) -> None:
    change_limits(limited, ten_seconds=50)
    limited.get("/crm/v3/owners")
    headers = limited.get("/crm/v3/objects/deals/1").headers  # errors too
    assert headers["X-HubSpot-RateLimit-Max"] == "50"
    assert headers["X-HubSpot-RateLimit-Remaining"] == "48"
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert headers["X-HubSpot-RateLimit-Daily"] == "1000000"
    assert headers["X-HubSpot-RateLimit-Daily-Remaining"] == "999998"


@pytest.mark.parametrize(
    "path", ["/account-info/v3/api-usage/daily", "/account-info/2026-09/api-usage/daily/private-apps"]
)
def test_the_usage_of_the_day_is_told(limited, path) -> None:
    limited.get("/crm/v3/owners")
    usage = limited.get(path).ok()["results"][0]
    assert (usage["currentUsage"], usage["usageLimit"], usage["fetchStatus"]) == (2, 1_000_000, "SUCCESS")
    assert usage["resetsAt"].endswith("-05:00")


def test_the_allowance_of_the_day_is_an_option(hubspot_sandbox) -> None:
    caller = Api(hubspot_sandbox(deals=1, activities=0, daily_calls=1))
    assert [caller.get("/crm/v3/owners").status for _ in range(2)] == [200, 429]
    caller.session.close()


@pytest.mark.parametrize("limits", [{"per_hour": 3}, {"ten_seconds": -1}, {"ten_seconds": "many"}])
def test_limits_that_cannot_be_are_refused(limited, limits) -> None:
    assert limited.control("PATCH", "/records/account/limits", {"values": limits}).status == 400


def test_limits_are_shown(limited) -> None:
    assert limited.control("GET", "/records/account/limits").ok() == {
        "ten_seconds": 190,
        "search_per_second": 5,
        "daily": 1_000_000,
        "index_lag_seconds": 0.0,
    }


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic cGF0", "Bearer", "pat-sandbox-0000"])
def test_a_wrong_token_is_refused(limited, header) -> None:
    answer = requests.get(
        f"{limited.server.url}/crm/v3/objects/deals", headers={"Authorization": header} if header else {}, timeout=30
    )
    assert answer.status_code == 401
    body = answer.json()
    assert (body["status"], body["category"]) == ("error", "INVALID_AUTHENTICATION")
    assert body["correlationId"]


@pytest.mark.parametrize("path", ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-09/token"])
def test_a_refresh_token_is_good_for_access_tokens(limited, path) -> None:
    answer = requests.post(limited.server.url + path, data=FORM, timeout=30)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["refresh_token"]) == ("bearer", 1_800, "sandbox-refresh")
    caller = Api(limited.server, body["access_token"])
    assert caller.get("/crm/v3/owners").status == 200
    told = caller.get(f"/oauth/v1/access-tokens/{body['access_token']}").ok()
    assert told["hub_id"] == body["hub_id"]
    assert 0 < told["expires_in"] <= 1_800
    limited.control("POST", "/clock", {"advance_seconds": 1_801}).ok()
    expired = caller.get("/crm/v3/owners")
    assert (expired.status, expired.body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert caller.get(f"/oauth/v1/access-tokens/{body['access_token']}").status == 404
    caller.session.close()


@pytest.mark.parametrize(
    ("change", "category"),
    [
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"client_id": "x"}, "BAD_CLIENT_ID"),
        ({"client_secret": "x"}, "BAD_CLIENT_ID"),
        ({"refresh_token": "x"}, "BAD_REFRESH_TOKEN"),
    ],
)
def test_a_wrong_refresh_is_refused(limited, change, category) -> None:
    answer = requests.post(f"{limited.server.url}/oauth/v1/token", data=FORM | change, timeout=30)
    assert (answer.status_code, answer.json()["category"]) == (400, category)


def test_expiring_ends_access_tokens_and_refuses_static_ones_once(limited) -> None:
    token = requests.post(f"{limited.server.url}/oauth/v1/token", data=FORM, timeout=30).json()["access_token"]
    caller = Api(limited.server, token)
    limited.control("POST", "/faults", {"kind": "expire_token", "endpoint": "owners"}).ok()
    assert [caller.get("/crm/v3/owners").status for _ in range(2)] == [401, 401]
    assert [limited.get("/crm/v3/owners").status for _ in range(2)] == [401, 200]
    caller.session.close()


def test_requests_are_counted_by_what_they_do(limited) -> None:
    deal = limited.get("/crm/v3/objects/deals", {"limit": 1}).ok()["results"][0]["id"]
    limited.control("DELETE", "/requests")
    limited.get("/crm/objects/2026-09/deals", {"limit": 7})
    limited.post("/crm/v3/objects/deals/search", {"limit": 3})
    limited.post("/crm/v3/objects/deals/batch/read", {"inputs": [{"id": deal}]})
    limited.post("/crm/v3/objects/deals/batch/update", {"inputs": [{"id": deal, "properties": {"amount": "1"}}]})
    limited.get("/crm/v3/nothing")
    log = limited.control("GET", "/requests").ok()
    assert log["counts"] == {"list": 1, "search": 1, "batch_read": 1, "batch_update": 1, "unknown": 1}
    assert [entry["rows"] for entry in log["requests"]] == [7, 3, 1, 1, None]


def test_credentials_are_told_to_who_starts_the_sandbox(limited) -> None:
    assert limited.server.app.credentials()["access_token"] == "pat-sandbox-0000"
