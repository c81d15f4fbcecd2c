"""The REST layer: what a Kubernetes API server says over HTTP, first of all without HTTP.

A :class:`Request` goes in, a :class:`Response` or an :class:`EventStream` comes out; adapters
around it speak HTTP. See :mod:`kregistry.server.request` for the way between them.
"""

from kregistry.server.admission import (
    AdmissionAttributes,
    AdmissionPlugin,
    MutatingAdmission,
    Operation,
    ValidatingAdmission,
)
from kregistry.server.api import APIServer, Settings
from kregistry.server.authentication import Authenticator, FirstOf, TokenAuthenticator
from kregistry.server.authorization import (
    AllowAuthenticated,
    Attributes,
    Authorizer,
    Decision,
    Verdict,
)
from kregistry.server.request import Headers, Request
from kregistry.server.requestinfo import RequestInfo
from kregistry.server.resources import APIResource, APIResources, Conversion, Endpoint
from kregistry.server.response import Answer, EventStream, Frames, Response
from kregistry.server.user import UserInfo

__all__ = [
    "APIResource",
    "APIResources",
    "APIServer",
    "AdmissionAttributes",
    "AdmissionPlugin",
    "AllowAuthenticated",
    "Answer",
    "Attributes",
    "Authenticator",
    "Authorizer",
    "Conversion",
    "Decision",
    "Endpoint",
    "EventStream",
    "FirstOf",
    "Frames",
    "Headers",
    "MutatingAdmission",
    "Operation",
    "Request",
    "RequestInfo",
    "Response",
    "Settings",
    "TokenAuthenticator",
    "UserInfo",
    "ValidatingAdmission",
    "Verdict",
]
