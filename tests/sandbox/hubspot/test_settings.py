import pytest


@pytest.mark.parametrize("path", ["/crm/v3/owners", "/crm/v3/owners/", "/crm/owners/2026-03", "/crm/owners/2026-09"])
def test_owners_are_people_with_two_ids_and_a_team(api, path) -> None:
    owners = api.get(path).ok()["results"]
    assert owners[0]["email"] == "ada.lindstrom@example.com"
    for owner in owners:
        assert owner["type"] == "PERSON"
        assert owner["archived"] is False
        assert owner["userId"] == owner["userIdIncludingInactive"]
        assert [team["primary"] for team in owner["teams"]] == [True]


def test_owners_come_in_pages(api) -> None:
    everybody = [owner["id"] for owner in api.get("/crm/v3/owners").ok()["results"]]
    paged = [owner["id"] for page in api.pages("/crm/v3/owners", {"limit": 4}) for owner in page["results"]]
    assert paged == everybody
    assert api.get("/crm/v3/owners", {"limit": 500}).status == 200
    assert api.get("/crm/v3/owners", {"limit": 501}).status == 400


def test_one_owner_is_found_by_id_by_user_id_and_by_email(api) -> None:
    owner = api.get("/crm/v3/owners", {"email": "Bruno.Okafor@example.com"}).ok()["results"][0]
    assert api.get(f"/crm/v3/owners/{owner['id']}").ok() == owner
    assert api.get(f"/crm/v3/owners/{owner['userId']}", {"idProperty": "userId"}).ok() == owner
    assert api.get("/crm/v3/owners/1").status == 404
    assert api.get(f"/crm/v3/owners/{owner['id']}", {"archived": "true"}).status == 404
    assert api.get("/crm/v3/owners", {"email": "nobody@example.com"}).ok()["results"] == []


def test_users_and_teams_are_provisioned_apart(api) -> None:
    users = api.get("/settings/v3/users/").ok()["results"]
    teams = api.get("/settings/v3/users/teams").ok()["results"]
    assert {user["primaryTeamId"] for user in users} <= {team["id"] for team in teams}
    assert set(teams[0]) == {"id", "name", "userIds", "secondaryUserIds"}
    assert {user["id"] for user in users} == {member for team in teams for member in team["userIds"]}
    assert api.get("/settings/teams/2026-09-beta").ok()["results"] == teams
    assert api.get(f"/settings/v3/users/{users[0]['id']}").ok() == users[0]
    assert api.get(f"/settings/v3/users/{users[0]['email']}", {"idProperty": "EMAIL"}).ok() == users[0]
    assert api.get("/settings/v3/users/1").status == 404
    assert api.get("/settings/v3/users/roles").ok()["results"] == []


@pytest.mark.parametrize("path", ["/account-info/v3/details", "/account-info/2026-09/details"])
def test_the_account_names_its_currencies_and_its_time_zone(api, path) -> None:
    details = api.get(path).ok()
    assert details["companyCurrency"] == "USD"
    assert details["additionalCurrencies"] == ["EUR", "GBP", "JPY"]
    assert details["timeZone"] == "America/New_York"
    assert details["utcOffset"] == "-05:00"
    assert details["utcOffsetMilliseconds"] == -18_000_000
    assert details["accountType"] == "STANDARD"


@pytest.mark.parametrize("path", ["/settings/v3/currencies", "/settings/currencies/2026-09"])
def test_rates_are_into_the_company_currency_and_dated(api, path) -> None:
    assert api.get(f"{path}/company-currency").ok()["id"] == "USD"
    assert {code["currencyCode"] for code in api.get(f"{path}/codes").ok()["results"]} >= {"USD", "EUR", "GBP", "JPY"}
    current = api.get(f"{path}/exchange-rates/current").ok()["results"]
    assert {rate["fromCurrencyCode"]: rate["conversionRate"] for rate in current} == {"EUR": 1.086957, "GBP": 1.265823}
    assert {rate["toCurrencyCode"] for rate in current} == {"USD"}
    rates = [rate for page in api.pages(f"{path}/exchange-rates", {"limit": 3}) for rate in page["results"]]
    assert len(rates) == 4
    assert {rate["id"] for rate in current} < {rate["id"] for rate in rates}
    euro = api.get(f"{path}/exchange-rates", {"fromCurrencyCode": "EUR"}).ok()["results"]
    assert len(euro) == 2
    assert api.get(f"{path}/exchange-rates/{euro[0]['id']}").ok() == euro[0]
    assert api.get(f"{path}/exchange-rates/1").status == 404
    assert api.get(f"{path}/central-fx-rates/information").ok() == {"centralExchangeRatesEnabled": False}


def test_a_new_rate_holds_from_its_moment_on(api) -> None:
    body = {"fromCurrencyCode": "CHF", "conversionRate": 1.25, "effectiveAt": "2099-01-01T00:00:00Z"}
    assert api.post("/settings/v3/currencies/exchange-rates", body).ok()["conversionRate"] == 1.25
    current = "/settings/v3/currencies/exchange-rates/current"
    assert "CHF" not in {rate["fromCurrencyCode"] for rate in api.get(current).ok()["results"]}
    api.post("/settings/v3/currencies/exchange-rates", {"fromCurrencyCode": "CHF", "conversionRate": "1.2"}).ok()
    assert {"CHF": 1.2}.items() <= {
        rate["fromCurrencyCode"]: rate["conversionRate"] for rate in api.get(current).ok()["results"]
    }.items()
    deal = api.make_deal(amount="100", deal_currency_code="CHF")
    assert api.read_deal(deal, "amount_in_home_currency")["properties"]["amount_in_home_currency"] == "120.00"


@pytest.mark.parametrize(
    "body",
    [
        {"fromCurrencyCode": "XXX", "conversionRate": 1},
        {"fromCurrencyCode": "EUR"},
        {"fromCurrencyCode": "EUR", "conversionRate": "many"},
        {"fromCurrencyCode": "EUR", "conversionRate": 0},
        {"fromCurrencyCode": "EUR", "conversionRate": "NaN"},
    ],
)
def test_a_rate_that_cannot_be_is_refused(api, body) -> None:
    assert api.post("/settings/v3/currencies/exchange-rates", body).status == 400
