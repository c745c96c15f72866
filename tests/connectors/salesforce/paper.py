"""An org on paper: a handful of rows, answered as Salesforce would, with any single answer replaced.

For what a real server cannot be brought to do at will (links in a circle, counts that do not match, an order not
kept) and for properties that need hundreds of small orgs. What Salesforce does in earnest is tested on the sandbox.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import responses

from connectors.retry import Pacing
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings

HOST = "https://acme.my.salesforce.com"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATA = "/services/data/v66.0/"
JSON = {"Content-Type": "application/json;charset=UTF-8"}

Row = dict[str, Any]
Reply = tuple[int, Mapping[str, str], str | bytes] | Exception


def stamp(second: int) -> str:
    """A SystemModstamp that many seconds into the morning."""
    return f"2026-11-23T{8 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000+0000"


def deal(number: int, second: int, **values: Any) -> Row:
    return {
        "Id": f"006{number:015d}",
        "SystemModstamp": stamp(second),
        "IsDeleted": False,
        "Name": f"Deal {number}",
    } | values


def error(code: str, message: str = "said the CRM", status: int = 400) -> Reply:
    return status, JSON, json.dumps([{"errorCode": code, "message": message}])


def answer(body: Any, status: int = 200, **headers: str) -> Reply:
    return status, JSON | headers, json.dumps(body)


HTML: Reply = (200, {"Content-Type": "text/html"}, "<html>We are down for maintenance.</html>")
CUT: Reply = (200, JSON, '{"totalSize": 3, "done": true, "records": [{"Id": "006')


@dataclass
class PaperOrg:
    """Rows by object; `replies` replaces single answers: a list of (word in the URL, reply), each used once, in order.
    `on_call` runs before each answer, with the path."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    fields: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    page_size: int = 2000
    deleted: list[str] = field(default_factory=list)
    replies: list[tuple[str, Reply]] = field(default_factory=list)
    on_call: Callable[[str], None] = lambda path: None
    calls: list[tuple[str, str]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    usage: str | None = None
    now: datetime = NOW
    rejects: dict[str, dict[str, Any]] = field(default_factory=dict)
    _open: dict[str, tuple[int, list[Row]]] = field(default_factory=dict)

    def answer(self, request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], str | bytes]:
        parts = urlsplit(str(request.url))
        self.on_call(parts.path)
        self.calls.append((str(request.method), parts.path))
        self.headers.append(dict(request.headers))
        if request.body and "oauth2" not in parts.path:
            self.bodies.append(json.loads(request.body))
            self.raw.append(bytes(request.body))  # type: ignore[arg-type]
        reply = self._replaced(str(request.url)) or self._own(parts.path, parse_qs(parts.query), request)
        if isinstance(reply, Exception):
            raise reply
        usage = {"Sforce-Limit-Info": self.usage} if self.usage else {}
        return reply[0], {**reply[1], "Date": format_datetime(self.now, usegmt=True), **usage}, reply[2]

    def _replaced(self, url: str) -> Reply | None:
        for number, (word, reply) in enumerate(self.replies):
            if word in url:
                del self.replies[number]
                return reply
        return None

    def _own(self, path: str, query: Mapping[str, Sequence[str]], request: requests.PreparedRequest) -> Reply:
        if path.endswith("/oauth2/token"):
            return answer({"access_token": "secret-token", "instance_url": HOST, "id": f"{HOST}/id/00D1/0051"})
        if path.endswith("/composite"):
            return self._composite(self.bodies[-1])
        if path.endswith("/composite/sobjects"):
            return answer(self._update(self.bodies[-1]["records"]))
        if path.endswith("/describe"):
            return self._describe(path.split("/")[-2])
        if "q" in query:
            return self._query(query["q"][0], with_deleted="queryAll" in path)
        if "/query/" in path:
            return self._more(path.rsplit("/", 1)[-1])
        if "/deleted/" in path:
            entries = [{"id": record_id, "deletedDate": stamp(0)} for record_id in self.deleted]
            return answer(
                {"deletedRecords": entries, "earliestDateAvailable": stamp(0), "latestDateCovered": stamp(9999)}
            )
        return error("NOT_FOUND", "The requested resource does not exist", 404)

    def _composite(self, body: Any) -> Reply:
        parts = [
            {"referenceId": part["referenceId"], "httpStatusCode": 200, "body": self._update(part["body"]["records"])}
            for part in body["compositeRequest"]
        ]
        return answer({"compositeResponse": parts})

    def _update(self, records: Sequence[Row]) -> list[Any]:
        results = []
        for record in records:
            known = {row["Id"]: row for row in self.rows[record["attributes"]["type"]]}
            refusal = self.rejects.get(record["id"])
            if refusal is None:
                known[record["id"]].update({k: v for k, v in record.items() if k not in ("attributes", "id")})
                results.append({"id": record["id"], "success": True, "errors": []})
            else:
                results.append({"success": False, "errors": [{"message": "said the CRM", "fields": [], **refusal}]})
        return results

    def _describe(self, name: str) -> Reply:
        if name not in self.rows and name not in self.fields:
            return error("NOT_FOUND", "The requested resource does not exist", 404)
        return answer(
            {"name": name, "replicateable": True, "fields": self.fields.get(name) or plain_fields(self.rows[name])}
        )

    def _query(self, soql: str, *, with_deleted: bool) -> Reply:
        self.queries.append(soql)
        found = re.fullmatch(r"SELECT (.+) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY (.+?))?(?: LIMIT (\d+))?", soql)
        assert found is not None, soql
        fields, name, where, order, limit = found.groups()
        rows = [row for row in self.rows[name] if _matches(row, where) and (with_deleted or not row.get("IsDeleted"))]
        for key in reversed((order or "").replace(",", " ").split()):
            rows.sort(key=lambda row, key=key: row[key])
        rows = rows[: int(limit)] if limit else rows
        rows = [{name: _value(row, name) for name in fields.split(", ")} for row in rows]
        locator = f"01g{len(self.queries)}"
        self._open[locator] = (len(rows), rows)
        return self._more(f"{locator}-0")

    def _more(self, address: str) -> Reply:
        locator, _, offset = address.partition("-")
        total, rows = self._open[locator]
        end = int(offset) + self.page_size
        body = {"totalSize": total, "done": end >= total, "records": [_nested(row) for row in rows[int(offset) : end]]}
        if end < total:
            body["nextRecordsUrl"] = f"{DATA}query/{locator}-{end}"
        return answer(body)

    def count(self, word: str) -> int:
        """Calls whose path has the word."""
        return sum(word in path for _, path in self.calls)


def plain_fields(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A describe's fields for rows: types guessed from the values."""
    return [described(name, "boolean" if isinstance(value, bool) else "string") for name, value in rows[0].items()]


def described(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    entry = {"name": name, "type": kind, "label": name, "nillable": True, "updateable": name.endswith("__c")}
    sizes = {"precision": 18, "scale": 2} if kind in ("currency", "double") else {}
    return {**entry, "relationshipName": None, "referenceTo": [], "length": 255, **sizes, **more}


def _value(row: Row, path: str) -> Any:
    value: Any = row
    for name in path.split("."):
        value = None if value is None else value[name]
    return value


def _nested(row: Row) -> Row:
    record: Row = {"attributes": {"type": "Opportunity", "url": "/x"}}
    for path, value in row.items():
        *parents, name = path.split(".")
        at = record
        for parent in parents:
            at = at.setdefault(parent, {"attributes": {}})
        at[name] = value
    return record


def _matches(row: Row, where: str | None) -> bool:
    if not where:
        return True
    if found := re.fullmatch(r"SystemModstamp >= (\S+)", where):
        return _at(row["SystemModstamp"]) >= _at(found[1])
    if found := re.fullmatch(r"\(\(SystemModstamp = (\S+) AND Id > '(.+)'\) OR SystemModstamp > \1\)", where):
        return (_at(row["SystemModstamp"]), row["Id"]) > (_at(found[1]), found[2])
    if found := re.fullmatch(r"Id > '(.+)'", where):
        return bool(row["Id"] > found[1])
    found = re.fullmatch(r"Id IN \((.+)\)", where)
    assert found is not None, where
    return row["Id"] in found[1].replace("'", "").split(",")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Watched:
    """A connector to an org on paper, and the waits it would have made."""

    connector: SalesforceConnector
    waits: list[float]


@contextmanager
def connected(org: PaperOrg, **settings: Any) -> Iterator[Watched]:
    """A connector that talks to the org on paper and never sleeps."""
    given = {"instance_url": HOST, "client_id": "key", "client_secret": "very-secret", **settings}
    waits: list[float] = []
    pacing = Pacing(sleep=waits.append, now=lambda: org.now, jitter=lambda: 1.0)
    connector = SalesforceConnector("acme", SalesforceSettings.model_validate(given), pacing)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "POST", "PATCH"):
            mock.add_callback(method, re.compile("https?://.*"), callback=org.answer, content_type=None)
        yield Watched(connector, waits)
    connector.close()
