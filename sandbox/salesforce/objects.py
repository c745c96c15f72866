"""The standard objects of the sales cloud this sandbox has, field by field, as a real org describes them.

Sources: object reference for the Salesforce Platform; the flags follow describes recorded from real orgs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.salesforce.schema import (
    CREATE_ONLY,
    READ_ONLY,
    REQUIRED,
    Field,
    SObject,
    choice,
    currency,
    day,
    flag,
    moment,
    number,
    percent,
    reference,
    system_fields,
    text,
    whole,
)

CURRENCIES = ("EUR", "GBP", "JPY", "USD")
STAGES = {
    # stage: (probability in percent, forecast category, closed, won)
    "Prospecting": (10, "Pipeline", False, False),
    "Qualification": (10, "Pipeline", False, False),
    "Needs Analysis": (20, "Pipeline", False, False),
    "Value Proposition": (50, "Pipeline", False, False),
    "Id. Decision Makers": (60, "Pipeline", False, False),
    "Perception Analysis": (70, "Pipeline", False, False),
    "Proposal/Price Quote": (75, "Best Case", False, False),
    "Negotiation/Review": (90, "Commit", False, False),
    "Closed Won": (100, "Closed", True, True),
    "Closed Lost": (0, "Omitted", True, False),
}
FORECAST_CATEGORIES = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "Best Case": "BestCase",
    "Commit": "Forecast",
    "Closed": "Closed",
}
DEAL_TYPES = ("New Business", "Existing Business", "Renewal")
TASK_STATUS = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")


def _currency_code() -> Field:
    return choice(
        "CurrencyIsoCode", CURRENCIES, 3, restricted=True, defaulted=True, default="USD", permissionable=False
    )


def _owner() -> Field:
    return reference("OwnerId", "User", nillable=False, defaulted=True, permissionable=False)


def described(
    name: str,
    labels: tuple[str, str],
    prefix: str | None,
    fields: Iterable[Field],
    *,
    bin_: bool = True,
    **flags: Any,
) -> SObject:
    """An object with the fields every object has and its own; `flags` as SObject has them."""
    return SObject(name, *labels, prefix, (*system_fields(bin_=bin_), *fields), **flags)


_CHILDREN_OF_OPPORTUNITY = {
    "OpportunitySplits": ("OpportunitySplit", "OpportunityId"),
    "Tasks": ("Task", "WhatId"),
    "Events": ("Event", "WhatId"),
}
OPPORTUNITY = described(
    "Opportunity",
    ("Opportunity", "Opportunities"),
    "006",
    [
        reference("AccountId", "Account"),
        flag("IsPrivate"),
        text("Name", 120, name_field=True, **REQUIRED),
        text("Description", 32000, kind="textarea", filterable=False),
        choice("StageName", tuple(STAGES), **REQUIRED),
        currency("Amount"),
        percent("Probability", 3, 0, defaulted=True),
        currency("ExpectedRevenue", createable=False, updateable=False),
        number("TotalOpportunityQuantity"),
        day("CloseDate", **REQUIRED),
        choice("Type", DEAL_TYPES),
        text("NextStep"),
        choice("LeadSource", ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")),
        flag("IsClosed", **READ_ONLY),
        flag("IsWon", **READ_ONLY),
        choice("ForecastCategory", tuple(FORECAST_CATEGORIES.values()), 40, **{**READ_ONLY, "nillable": False}),
        choice("ForecastCategoryName", tuple(FORECAST_CATEGORIES), defaulted=True, permissionable=False),
        _currency_code(),
        flag("HasOpportunityLineItem", **READ_ONLY),
        _owner(),
        day("LastActivityDate", **READ_ONLY),
        moment("LastStageChangeDate", **READ_ONLY),
        whole("FiscalQuarter", **READ_ONLY),
        whole("FiscalYear", **READ_ONLY),
        text("Fiscal", 6, **READ_ONLY),
        whole("PushCount", **READ_ONLY),
        currency("ARR__c"),
    ],
    children=_CHILDREN_OF_OPPORTUNITY,
)
SPLIT_TYPE = described(
    "OpportunitySplitType",
    ("Opportunity Split Type", "Opportunity Split Types"),
    "149",
    [
        text("MasterLabel", 80, name_field=True, **REQUIRED),
        text("DeveloperName", 80, **REQUIRED),
        choice("Language", ("en_US",), 40),
        flag("IsActive"),
        flag("IsTotalValidated"),
        text("SplitEntity", 40, **REQUIRED),
        text("SplitField", 40, **REQUIRED),
        text("SplitDataStatus", 40),
        text("Description"),
    ],
)
SPLIT = described(
    "OpportunitySplit",
    ("Opportunity Split", "Opportunity Splits"),
    "1OS",
    [
        text("Split", 80, name_field=True, auto_number=True, **{**READ_ONLY, "nillable": False, "defaulted": True}),
        reference("OpportunityId", "Opportunity", **{**CREATE_ONLY, "nillable": False}),
        reference("SplitOwnerId", "User", **{**CREATE_ONLY, "nillable": False}),
        reference("SplitTypeId", "OpportunitySplitType", **CREATE_ONLY),
        percent("SplitPercentage", 5, 2),
        currency("SplitAmount", **READ_ONLY),
        text("SplitNote", 255),
        _currency_code(),
    ],
    vanishes=True,
)
ACCOUNT = described(
    "Account",
    ("Account", "Accounts"),
    "001",
    [
        text("Name", 255, name_field=True, **REQUIRED),
        choice("Type", ("Prospect", "Customer - Direct", "Customer - Channel", "Other"), 40),
        choice("Industry", ("Banking", "Education", "Manufacturing", "Retail", "Technology"), 40),
        text("Website", kind="url"),
        currency("AnnualRevenue"),
        _currency_code(),
        _owner(),
    ],
    children={"Opportunities": ("Opportunity", "AccountId")},
)


def _activity(*more: Field) -> list[Field]:
    return [
        reference("WhoId", "Contact", "Lead"),
        reference("WhatId", "Account", "Opportunity"),
        text("Subject", kind="combobox", permissionable=False),
        day("ActivityDate", permissionable=False),
        _owner(),
        text("Description", 32000, kind="textarea", filterable=False),
        reference("AccountId", "Account", **READ_ONLY),
        flag("IsArchived", **READ_ONLY),
        _currency_code(),
        *more,
    ]


TASK = described(
    "Task",
    ("Task", "Tasks"),
    "00T",
    _activity(
        choice("Status", TASK_STATUS, 40, **REQUIRED, default="Not Started", defaulted=True),
        choice("Priority", ("High", "Normal", "Low"), 40, **REQUIRED, default="Normal", defaulted=True),
        flag("IsHighPriority", **READ_ONLY),
        flag("IsClosed", **READ_ONLY),
        choice("Type", ("Call", "Email", "Meeting", "Other"), 40),
        choice("TaskSubtype", ("Task", "Call", "Email", "ListEmail"), 40, **CREATE_ONLY, default="Task"),
        choice("CallType", ("Inbound", "Outbound", "Internal"), 40),
        whole("CallDurationInSeconds"),
        text("CallDisposition"),
        moment("CompletedDateTime", **READ_ONLY),
    ),
)
EVENT = described(
    "Event",
    ("Event", "Events"),
    "00U",
    _activity(
        text("Location"),
        flag("IsAllDayEvent"),
        moment("ActivityDateTime", permissionable=False),
        whole("DurationInMinutes", permissionable=False),
        moment("StartDateTime", permissionable=False),
        moment("EndDateTime", permissionable=False),
        day("EndDate", **READ_ONLY),
        flag("IsPrivate"),
        choice("ShowAs", ("Busy", "OutOfOffice", "Free"), 40, default="Busy"),
        flag("IsChild", **READ_ONLY),
        flag("IsGroupEvent", **READ_ONLY),
        choice("Type", ("Call", "Email", "Meeting", "Other"), 40),
        choice("EventSubtype", ("Event",), 40, **CREATE_ONLY, default="Event"),
    ),
)
SALES_OBJECTS = (ACCOUNT, EVENT, OPPORTUNITY, SPLIT, SPLIT_TYPE, TASK)
