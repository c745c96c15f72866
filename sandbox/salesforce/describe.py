"""Describes: every key of a real one, for fields and objects. Source: describes recorded from real orgs."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.schema import Field, SObject

_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "currency": "xsd:double",
    "double": "xsd:double",
    "percent": "xsd:double",
}
_NOT_GROUPABLE = frozenset({"currency", "double", "percent", "datetime", "textarea"})
_FIELD_CONSTANTS: dict[str, Any] = {
    "aiPredictionField": False,
    "calculated": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "caseSensitive": False,
    "compoundFieldName": None,
    "controllerName": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "queryByDistance": False,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "searchPrefilterable": False,
    "writeRequiresMasterRead": False,
}
_OBJECT_CONSTANTS: dict[str, Any] = {
    "activateable": False,
    "associateEntityType": None,
    "associateParentEntity": None,
    "customSetting": False,
    "deepCloneable": False,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "mergeable": False,
    "mruEnabled": True,
    "queryable": True,
    "retrieveable": True,
    "searchable": True,
    "triggerable": True,
}
_DESCRIBE_CONSTANTS: dict[str, Any] = {
    "actionOverrides": [],
    "compactLayoutable": True,
    "defaultImplementation": None,
    "extendedBy": None,
    "extendsInterfaces": None,
    "implementedBy": None,
    "implementsInterfaces": None,
    "listviewable": None,
    "lookupLayoutable": None,
    "namedLayoutInfos": [],
    "networkScopeFieldName": None,
    "searchLayoutable": True,
    "sobjectDescribeOption": "FULL",
    "supportedScopes": [{"label": "All records", "name": "everything"}, {"label": "My records", "name": "mine"}],
}


def describe_field(one: Field, catalogue: Catalogue, owner: SObject) -> dict[str, Any]:
    """A field as the signed-in user may use it."""
    return {
        "aggregatable": one.filterable and one.type != "boolean",
        "autoNumber": one.auto_number,
        "byteLength": one.length * 3 if one.is_text else one.length,
        "createable": catalogue.may_write(owner, one, new=True),
        "custom": one.custom,
        "defaultValue": one.default,
        "defaultedOnCreate": one.defaulted,
        "digits": 9 if one.type == "int" else 0,
        "externalId": one.external_id,
        "extraTypeInfo": "plaintextarea" if one.type == "textarea" else None,
        "filterable": one.filterable,
        "groupable": one.filterable and one.type not in _NOT_GROUPABLE,
        "idLookup": one.type == "id" or one.external_id or one.name_field,
        "label": one.label,
        "length": one.length,
        "name": one.name,
        "nameField": one.name_field,
        "namePointing": len(one.reference_to) > 1,
        "nillable": one.nillable,
        "permissionable": one.permissionable,
        "picklistValues": [_choice(value) for value in one.choices],
        "polymorphicForeignKey": len(one.reference_to) > 1,
        "precision": one.precision,
        "referenceTo": list(one.reference_to),
        "relationshipName": one.relationship,
        "restrictedPicklist": one.restricted,
        "scale": one.scale,
        "soapType": _SOAP.get(one.type, "xsd:string"),
        "sortable": one.filterable,
        "type": one.type,
        "unique": one.unique,
        "updateable": catalogue.may_write(owner, one, new=False),
        **_FIELD_CONSTANTS,
    }


def _choice(value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}


def describe_basic(one: SObject, version: str) -> dict[str, Any]:
    """An object as it stands in the list of all objects."""
    base = f"/services/data/{version}/sobjects/{one.name}"
    return {
        **_OBJECT_CONSTANTS,
        "createable": one.createable,
        "custom": one.name.endswith("__c"),
        "deletable": one.deletable,
        "keyPrefix": one.key_prefix,
        "label": one.label,
        "labelPlural": one.label_plural,
        "layoutable": True,
        "name": one.name,
        "replicateable": one.replicateable,
        "undeletable": one.has_bin and not one.vanishes,
        "updateable": one.updateable,
        "urls": {
            "sobject": base,
            "describe": f"{base}/describe",
            "rowTemplate": f"{base}/{{ID}}",
            "layouts": f"{base}/describe/layouts",
        },
    }


def describe_object(one: SObject, catalogue: Catalogue, version: str) -> dict[str, Any]:
    """An object with the fields the signed-in user sees; the others are simply not there."""
    return {
        **describe_basic(one, version),
        **_DESCRIBE_CONSTANTS,
        "childRelationships": [_child(name, link) for name, link in one.children.items()],
        "fields": [describe_field(field, catalogue, one) for field in catalogue.fields(one).values()],
        "recordTypeInfos": [_master_record_type()],
    }


def _child(name: str, link: tuple[str, str]) -> dict[str, Any]:
    return {
        "cascadeDelete": True,
        "childSObject": link[0],
        "deprecatedAndHidden": False,
        "field": link[1],
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": name,
        "restrictedDelete": False,
    }


def _master_record_type() -> dict[str, Any]:
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": "012000000000000AAA",
        "urls": {},
    }
