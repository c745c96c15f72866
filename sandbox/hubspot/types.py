"""The object types this account has, by id and by name, and the properties they come with.

Names follow HubSpot's property reference; what HubSpot calculates is read-only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.hubspot.errors import ApiError

TEXT, NUMBER, DATETIME, DATE, CHOICE, FLAG = (
    ("string", "text"),
    ("number", "number"),
    ("datetime", "date"),
    ("date", "date"),
    ("enumeration", "select"),
    ("bool", "booleancheckbox"),
)


@dataclass(frozen=True, slots=True)
class Standard:
    """A property HubSpot defines. `owner`: its options are the account's owners."""

    name: str
    label: str
    kind: tuple[str, str] = TEXT
    read_only: bool = False
    options: tuple[str, ...] = ()
    owner: bool = False
    several: bool = False
    unique: bool = False
    custom: bool = False


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One kind of record. `defaults` come with every answer that asks for no property; `searched` by a query text."""

    type_id: str
    name: str
    singular: str
    label: str
    properties: tuple[Standard, ...]
    defaults: tuple[str, ...]
    always: tuple[str, ...]
    searched: tuple[str, ...] = ()
    modified: str = "hs_lastmodifieddate"
    first_id: int = 1_000


def _read_only(*properties: Standard) -> tuple[Standard, ...]:
    return tuple(replace(prop, read_only=True) for prop in properties)


_SYSTEM = _read_only(
    Standard("hs_object_id", "Record ID", NUMBER),
    Standard("hs_createdate", "Object create date/time", DATETIME),
    Standard("hs_lastmodifieddate", "Object last modified date/time", DATETIME),
    Standard("hs_merged_object_ids", "Merged object IDs", CHOICE, several=True),
    Standard("hs_object_source", "Record creation source"),
    Standard("hs_created_by_user_id", "Created by user ID", NUMBER),
    Standard("hs_updated_by_user_id", "Updated by user ID", NUMBER),
)
_OWNER = Standard("hubspot_owner_id", "Owner", CHOICE, owner=True)
_TEAM = Standard("hubspot_team_id", "HubSpot Team", CHOICE, read_only=True)
_DEAL = (
    Standard("dealname", "Deal Name"),
    Standard("amount", "Amount", NUMBER),
    Standard("arr", "ARR", NUMBER, custom=True),
    Standard("dealstage", "Deal Stage", CHOICE),
    Standard("pipeline", "Pipeline", CHOICE),
    Standard("closedate", "Close Date", DATETIME),
    Standard("createdate", "Create Date", DATETIME),
    _OWNER,
    _TEAM,
    Standard("dealtype", "Deal Type", CHOICE, options=("newbusiness", "existingbusiness", "renewal")),
    Standard("deal_currency_code", "Currency", CHOICE),
    Standard("description", "Deal Description"),
    Standard("hs_priority", "Priority", CHOICE, options=("low", "medium", "high")),
    Standard("hs_next_step", "Next step"),
    Standard("hs_manual_forecast_category", "Forecast category", CHOICE, options=("OMIT", "PIPELINE", "COMMIT")),
    *_read_only(
        Standard("amount_in_home_currency", "Amount in company currency", NUMBER),
        Standard("hs_exchange_rate", "Exchange rate", NUMBER),
        Standard("hs_closed_amount", "Closed Deal Amount", NUMBER),
        Standard("hs_closed_amount_in_home_currency", "Closed Deal Amount In Home Currency", NUMBER),
        Standard("hs_is_closed", "Is Deal Closed?", FLAG),
        Standard("hs_is_closed_won", "Is Closed Won", FLAG),
        Standard("hs_is_closed_lost", "Is Closed Lost", FLAG),
        Standard("hs_deal_stage_probability", "Deal probability", NUMBER),
        Standard("hs_is_deal_split", "Is Deal Split", FLAG),
        Standard("hs_all_deal_split_owner_ids", "Deal Split users", CHOICE, owner=True, several=True),
    ),
)
_CALL = (
    Standard("hs_timestamp", "Activity date", DATETIME),
    _OWNER,
    Standard("hs_call_title", "Call Title"),
    Standard("hs_call_body", "Call notes"),
    Standard("hs_call_direction", "Call direction", CHOICE, options=("INBOUND", "OUTBOUND")),
    Standard("hs_call_duration", "Call duration", NUMBER),
    Standard(
        "hs_call_status",
        "Call status",
        CHOICE,
        options=(
            "BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING", "FAILED", "IN_PROGRESS", "MISSED",
            "NO_ANSWER", "QUEUED", "RINGING",
        ),
    ),
    Standard("hs_call_disposition", "Call outcome"),
    Standard("hs_activity_type", "Call and meeting type"),
)  # fmt: skip
_EMAIL = (
    Standard("hs_timestamp", "Activity date", DATETIME),
    _OWNER,
    Standard("hs_email_subject", "Email subject"),
    Standard("hs_email_text", "Email body"),
    Standard(
        "hs_email_direction", "Email Direction", CHOICE, options=("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL")
    ),
    Standard(
        "hs_email_status",
        "Email send status",
        CHOICE,
        options=("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT"),
    ),
    Standard("hs_email_from_email", "Email From Address", read_only=True),
)  # fmt: skip
_MEETING = (
    Standard("hs_timestamp", "Activity date", DATETIME),
    _OWNER,
    Standard("hs_meeting_title", "Meeting name"),
    Standard("hs_meeting_body", "Attendee description"),
    Standard("hs_meeting_start_time", "Start time", DATETIME),
    Standard("hs_meeting_end_time", "End time", DATETIME),
    Standard(
        "hs_meeting_outcome",
        "Meeting outcome",
        CHOICE,
        options=("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"),
    ),
    Standard("hs_meeting_location", "Meeting location"),
    Standard("hs_activity_type", "Call and meeting type"),
)
_TASK = (
    Standard("hs_timestamp", "Due date", DATETIME),
    _OWNER,
    Standard("hs_task_subject", "Task Title"),
    Standard("hs_task_body", "Task Notes"),
    Standard(
        "hs_task_status",
        "Task Status",
        CHOICE,
        options=("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"),
    ),
    Standard("hs_task_priority", "Priority", CHOICE, options=("LOW", "MEDIUM", "HIGH", "NONE")),
    Standard("hs_task_type", "Task Type", CHOICE, options=("TODO", "CALL", "EMAIL")),
    Standard("hs_task_completion_date", "Completed at", DATETIME, read_only=True),
)
_NOTE = (Standard("hs_timestamp", "Activity date", DATETIME), _OWNER, Standard("hs_note_body", "Note body"))
_USER = (
    *_read_only(
        Standard("hs_internal_user_id", "User ID", NUMBER),
        Standard("hs_email", "Email"),
        Standard("hs_given_name", "First name"),
        Standard("hs_family_name", "Last name"),
        Standard("hs_searchable_calculated_name", "Name"),
        Standard("hs_main_team_id", "Main team", NUMBER),
        Standard("hs_deactivated", "Deactivated", FLAG),
    ),
    Standard("hs_job_title", "Job title"),
    Standard("hs_standard_time_zone", "Time zone"),
    Standard("hs_additional_phone", "Additional phone"),
    Standard("hs_availability_status", "Availability", CHOICE, options=("available", "away")),
)
_GOAL = (
    Standard("hs_goal_name", "Goal name"),
    Standard("hs_target_amount", "Target amount", NUMBER),
    Standard("hs_start_datetime", "Start date", DATETIME),
    Standard("hs_end_datetime", "End date", DATETIME),
    Standard("hs_assignee_user_id", "Assignee", NUMBER),
    Standard("hs_assignee_team_id", "Assigned team", NUMBER),
    Standard("hs_group_correlation_uuid", "Goal"),
    Standard("hs_goal_type", "Goal type"),
    _OWNER,
)
_COMPANY = (
    Standard("name", "Company name"),
    Standard("domain", "Company Domain Name"),
    Standard("createdate", "Create Date", DATETIME),
    _OWNER,
)
_CONTACT = (
    Standard("email", "Email", unique=True),
    Standard("firstname", "First Name"),
    Standard("lastname", "Last Name"),
    Standard("createdate", "Create Date", DATETIME),
    Standard("lastmodifieddate", "Last Modified Date", DATETIME, read_only=True),
    _OWNER,
)
_STAMPS = ("hs_createdate", "hs_lastmodifieddate", "hs_object_id")
_DATED = ("createdate", "hs_lastmodifieddate", "hs_object_id")


def _activity(
    type_id: str, name: str, own: tuple[Standard, ...], searched: tuple[str, ...], first_id: int
) -> ObjectType:
    singular = name.removesuffix("s")
    return ObjectType(
        type_id, name, singular, singular.upper(), (*_SYSTEM, *own), _STAMPS, _STAMPS, searched, first_id=first_id
    )


TYPES: tuple[ObjectType, ...] = (
    ObjectType(
        "0-3",
        "deals",
        "deal",
        "DEAL",
        (*_SYSTEM, *_DEAL),
        (
            "amount",
            "closedate",
            "createdate",
            "dealname",
            "dealstage",
            "hs_lastmodifieddate",
            "hs_object_id",
            "pipeline",
        ),
        _DATED,
        ("dealname", "description"),
        first_id=9_999_990_001,  # ids of ten digits and of eleven: their order as text is not their order
    ),
    ObjectType(
        "0-115",
        "users",
        "user",
        "USER",
        (*(prop for prop in _SYSTEM if prop.name != "hs_merged_object_ids"), *_USER),
        _STAMPS,
        _STAMPS,
        ("hs_searchable_calculated_name", "hs_email"),
        first_id=207_800_001,
    ),
    _activity("0-48", "calls", _CALL, ("hs_call_title", "hs_call_body"), 31_000_000_001),
    _activity("0-49", "emails", _EMAIL, ("hs_email_subject",), 32_000_000_001),
    _activity("0-47", "meetings", _MEETING, ("hs_meeting_title", "hs_meeting_body"), 33_000_000_001),
    _activity("0-27", "tasks", _TASK, ("hs_task_subject", "hs_task_body"), 34_000_000_001),
    _activity("0-46", "notes", _NOTE, ("hs_note_body",), 35_000_000_001),
    _activity("0-74", "goal_targets", _GOAL, ("hs_goal_name",), 87_504_620_389),
    ObjectType(
        "0-2",
        "companies",
        "company",
        "COMPANY",
        (*_SYSTEM, *_COMPANY),
        ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
        _DATED,
        ("name", "domain"),
        first_id=6_100_000_001,
    ),
    ObjectType(
        "0-1",
        "contacts",
        "contact",
        "CONTACT",
        (*_SYSTEM, *_CONTACT),
        ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
        ("createdate", "hs_object_id", "lastmodifieddate"),
        ("firstname", "lastname", "email"),
        "lastmodifieddate",
        first_id=5_100_001,
    ),
)
ID_STEP = 13
"""Ids of one type go up by this."""

_BY_NAME: Mapping[str, ObjectType] = {
    alias: kind for kind in TYPES for alias in (kind.type_id, kind.name, kind.singular)
}


def find_type(name: str) -> ObjectType:
    """The object type of a path: its id, its plural or its singular name. Raises ApiError."""
    kind = _BY_NAME.get(name.lower())
    if kind is None:
        raise ApiError(400, f"Unable to infer object type from: {name}", "VALIDATION_ERROR")
    return kind
