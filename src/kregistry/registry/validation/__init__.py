"""Rules that hold for objects and options of every kind."""

from kregistry.registry.validation.fieldmanager import validate_field_manager
from kregistry.registry.validation.metadata import (
    validate_annotations,
    validate_finalizers,
    validate_labels,
    validate_managed_fields,
    validate_object_meta,
    validate_object_meta_update,
    validate_owner_references,
)
from kregistry.registry.validation.namerules import (
    NameRule,
    dns1035_label_name,
    dns_label_name,
    dns_subdomain_name,
    path_segment_name,
)
from kregistry.registry.validation.options import (
    validate_create_options,
    validate_delete_options,
    validate_list_options,
    validate_update_options,
)

__all__ = [
    "NameRule",
    "dns1035_label_name",
    "dns_label_name",
    "dns_subdomain_name",
    "path_segment_name",
    "validate_annotations",
    "validate_create_options",
    "validate_delete_options",
    "validate_field_manager",
    "validate_finalizers",
    "validate_labels",
    "validate_list_options",
    "validate_managed_fields",
    "validate_object_meta",
    "validate_object_meta_update",
    "validate_owner_references",
    "validate_update_options",
]
