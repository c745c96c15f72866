"""The generated sales as Salesforce records: loaded in bulk before the server answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from sandbox.sales import (
    CORPORATE_CURRENCY,
    RATES,
    Person,
    Quota,
    people,
    quotas,
)
from sandbox.salesforce.auth import USERNAME
from sandbox.salesforce.ids import make_id
from sandbox.salesforce.seed_sales import (
    ACCOUNTS,
    SPLIT_TYPE_IDS,
    Year,
    cents,
    load_activities,
    load_sales,
    stamp,
    user_id,
)
from sandbox.salesforce.store import Store
from sandbox.salesforce.values import Stored

ORG_ID = make_id("00D", 1)
INTEGRATION_USER_ID = make_id("005", 1)
_PROFILE_IDS = (make_id("00e", 1), make_id("00e", 2))
_FORECASTING_TYPE_ID = make_id("0Db", 1)
_Row = dict[str, Stored]


def fill(store: Store, year: Year) -> None:
    """Load the whole org. Memory does not grow with the number of records."""
    staff = people(year.seed, year.users, year.teams, year.start, year.today)
    teams = list(dict.fromkeys(person.team for person in staff))
    _load_org(store, year)
    _load(store, "UserRole", _roles(teams, year.start))
    _load(store, "User", [_integration_user(year.start), *(_user(person, teams, year) for person in staff)])
    _load(store, "Account", [_account(number, name, year) for number, name in enumerate(ACCOUNTS, 1)])
    load_sales(store, year, staff)
    load_activities(store, year, staff)
    _load_quotas(store, quotas(year.seed, staff, year.deals, year.start, year.today), year)


def _load(store: Store, object_name: str, rows: Sequence[_Row]) -> None:
    """Load records that are few; their ids are numbered from 1 on."""
    if rows:
        store.load(object_name, list(rows[0]), [tuple(row.values()) for row in rows])
        store.continue_ids(object_name, len(rows))


def _stamps(created: str, modified: str, by: str = INTEGRATION_USER_ID) -> _Row:
    return {
        "CreatedDate": created,
        "CreatedById": by,
        "LastModifiedDate": modified,
        "LastModifiedById": by,
        "SystemModstamp": modified,
    }


def _load_org(store: Store, year: Year) -> None:
    stamps = _stamps(stamp(year.start), stamp(year.start))
    _load(store, "Organization", [{"Id": ORG_ID, **stamps, **_ORGANIZATION}])
    _load(
        store,
        "Profile",
        [
            {"Id": _PROFILE_IDS[0], **stamps, "Name": "Standard User"},
            {"Id": _PROFILE_IDS[1], **stamps, "Name": "Minimum Access - API Only Integrations"},
        ],
    )
    _load(store, "OpportunitySplitType", [_split_type(number, stamps) for number in (0, 1)])
    _load(store, "ForecastingType", [{"Id": _FORECASTING_TYPE_ID, **stamps, **_FORECASTING_TYPE}])
    _load(store, "CurrencyType", list(_currencies(stamps)))
    _load(store, "DatedConversionRate", list(_dated_rates(stamps, year)))
    _load(store, "Period", list(_periods(stamps, year)))


_ORGANIZATION: _Row = {
    "Name": "Sandbox Sales Inc.",
    "DefaultLocaleSidKey": "en_US",
    "TimeZoneSidKey": "GMT",
    "LanguageLocaleKey": "en_US",
    "FiscalYearStartMonth": 1,
    "UsesStartDateAsFiscalYearName": 1,
    "OrganizationType": "Enterprise Edition",
    "InstanceName": "CS0",
    "IsSandbox": 1,
}
_FORECASTING_TYPE: _Row = {
    "MasterLabel": "Opportunity Revenue",
    "DeveloperName": "OpportunityRevenue",
    "DateType": "OpportunityCloseDate",
    "IsActive": 1,
    "IsAmount": 1,
    "IsQuantity": 0,
    "Language": "en_US",
}


def _split_type(number: int, stamps: _Row) -> _Row:
    """Every org has these two: Revenue adds up to the whole amount, Overlay does not."""
    revenue = number == 0
    return {
        "Id": SPLIT_TYPE_IDS[number],
        "IsDeleted": 0,
        **stamps,
        "MasterLabel": "Revenue" if revenue else "Overlay",
        "DeveloperName": "Revenue" if revenue else "Overlay",
        "Language": "en_US",
        "IsActive": 1,
        "IsTotalValidated": int(revenue),
        "SplitEntity": "OpportunitySplit",
        "SplitField": "Amount",
    }


def _rate(rate: Decimal) -> int:
    return int(rate.scaleb(6))


def _currencies(stamps: _Row) -> Iterator[_Row]:
    for number, (code, rate) in enumerate({CORPORATE_CURRENCY: Decimal(1), **RATES}.items(), 1):
        yield {
            "Id": make_id("01L", number),
            **stamps,
            "IsoCode": code,
            "ConversionRate": _rate(rate),
            "DecimalPlaces": 2,
            "IsActive": 1,
            "IsCorporate": int(code == CORPORATE_CURRENCY),
        }


def _dated_rates(stamps: _Row, year: Year) -> Iterator[_Row]:
    """The same rate throughout, in two spans, so that the one before and the one after a date can be told apart."""
    half = year.start + (year.today - year.start) / 2
    spans = ((date(1900, 1, 1), half), (half, date(9999, 12, 31)))
    for number, ((code, rate), (first, after)) in enumerate(product(RATES.items(), spans), 1):
        yield {
            "Id": make_id("04w", number),
            **stamps,
            "IsoCode": code,
            "ConversionRate": _rate(rate),
            "StartDate": first.isoformat(),
            "NextStartDate": after.isoformat(),
        }


def _periods(stamps: _Row, year: Year) -> Iterator[_Row]:
    for number, first in enumerate(_months(year), 1):
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        yield {
            "Id": make_id("026", number),
            **stamps,
            "Type": "Month",
            "StartDate": first.isoformat(),
            "EndDate": last.isoformat(),
            "Number": first.month,
            "FullyQualifiedLabel": f"{first:%B} FY {first.year}",
            "IsForecastPeriod": 1,
        }


def _months(year: Year) -> list[date]:
    count = (year.today.year - year.start.year) * 12 + year.today.month - year.start.month + 4
    first = year.start.year * 12 + year.start.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, first + count)]


def _roles(teams: Sequence[str], start: date) -> list[_Row]:
    stamps = _stamps(stamp(start), stamp(start))
    role_names = ["Sales Leadership", *teams]
    return [
        {
            "Id": make_id("00E", number),
            **stamps,
            "Name": name,
            "DeveloperName": name.replace(" ", "_").replace("-", "_"),
            "ParentRoleId": None if number == 1 else make_id("00E", 1),
            "PortalType": "None",
        }
        for number, name in enumerate(role_names, 1)
    ]


def _integration_user(start: date) -> _Row:
    person = Person(0, "Integration", "User", USERNAME, "", None, "", True, start, None, False)
    row = _user_row(person, INTEGRATION_USER_ID, None, _stamps(stamp(start), stamp(start)))
    return {**row, "Username": USERNAME, "ProfileId": _PROFILE_IDS[1], "ForecastEnabled": 0}


def _user(person: Person, teams: Sequence[str], year: Year) -> _Row:
    changed = min(person.left_on or person.hired_on, year.today - timedelta(days=1))
    stamps = _stamps(stamp(min(person.hired_on, changed)), stamp(changed))
    role = make_id("00E", 1 if person.manager_index is None else teams.index(person.team) + 2)
    return _user_row(person, user_id(person.index), role, stamps)


def _user_row(person: Person, record_id: str, role: str | None, stamps: _Row) -> _Row:
    name = f"{person.first_name} {person.last_name}"
    return {
        "Id": record_id,
        **stamps,
        "Username": f"{person.email}.sandbox",
        "LastName": person.last_name,
        "FirstName": person.first_name,
        "Name": name,
        "CompanyName": "Sandbox Sales Inc.",
        "Division": "Sales",
        "Department": person.team or None,
        "Title": person.title or None,
        "Email": person.email,
        "Alias": person.email.split("@")[0].replace(".", "")[:8],
        "CommunityNickname": person.email.split("@")[0],
        "IsActive": int(person.active),
        "TimeZoneSidKey": "GMT",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "UserRoleId": role,
        "ProfileId": _PROFILE_IDS[0],
        "UserType": "Standard",
        "EmployeeNumber": f"E{person.index + 1:05d}" if role else None,
        "ManagerId": None if person.manager_index is None else user_id(person.manager_index),
        "ForecastEnabled": 1,
        "CurrencyIsoCode": CORPORATE_CURRENCY,
        "DefaultCurrencyIsoCode": CORPORATE_CURRENCY,
    }


def _account(number: int, name: str, year: Year) -> _Row:
    return {
        "Id": make_id("001", number),
        "IsDeleted": 0,
        **_stamps(stamp(year.start), stamp(year.start)),
        "Name": name,
        "Type": "Customer - Direct",
        "CurrencyIsoCode": CORPORATE_CURRENCY,
        "OwnerId": INTEGRATION_USER_ID,
    }


def _load_quotas(store: Store, targets: Sequence[Quota], year: Year) -> None:
    stamps = _stamps(stamp(year.start), stamp(year.start))
    periods = {first.isoformat(): make_id("026", number) for number, first in enumerate(_months(year), 1)}
    rows: list[_Row] = [
        {
            "Id": make_id("0J9", number),
            **stamps,
            "QuotaOwnerId": user_id(quota.person_index),
            "StartDate": quota.starts_on.isoformat(),
            "PeriodId": periods.get(quota.starts_on.isoformat()),
            "ForecastingTypeId": _FORECASTING_TYPE_ID,
            "IsAmount": 1,
            "IsQuantity": 0,
            "QuotaAmount": cents(quota.amount),
            "CurrencyIsoCode": CORPORATE_CURRENCY,
        }
        for number, quota in enumerate(targets, 1)
    ]
    _load(store, "ForecastingQuota", rows)
