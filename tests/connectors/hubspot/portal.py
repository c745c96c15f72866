"""A tiny HubSpot in memory, for what the sandbox cannot be told to do: strange orders, totals and tokens.

Written from HubSpot's documents, on the dated paths. Tests replace or wrap single answers through `before`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from tests.connectors.hubspot.clock import START, TestClock
from tests.connectors.hubspot.wire import Asked, Said

WINDOW = 10_000
PAGE = 100
_OBJECTS = re.compile(r"/crm/(?:v3/objects|objects/20\d\d-\d\d)/(?P<name>[^/]+)(?P<action>/.*)?$")
_PROPERTIES = re.compile(r"/crm/(?:v3/properties|properties/20\d\d-\d\d)/(?P<name>[^/]+)(?P<action>/.*)?$")
Hook = Callable[[Asked], Said | None]


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(moment: datetime) -> int:
    return (moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(milliseconds=1)


def prop(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    read_only = more.pop("read_only", False)
    return {"name": name, "label": name, "type": kind, "modificationMetadata": {"readOnlyValue": read_only}, **more}


def failed(status: int, category: str, message: str, **more: Any) -> Said:
    return Said(status, {"status": "error", "category": category, "message": message, **more})


class Portal:
    def __init__(self, clock: TestClock) -> None:
        self.clock = clock
        self.before: list[Hook] = []
        self.owners: list[dict[str, Any]] = []
        self.rates: list[dict[str, Any]] = []
        self.splits: dict[str, list[dict[str, Any]]] = {}
        self.groups: dict[str, list[str]] = {}
        self.pipelines: list[dict[str, Any]] = []
        self.account: dict[str, Any] = {"portalId": 33, "timeZone": "Europe/Berlin", "companyCurrency": "USD"}
        base = [prop("hs_object_id", read_only=True), prop("hs_lastmodifieddate", "datetime", read_only=True)]
        self.properties: dict[str, list[dict[str, Any]]] = {
            "deals": [
                *base,
                prop("dealname"),
                prop("amount", "number"),
                prop("closedate", "datetime"),
                prop("day", "date"),
                prop("dealstage", "enumeration"),
                prop("pipeline", "enumeration"),
                prop("hs_merged_object_ids", read_only=True),
                prop("hs_is_deal_split", "bool", read_only=True),
            ],
            "users": [*base, prop("hs_internal_user_id", "number"), prop("attain_payout", "number")],
            "calls": [*base, prop("hs_call_title")],
        }
        self.records: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in self.properties}

    def add(self, object_name: str, record_id: int, modified: datetime | None = None, **values: str | None) -> None:
        moment = modified or START - timedelta(days=30)
        self.records[object_name][record_id] = {
            "id": str(record_id),
            "archived": False,
            "createdAt": iso(moment),
            "updatedAt": iso(moment),
            "properties": {**values, "hs_object_id": str(record_id), "hs_lastmodifieddate": iso(moment)},
        }

    def edit(self, object_name: str, record_id: int, **values: str | None) -> None:
        held = self.records[object_name][record_id]["properties"]
        self.add(object_name, record_id, self.clock.now(), **{**held, **values})

    def archive(self, object_name: str, record_id: int) -> None:
        self.records[object_name][record_id]["archived"] = True

    def merge(self, loser: int, winner: int) -> None:
        del self.records["deals"][loser]
        self.edit("deals", winner, hs_merged_object_ids=str(loser))

    def __call__(self, asked: Asked) -> Said:
        for hook in self.before:
            said = hook(asked)
            if said is not None:
                return said
        if found := _OBJECTS.match(asked.path):
            return self._objects(asked, found["name"], found["action"] or "")
        if found := _PROPERTIES.match(asked.path):
            return self._properties(asked, found["name"], found["action"] or "")
        return self._lists(asked)

    def _lists(self, asked: Asked) -> Said:
        if "owners" in asked.path:
            archived = asked.one("archived") == "true"
            return _paged(asked, [owner for owner in self.owners if owner.get("archived", False) is archived])
        if "pipelines" in asked.path:
            return Said(data={"results": self.pipelines})
        if "exchange-rates" in asked.path:
            return _paged(asked, self.rates)
        if "account-info" in asked.path:
            return Said(data=self.account)
        if "splits" in asked.path:
            ids = [entry["id"] for entry in asked.body["inputs"]]
            return Said(data={"results": [{"id": i, "splits": self.splits[i]} for i in ids if i in self.splits]})
        return failed(404, "", "resource not found")

    def _objects(self, asked: Asked, name: str, action: str) -> Said:
        if name == "deals" and action == "/splits/batch/read":
            return self._lists(asked)
        if name not in self.records:
            return failed(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {name}")
        return {"": self._list, "/search": self._search, "/batch/read": self._read, "/batch/update": self._update}[
            action
        ](asked, name)

    def _list(self, asked: Asked, name: str) -> Said:
        archived = asked.one("archived") == "true"
        after = int(asked.one("after") or 0)
        found = sorted(number for number, row in self.records[name].items() if row["archived"] is archived)
        rows = [self.records[name][number] for number in found if number > after]
        return _paged(asked, [_shown(row, asked.all("properties")) for row in rows[: PAGE + 1]])

    def _search(self, asked: Asked, name: str) -> Said:
        sort = asked.body["sorts"][0]["propertyName"]
        alive = [row for row in self.records[name].values() if not row["archived"]]
        found = [row for group in asked.body["filterGroups"] for row in _matching(alive, group["filters"])]
        rows = list({row["id"]: row for row in found}.values())
        rows.sort(key=lambda row: _number(row["properties"][sort]))
        start, limit = int(asked.body["after"]), asked.body["limit"]
        if start + limit > WINDOW:
            return failed(400, "VALIDATION_ERROR", "paging beyond 10000")
        page = [_shown(row, asked.body["properties"]) for row in rows[start : start + limit]]
        more = {"paging": {"next": {"after": str(start + limit)}}} if start + limit < len(rows) else {}
        return Said(data={"total": len(rows), "results": page, **more})

    def _read(self, asked: Asked, name: str) -> Said:
        ids = [int(entry["id"]) for entry in asked.body["inputs"]]
        held = {i: row for i, row in self.records[name].items() if not row["archived"]}
        missing = [str(i) for i in ids if i not in held]
        results = [_shown(held[i], asked.body["properties"]) for i in ids if i in held]
        return _batch(results, [_missing("ids", missing)] if missing else [])

    def _update(self, asked: Asked, name: str) -> Said:
        known = {entry["name"] for entry in self.properties[name]}
        ids = [entry["id"] for entry in asked.body["inputs"]]
        if len(set(ids)) < len(ids) or len(ids) > 100:
            return failed(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        results, missing = [], []
        for entry in asked.body["inputs"]:
            unknown = set(entry["properties"]) - known
            if unknown:
                bad = f'[{{"isValid":false,"error":"PROPERTY_DOESNT_EXIST","name":"{unknown.pop()}"}}]'
                text = f"Property values were not valid: {bad}"
                return failed(400, "VALIDATION_ERROR", text)
            row = self.records[name].get(int(entry["id"]))
            if row is None or row["archived"]:
                missing.append(entry["objectWriteTraceId"])
                continue
            self.edit(name, int(entry["id"]), **entry["properties"])
            shown = _shown(self.records[name][int(entry["id"])], list(entry["properties"]))
            results.append({**shown, "objectWriteTraceId": entry["objectWriteTraceId"]})
        return _batch(results, [_missing("objectWriteTraceId", [trace]) for trace in missing])

    def _properties(self, asked: Asked, name: str, action: str) -> Said:
        if name not in self.properties:
            return failed(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {name}")
        groups = self.groups.setdefault(name, ["dealinformation"])
        if asked.method == "GET":
            return Said(data={"results": [{"name": group} for group in groups] if action else self.properties[name]})
        if action:
            groups.append(asked.body["name"])
            return Said(201, asked.body)
        if any(held["name"] == asked.body["name"] for held in self.properties[name]):
            return failed(409, "OBJECT_ALREADY_EXISTS", "exists")
        self.properties[name].append({**prop(asked.body["name"]), **asked.body})
        return Said(201, asked.body)


def _paged(asked: Asked, rows: list[dict[str, Any]]) -> Said:
    """Pages by the last id seen, as HubSpot's lists do."""
    limit, after = int(asked.one("limit") or 10), int(asked.one("after") or 0)
    left = [row for row in rows if int(row["id"]) > after]
    more = {"paging": {"next": {"after": left[limit - 1]["id"]}}} if len(left) > limit else {}
    return Said(data={"results": left[:limit], **more})


def _shown(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    held = row["properties"]
    always = ["hs_object_id", "hs_lastmodifieddate"]
    return {**row, "properties": {name: held.get(name) for name in [*names, *always] if name in held}}


@lru_cache(100_000)
def _number(text: str) -> int:
    return int(text) if text.isdigit() else milliseconds(datetime.fromisoformat(text))


_TESTS = {"GT": operator.gt, "GTE": operator.ge, "EQ": operator.eq}


def _matching(rows: list[dict[str, Any]], filters: list[dict[str, str]]) -> list[dict[str, Any]]:
    for entry in filters:
        name, test, wanted = entry["propertyName"], _TESTS[entry["operator"]], int(entry["value"])
        rows = [row for row in rows if test(_number(row["properties"][name]), wanted)]
    return rows


def _missing(key: str, ids: list[str]) -> dict[str, Any]:
    context = {key: ids}
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some", "context": context}


def _batch(results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Said:
    more = {"numErrors": len(errors), "errors": errors} if errors else {}
    return Said(207 if errors else 200, {"status": "COMPLETE", "results": results, **more})
