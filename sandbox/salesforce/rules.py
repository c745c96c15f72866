"""What the platform works out by itself when a record is saved: stages, expected revenue, fiscal periods, names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sandbox.salesforce.errors import RowError
from sandbox.salesforce.objects import FORECAST_CATEGORIES, STAGES
from sandbox.salesforce.store import Row, Store
from sandbox.salesforce.values import Stored

_EMAIL_SIGN = "@"


def derived(store: Store, object_name: str, before: Row, changes: Row, stamp: str) -> Row:
    """What follows from the changes to a record (`before` is empty for a new one). Raises RowError."""
    rule = _RULES.get(object_name)
    return rule(store, before, changes, stamp) if rule else {}


def _opportunity(_store: Store, before: Row, changes: Row, stamp: str) -> Row:
    after = {**before, **changes}
    more: Row = {}
    if "StageName" in changes and changes["StageName"] != before.get("StageName"):
        more.update(_stage(str(after["StageName"]), changes, stamp))
    if "ForecastCategoryName" in changes:
        more["ForecastCategory"] = FORECAST_CATEGORIES.get(str(changes["ForecastCategoryName"]), "Pipeline")
    if "CloseDate" in changes:
        more.update(_fiscal(date.fromisoformat(str(changes["CloseDate"]))))
    amount, probability = after.get("Amount"), {**after, **more}.get("Probability")
    more["ExpectedRevenue"] = _share(amount, probability, 100)
    return more


def _stage(stage: str, changes: Row, stamp: str) -> Row:
    """An unknown stage is taken as Salesforce takes one that is on no list: open, in the pipeline."""
    probability, category, closed, won = STAGES.get(stage, (0, "Pipeline", False, False))
    more: Row = {"IsClosed": int(closed), "IsWon": int(won), "LastStageChangeDate": stamp}
    if "Probability" not in changes:
        more["Probability"] = probability
    if "ForecastCategoryName" not in changes:
        more.update(ForecastCategoryName=category, ForecastCategory=FORECAST_CATEGORIES[category])
    return more


def _fiscal(day: date) -> Row:
    quarter = (day.month + 2) // 3
    return {"FiscalYear": day.year, "FiscalQuarter": quarter, "Fiscal": f"{day.year} {quarter}"}


def _share(amount: Stored, part: Stored, whole: int) -> int | None:
    """`part` of `whole` of an amount, rounded half up to its smallest unit."""
    if not isinstance(amount, int) or not isinstance(part, int):
        return None
    return (2 * amount * part + whole) // (2 * whole)


def _split(store: Store, before: Row, changes: Row, _stamp: str) -> Row:
    after = {**before, **changes}
    parent = store.get("Opportunity", str(after["OpportunityId"])) or {}
    return {
        "SplitAmount": _share(parent.get("Amount"), after.get("SplitPercentage"), 10_000),
        "CurrencyIsoCode": parent.get("CurrencyIsoCode"),
        "SplitTypeId": after.get("SplitTypeId")
        or store.find("OpportunitySplitType", "DeveloperName", "Revenue")[0]["Id"],
    }


def _task(_store: Store, before: Row, changes: Row, stamp: str) -> Row:
    after = {**before, **changes}
    closed = after.get("Status") == "Completed"
    done_at = (before.get("CompletedDateTime") or stamp) if closed else None
    return {
        "IsClosed": int(closed),
        "IsHighPriority": int(after.get("Priority") == "High"),
        "CompletedDateTime": done_at,
    }


def _user(_store: Store, before: Row, changes: Row, _stamp: str) -> Row:
    after = {**before, **changes}
    if _EMAIL_SIGN not in str(after.get("Email")):
        raise RowError("INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {after.get('Email')}", ("Email",))
    return {"Name": " ".join(str(after[part]) for part in ("FirstName", "LastName") if after.get(part))}


def _permission_set(_store: Store, before: Row, _changes: Row, _stamp: str) -> Row:
    return {} if before else {"IsCustom": 1, "IsOwnedByProfile": 0, "Type": "Regular"}


def _field_permissions(store: Store, before: Row, changes: Row, _stamp: str) -> Row:
    after = {**before, **changes}
    object_name, _, field_name = str(after["Field"]).partition(".")
    known = store.objects.get(object_name)
    if known is None or object_name != after["SobjectType"] or field_name not in {one.name for one in known.fields}:
        message = f"Field Name: bad value for restricted picklist field: {after['Field']}"
        raise RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ("Field",))
    if after.get("PermissionsEdit") and not after.get("PermissionsRead"):
        message = "Field permission must have read access when it has edit access"
        raise RowError("FIELD_INTEGRITY_EXCEPTION", message, ("PermissionsEdit",))
    return {}


_RULES: dict[str, Callable[[Store, Row, Row, str], Row]] = {
    "Opportunity": _opportunity,
    "OpportunitySplit": _split,
    "Task": _task,
    "User": _user,
    "PermissionSet": _permission_set,
    "FieldPermissions": _field_permissions,
}

ONLY_ONE_OF = {
    "FieldPermissions": ("ParentId", "Field"),
    "ObjectPermissions": ("ParentId", "SobjectType"),
    "PermissionSetAssignment": ("AssigneeId", "PermissionSetId"),
}
"""Fields that together must not repeat."""

PERMISSIONS = frozenset({"FieldPermissions", "PermissionSetAssignment", "PermissionSet"})
"""Objects whose records decide what the user sees."""
