"""Health: whether the server lives, and whether requests can be served.

Source: ``k8s.io/apiserver/pkg/server/healthz``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from kregistry.meta.goformat import quote
from kregistry.server.authorization import HEALTH_PATHS
from kregistry.server.call import Call, Handler
from kregistry.server.paths import Paths, only_get
from kregistry.server.response import Answer, Response, text_response

#: Raises unless all is well.
Check = Callable[[], None]

_PLAIN: Final = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
_LOG: Final = logging.getLogger("kregistry.server")


def ping() -> None:
    """All is well as long as anybody can ask. Source: ``PingHealthz``."""


def install_health(paths: Paths, checks: Mapping[str, Check]) -> None:
    """Serve ``/healthz``, ``/livez`` and ``/readyz``, and each check below them."""
    for name in HEALTH_PATHS:
        paths.add(f"/{name}", only_get(_all(name, checks)))
        for check in checks:
            paths.add(f"/{name}/{check}", only_get(_one(check, checks[check])))


def _all(name: str, checks: Mapping[str, Check]) -> Handler:
    """``ok``, or with ``verbose``, and whenever something is wrong, a line for each check."""

    def handle(call: Call) -> Answer:
        excluded = dict.fromkeys(call.query.all("exclude"))
        lines, failed = [], False
        for check, run in checks.items():
            if check in excluded:
                del excluded[check]
                lines.append(f"[+]{check} excluded: ok\n")
            elif _passes(check, run):
                lines.append(f"[+]{check} ok\n")
            else:
                lines.append(f"[-]{check} failed: reason withheld\n")
                failed = True
        if excluded:
            told = ", ".join(map(quote, sorted(excluded)))
            lines.append(f"warn: some health checks cannot be excluded: no matches for {told}\n")
        if failed:
            return text_response(500, f"{''.join(lines)}{name} check failed\n")
        if "verbose" not in call.query:
            return Response(headers=_PLAIN, body=b"ok")
        return Response(headers=_PLAIN, body=f"{''.join(lines)}{name} check passed\n".encode())

    return handle


def _one(name: str, run: Check) -> Handler:
    def handle(call: Call) -> Answer:
        if _passes(name, run):
            return Response(headers=_PLAIN, body=b"ok")
        return text_response(500, "internal server error: reason withheld\n")

    return handle


def _passes(name: str, run: Check) -> bool:
    try:
        run()
    except Exception as error:
        _LOG.warning("health check %s failed: %s", name, error)
        return False
    return True
