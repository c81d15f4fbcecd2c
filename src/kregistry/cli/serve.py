"""``python -m kregistry serve``: the API of Kubernetes over HTTP, on a store."""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import attrs

from kregistry.cli.certificate import self_signed
from kregistry.cli.kubeconfig import kubeconfig, private_directory, write_private
from kregistry.cli.listening import Place, serve_threaded, serve_uvicorn
from kregistry.cli.stores import add_store_options, config_of
from kregistry.cli.text import printable
from kregistry.controllers import Caretaker
from kregistry.meta.errors import StatusError
from kregistry.server.api import APIServer, Settings
from kregistry.server.authentication import TokenAuthenticator
from kregistry.server.hosts import LOOPBACK_NAMES, require_safe
from kregistry.server.tidying import Tidying
from kregistry.server.user import ADMIN
from kregistry.storage import factory
from kregistry.storage.errors import BackendError

#: Exit statuses.
OK, FAILED = 0, 1

#: Where the token is looked for when it is not said.
TOKEN: Final = "KREGISTRY_TOKEN"

#: Bytes of a token that is made: 256 bits.
_TOKEN_BYTES: Final = 32

#: A comment for the shell, below the line that it is to run.
_HINT: Final = (
    "# kubectl shows no token over plain HTTP: for kubectl, start with --tls-self-signed "
    "or with --insecure-no-auth"
)


def parser() -> argparse.ArgumentParser:
    """What can be said on the command line."""
    made = argparse.ArgumentParser(
        prog="kregistry serve",
        description="Serve the API of Kubernetes over HTTP. The first line that is printed is "
        "'listening on URL', once requests can be sent. Without --token and --insecure-no-auth "
        "a token is made, and a kubeconfig that holds it, which nobody else can read and which "
        "goes away with the server; its path is in the second line, as a command for the shell. "
        "The garbage collector and the end of namespaces work beside the server.",
        epilog="SIGTERM and Ctrl-C end all watches in order, and the exit status is 0; it is 1 "
        "if the server cannot start.",
    )
    made.add_argument("--host", default="127.0.0.1", help="address to listen on")
    made.add_argument("--port", type=_port, default=0, help="0, the default: one that is free")
    made.add_argument(
        "--http",
        choices=("auto", "uvicorn", "threaded"),
        default="auto",
        help="who speaks HTTP: uvicorn, which comes with kregistry[server] and bears thousands "
        "of watches, or a thread for each connection; auto is uvicorn if it is installed",
    )
    made.add_argument(
        "--no-controllers",
        dest="controllers",
        action="store_false",
        help="leave dependents of deleted owners, and the content of deleted namespaces, to "
        "controllers that run elsewhere",
    )
    add_store_options(made)
    _add_access_options(made)
    return made


def _add_access_options(made: argparse.ArgumentParser) -> None:
    access = made.add_argument_group("access")
    who = access.add_mutually_exclusive_group()
    who.add_argument(
        "--token",
        help=f"what clients have to know; better given as {TOKEN} in the environment, where no "
        "list of processes shows it",
    )
    who.add_argument(
        "--insecure-no-auth",
        action="store_true",
        help="whoever reaches the server may do everything; on a loopback address only",
    )
    access.add_argument(
        "--kubeconfig", metavar="FILE", help="write a kubeconfig there, and leave it there"
    )
    access.add_argument(
        "--tls-self-signed",
        action="store_true",
        help="speak HTTPS with a certificate that openssl makes and that is in the kubeconfig; "
        "kubectl shows its token to nobody without HTTPS",
    )
    access.add_argument("--tls-cert", metavar="FILE", help="certificate of the server, as PEM")
    access.add_argument("--tls-key", metavar="FILE", help="the key of it")


def main(arguments: Sequence[str]) -> int:
    """Run the command until it is told to stop.

    Returns:
        Exit status: 0 stopped when told to, 1 could not start.
    """
    options = parser().parse_args(arguments)
    try:
        _serve(options, os.environ)
    except (BackendError, StatusError, ValueError, OSError) as error:
        print(f"kregistry: {printable(str(error))}", file=sys.stderr)
        return FAILED
    return OK


def _serve(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    config = config_of(options)
    token = _token(options, environment)
    run = _runner(options.http)
    with ExitStack() as stack:
        backend = factory.create_backend(config)
        storage = stack.enter_context(factory.create(attrs.evolve(config, backend=backend)))
        tokens = TokenAuthenticator({token: ADMIN}) if token else None
        server = APIServer(storage, Settings(authenticator=tokens))
        certificate, key = _certificate(options, stack)
        place = Place(host=options.host, port=options.port, certificate=certificate, key=key)
        require_safe(place.host, server, tls=place.certificate is not None)
        server.create_namespaces()

        def started(port: int) -> None:
            written = _write_kubeconfig(path, place, port, token)
            print(f"listening on {place.url(port)}", *written, sep="\n", flush=True)

        path = _kubeconfig_path(options, environment, stack)
        if options.controllers:
            stack.enter_context(Caretaker(backend, Tidying(server.resources).collect))
        run(server, place, started, inline=config.type == "memory")


def _token(options: argparse.Namespace, environment: Mapping[str, str]) -> str:
    """What clients have to know; "" if they need not know anything."""
    if options.insecure_no_auth:
        return ""
    said: str | None = options.token
    if said is None:
        said = environment.get(TOKEN)
    if said is None:
        return secrets.token_urlsafe(_TOKEN_BYTES)
    if not said or not said.isascii() or not said.isprintable() or " " in said:
        raise ValueError("a token is made of printable ASCII characters without spaces")
    return said


def _certificate(options: argparse.Namespace, stack: ExitStack) -> tuple[str | None, str | None]:
    """The files of the certificate and of its key; None for plain HTTP."""
    certificate, key = options.tls_cert, options.tls_key
    if (certificate is None) != (key is None):
        raise ValueError("--tls-cert and --tls-key go together")
    if not options.tls_self_signed:
        return certificate, key
    if certificate is not None:
        raise ValueError("--tls-self-signed makes a certificate, and --tls-cert brings one")
    directory = stack.enter_context(private_directory())
    made = self_signed(directory, sorted({options.host, *LOOPBACK_NAMES}))
    return str(made[0]), str(made[1])


def _kubeconfig_path(
    options: argparse.Namespace, environment: Mapping[str, str], stack: ExitStack
) -> Path | None:
    """Where a kubeconfig is to be; None if nobody needs one."""
    if options.kubeconfig is not None:
        return Path(options.kubeconfig).absolute()
    known = options.insecure_no_auth or options.token is not None or TOKEN in environment
    if known and not options.tls_self_signed:
        return None
    return stack.enter_context(private_directory()) / "kubeconfig"


def _write_kubeconfig(path: Path | None, place: Place, port: int, token: str) -> list[str]:
    """Write it if it is wanted; the lines that say where it is, and who may use it."""
    if path is None:
        return []
    authority = Path(place.certificate).read_bytes() if place.certificate else b""
    document = kubeconfig(place.near_url(port), token=token, authority=authority)
    write_private(path, document)
    said = [f"export KUBECONFIG={shlex.quote(str(path))}"]
    return [*said, _HINT] if token and place.certificate is None else said


def _runner(http: str) -> Callable[..., None]:
    if http == "auto":
        http = "threaded" if find_spec("uvicorn") is None else "uvicorn"
    if http == "uvicorn" and find_spec("uvicorn") is None:
        raise ValueError("--http uvicorn needs uvicorn: pip install 'kregistry[server]'")
    return serve_uvicorn if http == "uvicorn" else serve_threaded


def _port(text: str) -> int:
    """A number of a port, for argparse."""
    if text.isdecimal() and text.isascii() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 65535")
