"""The outcomes of one shard's pictures: where their results go, and what is noted of them."""

import dataclasses
from pathlib import PurePosixPath

from nst_jax.cluster.ledger import DONE, FAILED, Ledger, Outcome
from nst_jax.cluster.plan import Row
from nst_jax.cluster.run_settings import RunSettings
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.transfers import Sources


@dataclasses.dataclass(frozen=True)
class Outcomes:
    """Notes of what came of the pictures of one shard.

    Attributes:
        output: the output.
        settings: its settings.
        sources: the storages of the contents.
        ledger: where the notes go.
    """

    output: Storage
    settings: RunSettings
    sources: Sources
    ledger: Ledger

    def target(self, row: Row) -> str:
        """Return the key of a result."""
        return str(PurePosixPath(self.settings.folders[row.group], row.target))

    def is_open(self, row: Row) -> bool:
        """Return whether nothing is known of a picture yet."""
        return row.target not in self.ledger.finished

    def done(self, row: Row, sha256: str) -> None:
        """Note a result, by the hash of its bytes."""
        self._add(row, DONE, "", sha256)

    def failed(self, row: Row, reason: str) -> None:
        """Note a failure."""
        self._add(row, FAILED, reason, "")

    def _add(self, row: Row, outcome: str, reason: str, sha256: str) -> None:
        self.ledger.add(
            Outcome(
                input=self.sources.describe(row),
                output=self.output.describe(self.target(row)),
                outcome=outcome,
                reason=reason,
                sha256=sha256,
                version=row.version,
                source=row.source,
                key=row.key,
                group=row.group,
                target=row.target,
                attempts=self.ledger.attempt,
                worker=self.ledger.worker,
            )
        )
