"""Selecting: which objects a list, a watch or a deletion of a collection is about."""

from __future__ import annotations

import attrs

from kregistry.meta.errors import BadRequest
from kregistry.meta.options import ListOptions
from kregistry.runtime import fields
from kregistry.server.scope import RequestScope


def selected(scope: RequestScope) -> ListOptions:
    """The options in the query, with fields called as the door calls them.

    Raises:
        BadRequest: A number is none, or a selector cannot be understood (400).
    """
    options = scope.call.query.list_options()
    conversion = scope.route.endpoint.conversion
    if conversion is None or not options.field_selector:
        return options
    rename = conversion.field_label
    try:
        selector = fields.parse(options.field_selector)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    renamed = selector.transform(lambda label, value: (rename(label), value))
    return attrs.evolve(options, field_selector=str(renamed))
