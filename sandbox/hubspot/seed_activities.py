"""Generated calls, emails, meetings, tasks and goals in HubSpot's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from sandbox.hubspot import associations
from sandbox.hubspot.account import Account
from sandbox.hubspot.moments import iso, milliseconds
from sandbox.hubspot.store import Row
from sandbox.hubspot.types import ID_STEP, find_type
from sandbox.sales import Activity, Quota

_NAMES = {"call": "calls", "email": "emails", "meeting": "meetings", "task": "tasks"}
_CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
_GOAL_NAME = "Revenue quota"


def load_activities(account: Account, chunk: Sequence[Activity], deal_id: Callable[[int], int | None]) -> None:
    """Load activities and what deals they belong to; `deal_id` is None for a deal that is not there any more."""
    pairs = []
    for kind, name in _NAMES.items():
        found = [activity for activity in chunk if activity.kind == kind]
        first = find_type(name).first_id
        account.store.load(name, (_activity(account, first, activity) for activity in found))
        for activity in found:
            deal = None if activity.sale_index is None else deal_id(activity.sale_index)
            if deal is not None:
                pairs.append(associations.pair((name, first + ID_STEP * activity.index), ("deals", deal)))
    associations.link(account, pairs)


def _activity(account: Account, first_id: int, activity: Activity) -> Row:
    values = {
        "hs_timestamp": iso(milliseconds(activity.happened_at)),
        "hubspot_owner_id": str(account.directory.at(activity.owner_index).owner_id),
        **_DETAILS[activity.kind](activity),
    }
    moment = milliseconds(activity.modified_at)
    return Row(first_id + ID_STEP * activity.index, moment, moment, None, values)


def _call(activity: Activity) -> dict[str, str]:
    return {
        "hs_call_title": activity.subject,
        "hs_call_direction": "OUTBOUND" if activity.index % 3 else "INBOUND",
        "hs_call_duration": str(activity.duration_minutes * 60_000),
        "hs_call_status": "COMPLETED" if activity.done else "QUEUED",
        **({"hs_call_disposition": _CONNECTED} if activity.done else {}),
    }


def _email(activity: Activity) -> dict[str, str]:
    return {
        "hs_email_subject": activity.subject,
        "hs_email_direction": "EMAIL" if activity.index % 3 else "INCOMING_EMAIL",
        "hs_email_status": "SENT" if activity.done else "SCHEDULED",
    }


def _meeting(activity: Activity) -> dict[str, str]:
    end = activity.happened_at + timedelta(minutes=activity.duration_minutes)
    return {
        "hs_meeting_title": activity.subject,
        "hs_meeting_start_time": iso(milliseconds(activity.happened_at)),
        "hs_meeting_end_time": iso(milliseconds(end)),
        "hs_meeting_outcome": "COMPLETED" if activity.done else "SCHEDULED",
    }


def _task(activity: Activity) -> dict[str, str]:
    done = {"hs_task_completion_date": iso(milliseconds(activity.happened_at))} if activity.done else {}
    return {
        "hs_task_subject": activity.subject,
        "hs_task_status": "COMPLETED" if activity.done else "NOT_STARTED",
        "hs_task_type": "TODO",
        "hs_task_priority": ("LOW", "MEDIUM", "HIGH")[activity.index % 3],
        **done,
    }


_DETAILS: dict[str, Callable[[Activity], dict[str, str]]] = {
    "call": _call,
    "email": _email,
    "meeting": _meeting,
    "task": _task,
}


def load_goals(account: Account, quotas: Sequence[Quota]) -> None:
    """Load the monthly quotas as goal targets."""
    account.store.load("goal_targets", (_goal(account, number, quota) for number, quota in enumerate(quotas)))


def _goal(account: Account, number: int, quota: Quota) -> Row:
    """A target for a month: from its first midnight in UTC up to, and not with, the next month's."""
    member, kind = account.directory.at(quota.person_index), find_type("goal_targets")
    after = quota.ends_on + timedelta(days=1)
    start = milliseconds(datetime.combine(quota.starts_on, time(), UTC))
    values = {
        "hs_goal_name": f"{_GOAL_NAME} {quota.starts_on.year}",
        "hs_target_amount": f"{quota.amount}.00",
        "hs_start_datetime": iso(start),
        "hs_end_datetime": iso(milliseconds(datetime.combine(after, time(), UTC))),
        "hs_assignee_user_id": str(member.user_id),
        "hubspot_owner_id": str(member.owner_id),
        "hs_group_correlation_uuid": str(uuid5(NAMESPACE_URL, f"{_GOAL_NAME} {quota.starts_on.year}")),
        "hs_created_by_user_id": str(member.user_id),
    }
    moment = min(start, account.now()) - 86_400_000
    return Row(kind.first_id + ID_STEP * number, moment, moment, None, values)
