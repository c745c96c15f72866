"""A small REST client for these tests: it knows the paths and nothing of what the answers should be."""

from __future__ import annotations

from typing import Any

import requests
from requests import Response

VERSION = "v66.0"


class Rest:
    """Calls one sandbox with the static session."""

    def __init__(self, url: str, token: str = "sandbox-session") -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> Response:
        """A call below the version's root, or to a path of its own where it begins with a slash."""
        address = f"{self.url}{path}" if path.startswith("/") else f"{self.url}/services/data/{VERSION}/{path}"
        return self.session.request(method, address, json=json, timeout=30, **options)

    def ask(self, soql: str, resource: str = "query", **headers: str) -> Response:
        return self.call("GET", resource, params={"q": soql}, headers=headers)

    def query(self, soql: str, resource: str = "query") -> list[dict[str, Any]]:
        """Every record of a query, without their attributes."""
        page = self.ask(soql, resource).json()
        records = page["records"]
        while not page["done"]:
            page = self.call("GET", page["nextRecordsUrl"]).json()
            records += page["records"]
        return [{name: value for name, value in one.items() if name != "attributes"} for one in records]

    def first(self, soql: str) -> dict[str, Any]:
        return self.query(f"{soql} LIMIT 1")[0]

    def id_of_a(self, object_name: str, where: str = "") -> str:
        return str(self.first(f"SELECT Id FROM {object_name} {where} ORDER BY Id")["Id"])

    def update(self, records: list[dict[str, Any]], *, all_or_none: bool = False) -> list[dict[str, Any]]:
        typed = [{"attributes": {"type": "Opportunity"}, **record} for record in records]
        body = {"allOrNone": all_or_none, "records": typed}
        return self.call("PATCH", "composite/sobjects", body).json()

    def fault(self, **fault: Any) -> None:
        assert self.call("POST", "/_sandbox/faults", fault).status_code == 200

    def as_person(self, method: str, path: str, **body: Any) -> Response:
        return self.call(method, f"/_sandbox/records/{path}", body or None)

    def show_field(self, object_name: str, name: str, kind: str = "Number", *, edit: bool = True, **more: Any) -> None:
        """Make a custom field and let the integration user see it."""
        sizes = {"Number": {"precision": 18, "scale": 2}, "Text": {"length": 20}}
        data = {"label": name, "type": kind, **sizes.get(kind, {}), **more}
        made = self.call(
            "POST", "tooling/sobjects/CustomField", {"FullName": f"{object_name}.{name}", "Metadata": data}
        )
        assert made.status_code == 201, made.text
        self.grant(object_name, name, edit=edit)

    def grant(self, object_name: str, name: str, *, edit: bool = True) -> None:
        sets = self.query("SELECT Id FROM PermissionSet WHERE Name = 'Tests'")
        parent = sets[0]["Id"] if sets else self._permission_set()
        body = {"ParentId": parent, "SobjectType": object_name, "Field": f"{object_name}.{name}"}
        made = self.call(
            "POST", "sobjects/FieldPermissions", {**body, "PermissionsRead": True, "PermissionsEdit": edit}
        )
        assert made.status_code == 201, made.text

    def _permission_set(self) -> str:
        made = self.call("POST", "sobjects/PermissionSet", {"Name": "Tests", "Label": "Tests"}).json()["id"]
        me = self.id_of_a("User", "WHERE Username = 'integration@sandbox.example'")
        body = {"AssigneeId": me, "PermissionSetId": made}
        assert self.call("POST", "sobjects/PermissionSetAssignment", body).status_code == 201
        return str(made)
