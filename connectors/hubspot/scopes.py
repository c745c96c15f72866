"""Which scope of the token a call needs, for the hint where HubSpot refuses it and does not say.

Source: the security blocks of HubSpot's public OpenAPI collection (2026-09).
"""

from __future__ import annotations

import re

_CUSTOM = re.compile(r"2-\d+|p\d+_")
_FAMILIES = {
    "calls": "contacts",
    "meetings": "contacts",
    "tasks": "contacts",
    "notes": "contacts",
    "goal_targets": "goals",
}
_EMAILS = "sales-email-read"
_WITH_SCHEMAS = frozenset({"contacts", "companies", "deals", "custom"})
OAUTH = "oauth"
CURRENCIES = "settings.currencies.read"
SPLITS = "crm.dealsplits.read_write"


def reading(object_name: str) -> str:
    """To read records of an object, or which properties it has."""
    return _EMAILS if object_name == "emails" else f"crm.objects.{_family(object_name)}.read"


def writing(object_name: str) -> str:
    """To write records of an object."""
    return f"crm.objects.{_family(object_name)}.write"


def shaping(object_name: str) -> str:
    """To create properties of an object."""
    family = _family(object_name)
    return f"crm.schemas.{family}.write" if family in _WITH_SCHEMAS else f"crm.objects.{family}.write"


def _family(object_name: str) -> str:
    if _CUSTOM.match(object_name):
        return "custom"
    return "contacts" if object_name == "emails" else _FAMILIES.get(object_name, object_name)
