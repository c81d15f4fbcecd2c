"""migrate: from one backend to another, whatever they are, and again if it was cut off."""

from __future__ import annotations

import attrs

from kregistry.meta.clock import Clock, SystemClock
from kregistry.storage.backend import Backend
from kregistry.storage.errors import RevisionMismatch
from kregistry.storage.migration.copying import Comparison, Copier, Outcome
from kregistry.storage.migration.deadlines import Deadlines
from kregistry.storage.migration.errors import (
    MigrationTaken,
    OtherSource,
    SourceCompacted,
    TargetNotEmpty,
)
from kregistry.storage.migration.marker import MARKER, Hold, Marker, Stage
from kregistry.storage.migration.pages import END, SPANS
from kregistry.storage.migration.progress import OnProgress, Progress, silent
from kregistry.storage.migration.survey import Source, Survey, refuse_unfinished

#: Surveys of a source whose keys go faster than they can be asked for their time to live.
_SURVEYS = 4
#: Parts in which a target advances, for those that count up and take long.
_STRIDES = 20


@attrs.frozen
class Migrated:
    """What came of a migration.

    Attributes:
        source_revision: Revision of the source that was copied.
        target_revision: Revision of the target afterwards.
        keys: Keys that were copied and compared, those of earlier runs included.
        found: How many of these earlier runs had copied.
        expired: Keys that this run left out, because their time was up.
    """

    source_revision: int
    target_revision: int
    keys: int
    found: int
    expired: int


def migrate(
    source: Backend,
    target: Backend,
    *,
    on_progress: OnProgress | None = None,
    page: int = 500,
    clock: Clock | None = None,
) -> Migrated:
    """Copy a whole store as of one revision, and compare the copy with it.

    The target goes on behind every revision of the source, with nothing before that: who
    watched the source is told to list anew, and nobody sees a revision twice. Both stay open.

    A run that was cut off, at whatever moment, is taken up by the next call with the same
    source and target. What others write to the source meanwhile is not part of the copy.

    Args:
        source: Is only read. (Keys whose time is up go, as in any store that is open.)
        target: Empty, or left unfinished by an earlier run. Nobody else may write to it.
        on_progress: Told how far it is, in the calling thread; what it raises ends the run.
        page: How many keys to read at once; a few pages are in memory, and not more.
        clock: Measures the times to live.

    Raises:
        ValueError: Both are the same, or *page* is less than 1.
        TargetNotEmpty: There is something in the target.
        OtherSource: The target holds a part of another store.
        SourceCompacted: The source forgot the revision before all of it was copied.
        MigrationTaken: Another run goes on with this migration.
        CopyDiffers: The target is not what it should be; it stays marked as unfinished.
        MigrationError: The source is itself an unfinished copy, or the marker cannot be read.
        BackendError: One of the stores failed.
    """
    if source is target:
        raise ValueError("a store cannot be migrated into itself")
    if page < 1:
        raise ValueError(f"a page has at least one key, not {page}")
    run = _Run(source, target, on_progress or silent, page, clock or SystemClock())
    try:
        return run.finish(*run.begin())
    except RevisionMismatch:
        raise MigrationTaken from None


class _Run:
    """One attempt at a migration."""

    def __init__(
        self, source: Backend, target: Backend, tell: OnProgress, size: int, clock: Clock
    ) -> None:
        self._store = source
        self._target = target
        self._tell = tell
        self._size = size
        self._deadlines = Deadlines(target, clock, size=size)

    def begin(self) -> tuple[Source, Hold, bool]:
        """What to copy, the right to do so, and whether a part of it may be there already."""
        refuse_unfinished(self._store)
        record = self._target.get(MARKER).record
        if record is None:
            self._refuse_keys(("", END))
            return (*self._survey(0), False)
        marker = Marker.decode(record.value)
        if marker.stage is Stage.SURVEY:
            for span in SPANS:
                self._refuse_keys(span)
            return (*self._survey(record.mod_revision), False)
        source = self._source(marker.revision)
        self._recognize(source, marker)
        return source, Hold(self._target, marker, expected=record.mod_revision), True

    def finish(self, source: Source, hold: Hold, resumed: bool) -> Migrated:
        """Everything after the survey; each step may have been taken before."""
        copier = Copier(self._target, hold, self._deadlines)
        marker = hold.marker
        if marker.stage is Stage.COPY:
            self._advance(source.revision)
            copier.run(source, self._tell, resumed=resumed)
            Comparison(source, self._target, self._deadlines, size=self._size).run(
                self._tell, marker.keys
            )
            copied = marker.keys - copier.outcomes[Outcome.EXPIRED]
            hold.write(attrs.evolve(marker, stage=Stage.DONE, keys=copied))
        else:
            copier.outcomes[Outcome.FOUND] = marker.keys
        self._close_past(hold)
        return Migrated(
            source_revision=source.revision,
            target_revision=self._target.current_revision(),
            keys=hold.marker.keys,
            found=copier.outcomes[Outcome.FOUND],
            expired=copier.outcomes[Outcome.EXPIRED],
        )

    def _refuse_keys(self, keys: tuple[str, str]) -> None:
        for record in self._target.range(*keys, limit=1).records:
            raise TargetNotEmpty(record.key)

    def _source(self, revision: int) -> Source:
        return Source(self._store, revision=revision, size=self._size)

    def _survey(self, expected: int) -> tuple[Source, Hold]:
        """Choose a revision and see what there is at it.

        If keys go before they can be asked when they were to go, a later revision is chosen,
        at which they were not there; the last time, they are left out.
        """
        source = self._source(self._store.current_revision())
        hold = Hold(self._target, Marker(source.revision), expected=expected)
        survey = self._look(source, hold)
        for _ in range(_SURVEYS - 1):
            if not survey.gone:
                break
            source = self._source(self._store.current_revision())
            survey = self._look(source, hold)
        hold.write(Marker(source.revision, Stage.COPY, survey.keys, survey.digest))
        return source, hold

    def _look(self, source: Source, hold: Hold) -> Survey:
        """One survey, given up as soon as somebody else begins one."""

        def tell(progress: Progress) -> None:
            hold.check()
            self._tell(progress)

        self._deadlines.forget()
        return source.survey(tell, self._deadlines)

    def _recognize(self, source: Source, marker: Marker) -> None:
        """See that the source is what the target holds a part of.

        Its digest covers every key, revision and value as of the marker's revision. A source
        with the same digest gives the same copy, so it does not matter whether it is the same
        file or server; and one with another digest would leave a mixture of two stores.
        """
        if self._store.current_revision() < marker.revision:
            raise OtherSource(marker.revision)
        compacted = self._store.compacted_revision()
        if compacted > marker.revision:
            raise SourceCompacted(marker.revision, compacted)
        if source.survey(self._tell).digest != marker.digest:
            raise OtherSource(marker.revision)

    def _advance(self, revision: int) -> None:
        """Take the target to where the source is, in strides that can be shown."""
        start = self._target.current_revision()
        total = max(revision - start, 0)
        if total:
            self._tell(Progress(0, total, "advance"))
        strides = min(total, _STRIDES) or 1  # one even so: an earlier run may have left traces
        for stride in range(1, strides + 1):
            done = total * stride // strides
            self._target.advance(start + done)
            self._tell(Progress(done, total, "advance"))

    def _close_past(self, hold: Hold) -> None:
        """Let nobody resume from before the copy, and remove what only the migration needed.

        The source may have gone on: its revisions are passed over, too.
        """
        self._target.advance(self._store.current_revision() + 1)
        self._deadlines.forget()
        self._target.compact(self._target.current_revision())
        hold.release()
