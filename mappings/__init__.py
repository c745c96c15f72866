"""Field mappings: read, check, apply. Knows what a CRM field is and nothing of what a plan does with it."""

from mappings.file import Loaded, load_mapping
from mappings.normalise import Normalised, normalise
from mappings.sections import (
    CrmMapping,
    FieldMapping,
    ObjectMapping,
    WriteField,
    WriteMapping,
    crm_fields,
    field_specs,
    write_targets,
)
from mappings.target import Target, TargetField

__all__ = [
    "CrmMapping",
    "FieldMapping",
    "Loaded",
    "Normalised",
    "ObjectMapping",
    "Target",
    "TargetField",
    "WriteField",
    "WriteMapping",
    "crm_fields",
    "field_specs",
    "load_mapping",
    "normalise",
    "write_targets",
]
