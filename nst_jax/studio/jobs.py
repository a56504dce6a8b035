"""The jobs of a studio: ordered, changed and deleted by requests."""

from collections.abc import Iterable

from nst_jax.studio import job_states
from nst_jax.studio.failures import RequestError, full_disk_as_request_error
from nst_jax.studio.identifiers import is_id, new_id
from nst_jax.studio.job_states import DONE, FINISHED, QUEUED, UNFINISHED, change_state, new_job, public_job
from nst_jax.studio.pictures import ALMOST_FULL
from nst_jax.studio.store import Record
from nst_jax.studio.studio import MAX_QUEUE, Studio

# How many finished jobs the state that a page begins with has; the gallery has all of them.
RECENT = 50


class Jobs:
    """The records of all jobs, and what pages are told about their changes."""

    def __init__(self, studio: Studio):
        self._studio = studio

    def get(self, name: object) -> Record:
        """Return a job.

        Raises:
            RequestError: when there is none, with the status 404.
        """
        job = self._studio.store.get("jobs", name) if isinstance(name, str) and is_id(name) else None
        if job is None:
            raise RequestError(404, "There is no such picture any more.")
        return job

    def add(self, fields: Record, experiment: str | None = None) -> Record:
        """Put a new job into the queue.

        Args:
            fields: see `requests.job_fields`.
            experiment: the experiment that it belongs to.

        Raises:
            RequestError: when the queue or the disk is full.
        """
        self.check_room()
        events = self._studio.events
        job = new_job(new_id(), events.next_sequence(), experiment=experiment, **fields)
        with full_disk_as_request_error():
            self._studio.store.add("jobs", job)
        events.publish("job", self.public(job), job["sequence"])
        return job

    def check_room(self, count: int = 1) -> None:
        """Check that further jobs can be taken.

        Raises:
            RequestError: when the queue or the disk is full.
        """
        if self._studio.store.count("jobs", UNFINISHED) + count > MAX_QUEUE:
            raise RequestError(429, f"The queue holds {MAX_QUEUE} pictures; wait for one, or cancel some.")
        if self._studio.folder.is_almost_full():
            raise RequestError(507, ALMOST_FULL)

    def save(self, job: Record) -> None:
        """Keep a change of a job, and tell the pages."""
        events = self._studio.events
        job["sequence"] = events.next_sequence()
        self._studio.store.save("jobs", job)
        events.publish("job", self.public(job), job["sequence"])

    def move(self, job: Record, state: str) -> None:
        """Change the state of a job, keep it, and tell the pages; those of queued jobs move up.

        Raises:
            RequestError: when the change is impossible.
        """
        before = job["state"]
        change_state(job, state)
        self.save(job)
        if QUEUED in (before, state):
            for other in self._studio.store.all("jobs", (QUEUED,)):
                if other["id"] != job["id"]:
                    self.save(other)

    def delete(self, job: Record) -> None:
        """Delete a finished job and its files.

        Raises:
            RequestError: when it is unfinished, or an unfinished one goes on from it, with the status 409.
        """
        if job["state"] not in FINISHED:
            raise RequestError(409, "This picture is not finished; cancel it first.")
        if any(other.get("start") == job["id"] for other in self._studio.store.all("jobs", UNFINISHED)):
            raise RequestError(409, "Another picture goes on from this one; wait for it, or cancel it first.")
        self._studio.store.delete("jobs", job["id"])
        self._studio.folder.remove_result(job["id"])
        self._studio.events.publish("deleted", {"job": job["id"]})

    def public(self, job: Record) -> Record:
        """Return what pages are told about a job."""
        return public_job(job, self._position(job) if job["state"] == QUEUED else None)

    def present(self) -> list[Record]:
        """Return what a page begins with: all unfinished jobs and the latest finished ones, the newest first."""
        unfinished = self._studio.store.page("jobs", UNFINISHED, MAX_QUEUE * 2)
        finished = self._studio.store.page("jobs", FINISHED, RECENT)
        rows = sorted([*unfinished, *finished], key=lambda row: row[0], reverse=True)
        return [self.public(job) for _, job in rows]

    def next_queued(self) -> Record | None:
        """Return the job that is to be made next."""
        queued = self._studio.store.all("jobs", (QUEUED,))
        return queued[0] if queued else None

    def users_of(self, picture: str) -> list[Record]:
        """Return the unfinished jobs that need a picture."""
        return [job for job in self._studio.store.all("jobs", UNFINISHED) if picture in pictures_of(job)]

    def resume_all(self) -> None:
        """Put jobs that an earlier server has left unfinished back into the queue."""
        for job in self._studio.store.all("jobs", job_states.RUNNING):
            self.move(job, QUEUED)

    def hidden(self, job: Record) -> bool:
        """Return whether a job is not to be shown yet, because somebody draws what it might look like."""
        name = job.get("experiment")
        experiment = self._studio.store.get("experiments", name) if name else None
        return experiment is not None and experiment["state"] == "drawing"

    def gallery(self, limit: int, before: int | None) -> tuple[list[Record], bool]:
        """Return finished pictures, the newest first, and whether there are more.

        Args:
            limit: the most pictures to return.
            before: the sequence number of the last picture that the page has; None begins with the newest.
        """
        store = self._studio.store
        number = None
        if before is not None:
            matches = [job for job in store.all("jobs", (DONE,)) if job["sequence"] <= before]
            exact = [job for job in matches if job["sequence"] == before]
            newest = exact or sorted(matches, key=lambda job: -job["sequence"])[:1]
            found = store.number_of("jobs", newest[0]["id"]) if newest else 0
            # Without the job itself, as after its deletion, the next older one is the first that is wanted.
            number = (found or 0) + (0 if exact else 1)
        rows = store.page("jobs", (DONE,), limit + 1, number)
        return [self.public(job) for _, job in rows[:limit] if not self.hidden(job)], len(rows) > limit

    def _position(self, job: Record) -> int:
        queued = [each["id"] for each in self._studio.store.all("jobs", (QUEUED,))]
        return queued.index(job["id"]) + 1 if job["id"] in queued else len(queued) + 1


def pictures_of(job: Record) -> Iterable[str]:
    """Return the identifiers of all pictures that a job needs."""
    names = [job["content"], job["content_mask"]]
    for style in job["styles"]:
        names += [style["picture"], style["mask"]]
    return {name for name in names if name}
