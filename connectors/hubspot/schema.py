"""What fields an object has: properties as HubSpot describes them, and the objects we put together ourselves.

`owners`, `deal_splits`, `exchange_rates` and `deal_stages` are no objects of HubSpot's own objects API; their fields
are fixed here. `stage.` and `pipeline.` on deals and `user.` on owners are joined on by us.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.base import CrmField, FieldKind, FixSettings, ObjectSchema
from connectors.hubspot import scopes
from connectors.hubspot.client import Call, HubSpotClient
from connectors.hubspot.errors import Refused
from problems import did_you_mean

DEALS = "deals"
USERS = "users"
OWNERS = "owners"
SPLITS = "deal_splits"
RATES = "exchange_rates"
STAGES = "deal_stages"

_KINDS = {
    "number": FieldKind.NUMBER,
    "bool": FieldKind.BOOLEAN,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATETIME,
}
_TEXT_LENGTH = 65_536
_FRESH_SECONDS = 300.0
_OBJECTS = ("deals", "calls", "emails", "meetings", "tasks", "notes", "users", "goal_targets", "companies", "contacts")


def _fields(**kinds: FieldKind) -> dict[str, CrmField]:
    return {name.replace("__", "."): CrmField(name.replace("__", "."), kind) for name, kind in kinds.items()}


VIRTUAL: Mapping[str, ObjectSchema] = {
    OWNERS: ObjectSchema(
        OWNERS,
        _fields(
            id=FieldKind.TEXT,
            email=FieldKind.TEXT,
            firstName=FieldKind.TEXT,
            lastName=FieldKind.TEXT,
            fullName=FieldKind.TEXT,
            userId=FieldKind.TEXT,
            archived=FieldKind.BOOLEAN,
            active=FieldKind.BOOLEAN,
            primaryTeam__name=FieldKind.TEXT,
            teams=FieldKind.TEXT,
            createdAt=FieldKind.DATETIME,
            updatedAt=FieldKind.DATETIME,
        ),
    ),
    SPLITS: ObjectSchema(
        SPLITS,
        _fields(
            id=FieldKind.TEXT,
            deal_id=FieldKind.TEXT,
            hubspot_owner_id=FieldKind.TEXT,
            hs_deal_split_percentage=FieldKind.NUMBER,
            role=FieldKind.TEXT,
        ),
        read_with=DEALS,
    ),
    RATES: ObjectSchema(
        RATES,
        _fields(
            id=FieldKind.TEXT,
            fromCurrencyCode=FieldKind.TEXT,
            toCurrencyCode=FieldKind.TEXT,
            conversionRate=FieldKind.NUMBER,
            effectiveAt=FieldKind.DATETIME,
        ),
    ),
    STAGES: ObjectSchema(
        STAGES,
        _fields(
            id=FieldKind.TEXT,
            label=FieldKind.TEXT,
            pipeline=FieldKind.TEXT,
            isClosed=FieldKind.BOOLEAN,
            probability=FieldKind.NUMBER,
        ),
    ),
}
JOINED_ON_DEALS: Mapping[str, CrmField] = _fields(
    stage__label=FieldKind.TEXT,
    stage__isClosed=FieldKind.BOOLEAN,
    stage__probability=FieldKind.NUMBER,
    pipeline__label=FieldKind.TEXT,
)
USER_PREFIX = "user."


class Schemas:
    """The fields of objects, remembered for some minutes: a run asks for them often, a worker lives long."""

    def __init__(self, client: HubSpotClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, Mapping[str, CrmField]]] = {}

    def describe(self, object_name: str, paths: Sequence[str] = ()) -> ObjectSchema:
        """The object's fields, read anew, with those of `paths` that exist."""
        if object_name in VIRTUAL:
            return self._virtual(object_name, paths)
        self._known.pop(object_name, None)
        fields = dict(self.properties(object_name))
        if object_name == DEALS:
            fields |= {name: JOINED_ON_DEALS[name] for name in paths if name in JOINED_ON_DEALS}
        return ObjectSchema(object_name, fields)

    def properties(self, object_name: str) -> Mapping[str, CrmField]:
        """The properties of a HubSpot object, at most some minutes old. Raises FixSettings where there is none."""
        known = self._known.get(object_name)
        if known is not None and self._clock() - known[0] < _FRESH_SECONDS:
            return known[1]
        fields = self._read(object_name)
        self._known[object_name] = (self._clock(), fields)
        return fields

    def check_fields(self, object_name: str, names: Sequence[str]) -> None:
        """HubSpot leaves a property it does not know out of the answer without a word, so it is asked for first.

        Raises FixSettings naming every field that is not there.
        """
        known = self._known_fields(object_name, names)
        joined = JOINED_ON_DEALS if object_name == DEALS else {}
        missing = [name for name in names if name not in known and name not in joined]
        if missing:
            guess = did_you_mean(missing[0], [*known, *joined], "Look its internal name up in HubSpot's settings.")
            hint = f"{guess} Correct the mapping, or give the app the right to see the property."
            raise FixSettings(f"HubSpot {object_name} has no property {', '.join(missing)}", hint=hint)

    def _known_fields(self, object_name: str, names: Sequence[str]) -> Mapping[str, CrmField]:
        if object_name == OWNERS:
            return self._virtual(OWNERS, names).fields
        return VIRTUAL[object_name].fields if object_name in VIRTUAL else self.properties(object_name)

    def _virtual(self, object_name: str, paths: Sequence[str]) -> ObjectSchema:
        schema = VIRTUAL[object_name]
        if object_name == RATES:
            self._probe_rates()
        wanted = [path for path in paths if path.startswith(USER_PREFIX)]
        if object_name != OWNERS or not wanted:
            return schema
        properties = self.properties(USERS)
        joined = {path: properties[path.removeprefix(USER_PREFIX)] for path in wanted if _last(path) in properties}
        return ObjectSchema(OWNERS, {**schema.fields, **{path: _joined(path, found) for path, found in joined.items()}})

    def _probe_rates(self) -> None:
        """Accounts with one currency may have no rates to ask for; whoever describes them is told so."""
        path = self._client.paths.exchange_rates()
        call = Call("exchange_rates", "GET", path, query=[("limit", "1")], scope=scopes.CURRENCIES, lists="id")
        try:
            self._client.send(call)
        except Refused as error:
            hint = "Take exchange_rates out of the mapping, or turn on several currencies in HubSpot."
            raise FixSettings(f"HubSpot has no exchange rates in this account ({error})", hint=hint) from error

    def _read(self, object_name: str) -> Mapping[str, CrmField]:
        path = self._client.paths.properties(object_name)
        try:
            reply = self._client.send(Call("properties", "GET", path, scope=scopes.reading(object_name), lists="name"))
        except Refused as error:
            hint = did_you_mean(object_name, [*_OBJECTS, *VIRTUAL], "Use HubSpot's name of the object, such as deals.")
            raise FixSettings(f"HubSpot has no object {object_name} ({error})", hint=hint) from error
        return {row["name"]: _field(row) for row in reply.results}


def _last(path: str) -> str:
    return path.removeprefix(USER_PREFIX)


def _joined(path: str, found: CrmField) -> CrmField:
    return CrmField(path, found.kind, label=found.label, length=found.length, choices=found.choices)


def _field(row: Mapping[str, Any]) -> CrmField:
    kind = _KINDS.get(str(row.get("type")), FieldKind.TEXT)
    read_only = (row.get("modificationMetadata") or {}).get("readOnlyValue", False) or row.get("calculated", False)
    choices = tuple(str(option["value"]) for option in row.get("options") or () if "value" in option)
    return CrmField(
        name=str(row["name"]),
        kind=kind,
        label=str(row.get("label") or ""),
        writable=not read_only,
        length=_TEXT_LENGTH if kind is FieldKind.TEXT else None,
        choices=choices if kind is FieldKind.TEXT else (),
    )
