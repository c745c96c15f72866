"""Which handler answers which path. Both generations of paths lead to the same handlers.

`/crm/v3/objects/deals`, `/crm/objects/v3/deals` and `/crm/objects/2026-09/deals` are one path once the version is
taken out of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.hubspot import associations, batches, objects, properties, settings, splits, stages
from sandbox.hubspot.account import Account
from sandbox.hubspot.call import Call, no_such_path
from sandbox.hubspot.errors import method_not_allowed
from sandbox.wire import Request, Response

Handler = Callable[[Account, Call], Response]
VERSIONS = ("v1", "v3", "v4", "2025-09", "2026-03", "2026-09", "2026-09-beta")
_VERSION = re.compile(r"v\d+|\d{4}-\d{2}(-beta)?")
_VERSION_PLACES = range(1, 3)  # second or third part of the path


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path without its version; `name` is for counting and faults."""

    method: str
    path: re.Pattern[str]
    name: str
    handler: Handler


def _route(method: str, path: str, name: str, handler: Handler) -> Route:
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)
    return Route(method, re.compile(f"{pattern}/?"), name, handler)


_SPLITS = (
    _route("POST", "/crm/objects/deals/splits/batch/read", "splits_read", splits.read),
    _route("POST", "/crm/objects/deals/splits/batch/upsert", "splits_upsert", splits.upsert),
    _route("POST", "/deal-splits/batch/read", "splits_read", splits.read),
    _route("POST", "/deal-splits/batch/upsert", "splits_upsert", splits.upsert),
)
_OBJECTS = (
    _route("GET", "/crm/objects/{kind}", "list", objects.list_records),
    _route("POST", "/crm/objects/{kind}", "create", objects.create_record),
    _route("POST", "/crm/objects/{kind}/search", "search", objects.search_records),
    _route("POST", "/crm/objects/{kind}/merge", "merge", objects.merge_records),
    _route("POST", "/crm/objects/{kind}/batch/read", "batch_read", batches.read),
    _route("POST", "/crm/objects/{kind}/batch/update", "batch_update", batches.update),
    _route("POST", "/crm/objects/{kind}/batch/upsert", "batch_upsert", batches.upsert),
    _route("POST", "/crm/objects/{kind}/batch/create", "batch_create", batches.create),
    _route("POST", "/crm/objects/{kind}/batch/archive", "batch_archive", batches.archive),
    _route("GET", "/crm/objects/{kind}/{id}", "get", objects.get_record),
    _route("PATCH", "/crm/objects/{kind}/{id}", "update", objects.update_record),
    _route("DELETE", "/crm/objects/{kind}/{id}", "archive", objects.archive_record),
)
_BETWEEN = "/crm/objects/{kind}/{id}/associations"
_ASSOCIATIONS = (
    _route("PUT", f"{_BETWEEN}/default/{{other}}/{{other_id}}", "associations_default", associations.put_default),
    _route("GET", f"{_BETWEEN}/{{other}}", "associations_list", associations.list_others),
    _route("PUT", f"{_BETWEEN}/{{other}}/{{other_id}}", "associations_create", associations.put_labelled),
    _route("DELETE", f"{_BETWEEN}/{{other}}/{{other_id}}", "associations_delete", associations.delete),
    _route("POST", "/crm/associations/{kind}/{other}/batch/read", "associations_read", associations.batch_read),
    _route("POST", "/crm/associations/{kind}/{other}/batch/create", "associations_create", associations.batch_create),
    _route("POST", "/crm/associations/{kind}/{other}/batch/archive", "associations_delete", associations.batch_archive),
    _route(
        "POST",
        "/crm/associations/{kind}/{other}/batch/associate/default",
        "associations_default",
        associations.batch_default,
    ),
)
_GROUPS = "/crm/properties/{kind}/groups"
_PROPERTIES = (
    _route("GET", "/crm/properties/{kind}", "properties", properties.list_all),
    _route("POST", "/crm/properties/{kind}", "property_create", properties.create),
    _route("POST", "/crm/properties/{kind}/batch/create", "property_create", properties.batch_create),
    _route("POST", "/crm/properties/{kind}/batch/read", "properties", properties.batch_read),
    _route("POST", "/crm/properties/{kind}/batch/archive", "property_archive", properties.batch_archive),
    _route("GET", _GROUPS, "groups", properties.list_groups),
    _route("POST", _GROUPS, "group_create", properties.create_group),
    _route("GET", f"{_GROUPS}/{{name}}", "groups", properties.get_group),
    _route("PATCH", f"{_GROUPS}/{{name}}", "group_update", properties.update_group),
    _route("DELETE", f"{_GROUPS}/{{name}}", "group_archive", properties.archive_group),
    _route("GET", "/crm/properties/{kind}/{name}", "properties", properties.get),
    _route("PATCH", "/crm/properties/{kind}/{name}", "property_update", properties.update),
    _route("DELETE", "/crm/properties/{kind}/{name}", "property_archive", properties.archive),
)
_PIPELINE = "/crm/pipelines/{kind}/{pipeline}"
_PIPELINES = (
    _route("GET", "/crm/pipelines/{kind}", "pipelines", stages.list_all),
    _route("POST", "/crm/pipelines/{kind}", "pipeline_create", stages.create),
    _route("GET", _PIPELINE, "pipelines", stages.get),
    _route("PATCH", _PIPELINE, "pipeline_update", stages.update),
    _route("GET", f"{_PIPELINE}/stages", "pipelines", stages.list_stages),
    _route("POST", f"{_PIPELINE}/stages", "pipeline_update", stages.create_stage),
    _route("GET", f"{_PIPELINE}/stages/{{stage}}", "pipelines", stages.get_stage),
    _route("PATCH", f"{_PIPELINE}/stages/{{stage}}", "pipeline_update", stages.update_stage),
    _route("DELETE", f"{_PIPELINE}/stages/{{stage}}", "pipeline_update", stages.delete_stage),
)
_CURRENCIES = "/settings/currencies"
_SETTINGS = (
    _route("GET", "/crm/owners", "owners", settings.list_owners),
    _route("GET", "/crm/owners/{id}", "owners", settings.get_owner),
    _route("GET", "/settings/users", "users", settings.list_users),
    _route("GET", "/settings/users/teams", "teams", settings.list_teams),
    _route("GET", "/settings/teams", "teams", settings.list_teams),
    _route("GET", "/settings/users/roles", "users", settings.list_roles),
    _route("GET", "/settings/users/{id}", "users", settings.get_user),
    _route("GET", "/account-info/details", "account", settings.details),
    _route("GET", f"{_CURRENCIES}/company-currency", "currencies", settings.company_currency),
    _route("GET", f"{_CURRENCIES}/codes", "currencies", settings.currency_codes),
    _route("GET", f"{_CURRENCIES}/central-fx-rates/information", "currencies", settings.central_rates),
    _route("GET", f"{_CURRENCIES}/exchange-rates", "currencies", settings.exchange_rates),
    _route("POST", f"{_CURRENCIES}/exchange-rates", "currency_update", settings.create_rate),
    _route("GET", f"{_CURRENCIES}/exchange-rates/current", "currencies", settings.current_rates),
    _route("GET", f"{_CURRENCIES}/exchange-rates/{{id}}", "currencies", settings.get_rate),
)
_ROUTES = (*_SPLITS, *_OBJECTS, *_ASSOCIATIONS, *_PROPERTIES, *_PIPELINES, *_SETTINGS)


def without_version(path: str) -> tuple[str, str]:
    """The path without its version, and the version. Raises ApiError where there is none that is served."""
    parts = path.split("/")[1:]
    for place in _VERSION_PLACES:
        if place < len(parts) and _VERSION.fullmatch(parts[place]):
            if parts[place] not in VERSIONS:
                break
            return "/" + "/".join(parts[:place] + parts[place + 1 :]), parts[place]
    raise no_such_path()


def find_route(request: Request) -> tuple[Route, Call]:
    """The route of a request. Raises ApiError 404 for no such path, 405 for another method than its own."""
    path, version = without_version(request.path)
    matches = [(route, match) for route in _ROUTES if (match := route.path.fullmatch(path))]
    for route, match in matches:
        if route.method == request.method:
            parts = {name: part.replace("%2F", "/") for name, part in match.groupdict().items()}
            return route, Call(request, version, parts)
    raise method_not_allowed(request.method) if matches else no_such_path()
