"""Field mappings: read, check, apply. Knows what a CRM field is and nothing of what a plan does with it."""

from mappings.check import check_mapping, parent_paths, readable
from mappings.file import Loaded, load_mapping
from mappings.normalise import Normalised, normalise
from mappings.rendering import Rendered, as_value, canonical, rendered
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
    "Rendered",
    "Target",
    "TargetField",
    "WriteField",
    "WriteMapping",
    "as_value",
    "canonical",
    "check_mapping",
    "crm_fields",
    "field_specs",
    "load_mapping",
    "normalise",
    "parent_paths",
    "readable",
    "rendered",
    "write_targets",
]
