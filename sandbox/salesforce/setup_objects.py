"""The objects around the sales records: people, currencies, quotas, the organisation, permissions."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.objects import CURRENCIES, SALES_OBJECTS, described
from sandbox.salesforce.schema import (
    CREATE_ONLY,
    READ_ONLY,
    REQUIRED,
    SObject,
    choice,
    currency,
    day,
    flag,
    moment,
    number,
    reference,
    text,
    whole,
)

_LOCALES = ("en_US", "en_GB", "de_DE")
_ZONES = ("GMT", "Europe/London", "Europe/Berlin", "America/New_York")
USER = described(
    "User",
    ("User", "Users"),
    "005",
    [
        text("Username", 80, unique=True, **REQUIRED),
        text("LastName", 80, **REQUIRED),
        text("FirstName", 40, permissionable=False),
        text("Name", 121, name_field=True, **{**READ_ONLY, "nillable": False, "defaulted": True}),
        text("CompanyName", 80),
        text("Division", 80),
        text("Department", 80),
        text("Title", 80),
        text("Email", 128, kind="email", **REQUIRED),
        text("Phone", 40, kind="phone"),
        text("Alias", 8, **REQUIRED),
        text("CommunityNickname", 40, defaulted=True, **REQUIRED),
        flag("IsActive", default=True),
        choice("TimeZoneSidKey", _ZONES, 40, restricted=True, **REQUIRED),
        choice("LocaleSidKey", _LOCALES, 40, restricted=True, **REQUIRED),
        choice("EmailEncodingKey", ("UTF-8",), 40, restricted=True, **REQUIRED),
        choice("LanguageLocaleKey", ("en_US", "de"), 40, restricted=True, **REQUIRED),
        reference("UserRoleId", "UserRole", permissionable=False),
        reference("ProfileId", "Profile", **REQUIRED),
        choice("UserType", ("Standard",), 40, **READ_ONLY),
        text("EmployeeNumber", 20),
        reference("ManagerId", "User"),
        flag("ForecastEnabled", **READ_ONLY),
        moment("LastLoginDate", **READ_ONLY),
        text("FederationIdentifier", 512, permissionable=False),
        choice("CurrencyIsoCode", CURRENCIES, 3, restricted=True, permissionable=False, default="USD"),
        choice("DefaultCurrencyIsoCode", CURRENCIES, 3, restricted=True, permissionable=False, default="USD"),
    ],
    bin_=False,
    deletable=False,
)
ROLE = described(
    "UserRole",
    ("Role", "Role"),
    "00E",
    [
        text("Name", 80, name_field=True, **REQUIRED),
        reference("ParentRoleId", "UserRole", permissionable=False),
        text("DeveloperName", 80, **REQUIRED),
        text("RollupDescription", 80, permissionable=False),
        reference("ForecastUserId", "User", permissionable=False),
        text("PortalType", 40, **READ_ONLY),
    ],
    bin_=False,
)
PROFILE = described(
    "Profile", ("Profile", "Profile"), "00e", [text("Name", 255, name_field=True, **REQUIRED)], bin_=False
)
ORGANIZATION = described(
    "Organization",
    ("Organization", "Organization"),
    "00D",
    [
        text("Name", 80, name_field=True, **REQUIRED),
        choice("DefaultLocaleSidKey", _LOCALES, 40),
        choice("TimeZoneSidKey", _ZONES, 40),
        choice("LanguageLocaleKey", ("en_US", "de"), 40),
        whole("FiscalYearStartMonth"),
        flag("UsesStartDateAsFiscalYearName"),
        text("OrganizationType", 40, **READ_ONLY),
        text("NamespacePrefix", 15, **READ_ONLY),
        text("InstanceName", 5, **READ_ONLY),
        flag("IsSandbox", **READ_ONLY),
    ],
    bin_=False,
    createable=False,
    updateable=False,
    deletable=False,
)
CURRENCY_TYPE = described(
    "CurrencyType",
    ("Currency Type", "Currency Type"),
    "01L",
    [
        choice("IsoCode", CURRENCIES, 3, name_field=True, **REQUIRED),
        number("ConversionRate", 18, 6, **REQUIRED),
        whole("DecimalPlaces", **REQUIRED),
        flag("IsActive"),
        flag("IsCorporate", **READ_ONLY),
    ],
    bin_=False,
)
DATED_RATE = described(
    "DatedConversionRate",
    ("Dated Conversion Rate", "Dated Conversion Rates"),
    "04w",
    [
        choice("IsoCode", CURRENCIES, 3, **REQUIRED),
        number("ConversionRate", 18, 6, **REQUIRED),
        day("StartDate", **REQUIRED),
        day("NextStartDate", **READ_ONLY),
    ],
    bin_=False,
)
FORECASTING_TYPE = described(
    "ForecastingType",
    ("Forecast Type", "Forecast Types"),
    "0Db",
    [
        text("MasterLabel", 80, name_field=True, **REQUIRED),
        text("DeveloperName", 80, **REQUIRED),
        choice("DateType", ("OpportunityCloseDate",), 40),
        flag("IsActive"),
        flag("IsAmount"),
        flag("IsQuantity"),
        choice("Language", ("en_US",), 40),
    ],
    bin_=False,
)
PERIOD = described(
    "Period",
    ("Fiscal Period", "Fiscal Periods"),
    "026",
    [
        choice("Type", ("Month", "Quarter", "Year"), 40, **READ_ONLY),
        day("StartDate", **READ_ONLY),
        day("EndDate", **READ_ONLY),
        whole("Number", **READ_ONLY),
        text("FullyQualifiedLabel", 80, **READ_ONLY),
        flag("IsForecastPeriod", **READ_ONLY),
    ],
    bin_=False,
    createable=False,
    updateable=False,
    deletable=False,
)
FORECASTING_QUOTA = described(
    "ForecastingQuota",
    ("Forecasting Quota", "Forecasting Quotas"),
    "0J9",
    [
        reference("QuotaOwnerId", "User", **{**CREATE_ONLY, "nillable": False}),
        day("StartDate", **CREATE_ONLY),
        reference("PeriodId", "Period", **CREATE_ONLY),
        reference("ForecastingTypeId", "ForecastingType", **CREATE_ONLY),
        flag("IsAmount", default=True),
        flag("IsQuantity"),
        currency("QuotaAmount"),
        number("QuotaQuantity"),
        text("ProductFamily"),
        choice("CurrencyIsoCode", CURRENCIES, 3, restricted=True, permissionable=False, default="USD"),
    ],
    bin_=False,
)
PERMISSION_SET = described(
    "PermissionSet",
    ("Permission Set", "Permission Sets"),
    "0PS",
    [
        text("Name", 80, unique=True, **REQUIRED),
        text("Label", 80, **REQUIRED),
        text("Description"),
        reference("LicenseId", "PermissionSetLicense"),
        reference("ProfileId", "Profile", **READ_ONLY),
        flag("IsOwnedByProfile", **READ_ONLY),
        flag("IsCustom", **READ_ONLY),
        text("NamespacePrefix", 15, **READ_ONLY),
        choice("Type", ("Regular", "Profile"), 40, **READ_ONLY),
    ],
    bin_=False,
)
ASSIGNMENT = described(
    "PermissionSetAssignment",
    ("Permission Set Assignment", "Permission Set Assignments"),
    "0Pa",
    [
        reference("AssigneeId", "User", **{**CREATE_ONLY, "nillable": False}),
        reference("PermissionSetId", "PermissionSet", **{**CREATE_ONLY, "nillable": False}),
        flag("IsActive", **READ_ONLY),
    ],
    bin_=False,
)
FIELD_PERMISSIONS = described(
    "FieldPermissions",
    ("Field Permissions", "Field Permissions"),
    "01k",
    [
        reference("ParentId", "PermissionSet", **{**CREATE_ONLY, "nillable": False}),
        choice("SobjectType", (), 40, **{**CREATE_ONLY, "nillable": False}),
        choice("Field", (), 120, **{**CREATE_ONLY, "nillable": False}),
        flag("PermissionsRead"),
        flag("PermissionsEdit"),
    ],
    bin_=False,
)
_OBJECT_RIGHTS = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
OBJECT_PERMISSIONS = described(
    "ObjectPermissions",
    ("Object Permissions", "Object Permissions"),
    "110",
    [
        reference("ParentId", "PermissionSet", **{**CREATE_ONLY, "nillable": False}),
        choice("SobjectType", (), 40, **{**CREATE_ONLY, "nillable": False}),
        *(flag(f"Permissions{right}") for right in _OBJECT_RIGHTS),
    ],
    bin_=False,
)
ENTITY_DEFINITION = described(
    "EntityDefinition",
    ("Entity Definition", "Entity Definitions"),
    "4ie",
    [
        text("DurableId", **READ_ONLY),
        text("QualifiedApiName", name_field=True, **READ_ONLY),
        text("DeveloperName", **READ_ONLY),
        text("Label", **READ_ONLY),
        text("PluralLabel", **READ_ONLY),
        text("KeyPrefix", 3, **READ_ONLY),
        flag("IsCustomizable", **READ_ONLY),
    ],
    bin_=False,
    in_tooling=True,
)
_OF_ENTITY: dict[str, Any] = {"reference_to": ("EntityDefinition",), "relationship": "EntityDefinition"}
FIELD_DEFINITION = described(
    "FieldDefinition",
    ("Field Definition", "Field Definitions"),
    "00N",
    [
        text("DurableId", **READ_ONLY),
        text("EntityDefinitionId", **READ_ONLY, **_OF_ENTITY),
        text("QualifiedApiName", name_field=True, **READ_ONLY),
        text("DeveloperName", **READ_ONLY),
        text("Label", **READ_ONLY),
        text("DataType", **READ_ONLY),
        whole("Length", **READ_ONLY),
        whole("Precision", **READ_ONLY),
        whole("Scale", **READ_ONLY),
    ],
    bin_=False,
    in_tooling=True,
)
CUSTOM_FIELD = described(
    "CustomField",
    ("Custom Field", "Custom Fields"),
    "00N",
    [
        text("DeveloperName", **READ_ONLY),
        text("TableEnumOrId", **READ_ONLY),
        text("EntityDefinitionId", **READ_ONLY, **_OF_ENTITY),
        text("FullName", filterable=False, **READ_ONLY),
        text("NamespacePrefix", 15, **READ_ONLY),
        text("ManageableState", 40, **READ_ONLY),
    ],
    bin_=False,
    in_data=False,
    in_tooling=True,
)
STANDARD_OBJECTS: tuple[SObject, ...] = tuple(
    sorted(
        (
            *SALES_OBJECTS,
            USER,
            ROLE,
            PROFILE,
            ORGANIZATION,
            CURRENCY_TYPE,
            DATED_RATE,
            FORECASTING_TYPE,
            PERIOD,
            FORECASTING_QUOTA,
            PERMISSION_SET,
            ASSIGNMENT,
            FIELD_PERMISSIONS,
            OBJECT_PERMISSIONS,
            ENTITY_DEFINITION,
            FIELD_DEFINITION,
            CUSTOM_FIELD,
        ),
        key=lambda one: one.name,
    )
)
