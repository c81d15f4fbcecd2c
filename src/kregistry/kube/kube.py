"""Kube: an API server of one's own for one test, with a handle on all that may happen to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import attrs

from kregistry.controllers import Collected
from kregistry.kube.applying import Applying
from kregistry.kube.faulting import fault_of
from kregistry.kube.faults import Faults, Injection
from kregistry.kube.front import Front
from kregistry.kube.kinds import Kinds
from kregistry.kube.kubeconfig import write_kubeconfig
from kregistry.kube.listening import Listener
from kregistry.kube.matching import MatchMaker
from kregistry.kube.objects import Objects, Tree
from kregistry.kube.options import KubeOptions
from kregistry.kube.requests import RequestLog
from kregistry.kube.sources import Source, documents
from kregistry.kube.streams import OpenStreams
from kregistry.kube.waiting import Changes
from kregistry.meta.context import Cancellation
from kregistry.server import Answer, APIServer, Request, Response, Settings, TokenAuthenticator
from kregistry.server.tidying import Tidying
from kregistry.server.user import ADMIN
from kregistry.storage import Config, factory
from kregistry.storage.housekeeping import Chores
from kregistry.testing.clock import FakeClock

T = TypeVar("T")

#: Written and never read, so that the store goes on as that of a busy cluster does.
_TICK: Final = "/kregistry-kube/tick"

_TREES = list[Tree]


class Kube:
    """An API server on loopback, fresh, and gone with the test.

    Everything is there once it is made, and everything is over after :meth:`close`; it is a
    context manager. The namespaces that every cluster has exist. Safe to share between threads.

    Args:
        directory: Where its files go: the kubeconfig, and the store if it is one. Nothing else
            must have been made there for another one.
        options: How it is to be.

    Attributes:
        url: Where it listens, such as ``http://127.0.0.1:40213``.
        kubeconfig: Path of a file that tells clients so.
        token: The one token that it accepts; its holder may do everything.
        clock: Stands still until the test moves it; all times that the server writes, and all
            times to live, follow it.
        requests: What clients asked so far.
        server: The REST layer, for what cannot be asked from outside.
        storage: What the server stores in.
    """

    def __init__(self, directory: Path, options: KubeOptions | None = None) -> None:
        with ExitStack() as undone:
            self._begin(directory, options if options is not None else KubeOptions(), undone)
            self._undone = undone.pop_all()

    def _begin(self, directory: Path, options: KubeOptions, undone: ExitStack) -> None:
        """Make everything; what has to be undone in the end, or as soon as this fails, is noted."""
        self.options = options
        self.clock = FakeClock(self.options.start)
        self.token = secrets.token_urlsafe(24)
        config = Config(
            type=self.options.storage,
            path=directory / "kube.db",
            synchronous="normal",
            compaction_interval=0,
            clock=self.clock,
        )
        self._backend = factory.create_backend(config)
        self.storage = factory.create(attrs.evolve(config, backend=self._backend))
        undone.callback(self.storage.close)
        self._changes = Changes()
        undone.callback(self.clock.subscribe(self._expire))
        settings = Settings(
            authenticator=TokenAuthenticator({self.token: ADMIN}),
            admission=self.options.admission,
            clock=self.clock,
        )
        self.server = APIServer(self.storage, settings)
        self.server.create_namespaces()
        kinds = Kinds(self.server.resources)
        self._matches = MatchMaker(kinds.plural)
        self._objects = Objects(self._carry_out, self.token, kinds)
        self._applying = Applying(self._objects, kinds)
        self._tidying = Tidying(self.server.resources)
        self._faults, self._streams = Faults(), OpenStreams()
        self.requests = RequestLog(self._matches)
        self.requests.on_change(self._changes.tell)
        front = Front(
            carry_out=self._carry_out,
            log=self.requests,
            faults=self._faults,
            streams=self._streams,
            clock=self.clock,
            settings=settings,
        )
        listener = Listener(front)
        undone.callback(listener.close)
        undone.callback(self._streams.close)
        self.url = listener.url
        self.kubeconfig = str(directory / "kubeconfig")
        write_kubeconfig(Path(self.kubeconfig), url=self.url, token=self.token)

    def apply(self, *sources: Source, namespace: str = "default") -> list[Tree]:
        """Make what is stored look like what is declared, as ``kubectl apply`` does.

        Args:
            sources: Dicts, paths of files or directories, texts of YAML (extra ``yaml``) or
                JSON, or lists of those. Namespaces and definitions of kinds among them are
                applied first, wherever they stand.
            namespace: For objects that belong into one and do not say which.

        Returns:
            The objects as they are stored now, in the order in which they were given.

        Raises:
            StatusError: The server refuses one.
            ManifestError: A file cannot be read.
            TypeError: A source is nothing of the sort.
            ValueError: A document is no object, or of a kind that is not served.
        """
        __tracebackhide__ = True
        return self._applying.apply(documents(sources), namespace=namespace)

    def get(self, what: str, name: str, *, namespace: str = "default") -> Tree:
        """One object, as JSON has it.

        Args:
            what: Plural, singular, kind or short name; with ``.group`` if others have the name,
                too, and ``/subresource`` if that is wanted.
            name: Its name.
            namespace: Where it is; does not matter for what is in none.

        Raises:
            NotFound: There is none.
            ValueError: There is no such resource.
        """
        __tracebackhide__ = True
        return self._objects.get(what, name, namespace)

    def list(
        self,
        what: str,
        *,
        namespace: str = "default",
        label_selector: str = "",
        field_selector: str = "",
    ) -> _TREES:
        """The objects of one namespace, or of all for "", in the order of their names.

        Args:
            what: As for :meth:`get`.
            namespace: Where they are.
            label_selector: Only those with such labels.
            field_selector: Only those with such fields.

        Raises:
            ValueError: There is no such resource.
            BadRequest: A selector makes no sense.
        """
        __tracebackhide__ = True
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        given = {key: value for key, value in query.items() if value}
        return self._objects.all(what, namespace, given)

    def delete(
        self,
        what: str,
        name: str,
        *,
        namespace: str = "default",
        propagation_policy: str = "Background",
        grace_period_seconds: int | None = None,
    ) -> Tree:
        """Delete one object; its dependents go when :meth:`collect` is called.

        Args:
            what: As for :meth:`get`.
            name: Its name.
            namespace: Where it is.
            propagation_policy: ``Background``, ``Foreground`` or ``Orphan``.
            grace_period_seconds: Its time to end; None for what its kind says.

        Returns:
            The object if it is only marked so far, else what the server says.

        Raises:
            NotFound: There is none.
            ValueError: There is no such resource.
        """
        __tracebackhide__ = True
        options: Tree = {"propagationPolicy": propagation_policy}
        if grace_period_seconds is not None:
            options["gracePeriodSeconds"] = grace_period_seconds
        return self._objects.delete(what, name, namespace, options)

    def wait_for(self, condition: Callable[[], T], timeout: float = 5.0) -> T:
        """Wait until *condition* returns something true; looked at whenever anybody asks anything.

        Blocks the thread: in a coroutine, ``await asyncio.to_thread(kube.wait_for, condition)``.

        Args:
            condition: NotFound and AssertionError from it mean "not yet".
            timeout: Seconds to wait at most, by the clock of the machine.

        Returns:
            What the condition returned in the end.

        Raises:
            TimeoutError: It was not true in time; says what it returned or raised last.
        """
        __tracebackhide__ = True
        return self._changes.wait_for(condition, timeout=timeout)

    def compact(self) -> None:
        """Forget all history, as etcd does every few minutes.

        Whoever resumes a watch, or goes on with a list, at any version seen before this gets a
        410. A watch that is open and has missed nothing goes on.
        """
        found = self._backend.get(_TICK).record
        expected = found.mod_revision if found is not None else 0
        self.storage.compact(self._backend.put(_TICK, b"{}", expected=expected))

    def expire_watches(self) -> int:
        """Forget all history, and end every open watch with a 410.

        Returns:
            How many watches that ended.
        """
        self.compact()
        return self._streams.expire()

    def inject(
        self,
        status: int | None = None,
        *,
        retry_after: int | None = None,
        message: str | None = None,
        lose: str | None = None,
        watch: str | None = None,
        events: int = 0,
        delay: float | None = None,
        times: int | None = None,
        after: int = 0,
        optional: bool = False,
        verb: str | Iterable[str] = (),
        resource: str = "",
        name: str = "",
        namespace: str = "",
        user_agent: str = "",
        path: str = "",
    ) -> Injection:
        """Let something go wrong with requests from now on.

        ::

            with kube.inject(409, verb="update", resource="widgets", times=1):
                reconcile()

        Args:
            status: Answer with this HTTP status, from 400 to 599, in the words of an API server.
            retry_after: Seconds after which to try again, for a *status*; 1 for a 429.
            message: What the *status* says, in place of the usual words.
            lose: ``"request"``: it is not carried out, and the connection ends without an
                answer. ``"answer"``: it is carried out, and then the same.
            watch: ``"end"``: a watch ends properly before its time; ``"break"``: in the middle.
            events: How many events come before that.
            delay: Seconds that the request waits first; alone, or with one of the others.
            times: With how many requests at most; None for all until it is removed.
            after: How many requests go through unharmed first.
            optional: Let a ``with`` block end in peace if no request ran into the fault.
            verb: With requests of this verb, or of one of these.
            resource: Of this resource, as for :meth:`get`; ``*`` and ``?`` as everywhere below.
            name: About the object of this name.
            namespace: In this namespace.
            user_agent: Of this client.
            path: With this path.

        Returns:
            What ends it: as a ``with`` block, or with ``remove()``.

        Raises:
            ValueError: Nothing is to go wrong, or two things at once, or with requests that
                cannot be.
        """
        fault = fault_of(
            status=status,
            retry_after=retry_after,
            message=message,
            lose=lose,
            watch=watch,
            events=events,
            delay=delay,
            streams=self._streams,
        )
        match = self._matches.make(
            verb=verb or ("watch" if watch else ()),
            resource=resource,
            name=name,
            namespace=namespace,
            user_agent=user_agent,
            path=path,
        )
        injection = Injection(fault, match, times=times, after=after, optional=optional)
        self._faults.add(injection)
        return injection

    @property
    def injections(self) -> tuple[Injection, ...]:
        """Every fault that was injected, whether it still is or not."""
        return tuple(self._faults)

    def step(self) -> Collected:
        """Let the garbage collector and the controller of namespaces look at everything once.

        Returns:
            What they did, in order, and what they found.
        """
        return self._tidying.step()

    def collect(self) -> Collected:
        """Let both work until there is nothing to do for them.

        Returns:
            What they did, in order, and what is still waiting, and for what.

        Raises:
            NotConverged: Somebody undoes what they do.
        """
        return self._tidying.collect()

    def close(self) -> None:
        """End every watch, close every connection, then the store. A second call does nothing."""
        self._undone.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Without the token."""
        return f"<Kube {self.url}>"

    def _carry_out(self, request: Request, *, cancellation: Cancellation | None = None) -> Answer:
        """What the server answers, after everything is tidied up if that is wanted."""
        answer = self.server.handle(request, cancellation=cancellation)
        if self.options.collect == "auto" and _leaves_work(request, answer):
            self.collect()
        return answer

    def _expire(self) -> None:
        """Delete what has lived long enough, before whoever moved the clock goes on."""
        if isinstance(self._backend, Chores):
            self._backend.do_chores()
        self._changes.tell()


def _leaves_work(request: Request, answer: Answer) -> bool:
    """Whether garbage or a dying namespace may be left behind."""
    if not isinstance(answer, Response) or answer.status >= 400:
        return False
    changed = request.method in ("PUT", "PATCH") and b'"deletionTimestamp"' in answer.body
    return changed or request.method == "DELETE"
