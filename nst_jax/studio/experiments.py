"""Experiments: a photograph and a painting by chance, two methods, a drawing, and three grades."""

import secrets
import time
from typing import Any

from nst_jax.studio.failures import RequestError, full_disk_as_request_error
from nst_jax.studio.identifiers import is_id, new_id
from nst_jax.studio.job_states import CANCELLED, DONE, FAILED
from nst_jax.studio.jobs import Jobs
from nst_jax.studio.painter_messages import GradeTask, Message
from nst_jax.studio.requests import job_fields
from nst_jax.studio.store import Record
from nst_jax.studio.studio import Studio

DRAWING, GRADING, GRADED = "drawing", "grading", "graded"
METHODS = ("fast", "optimize")
SIZE = 384
MAX_SEED = 2**31 - 1


class Experiments:
    """The experiments of a studio.

    Args:
        studio: the studio.
        jobs: its jobs.
    """

    def __init__(self, studio: Studio, jobs: Jobs):
        self._studio, self._jobs = studio, jobs

    def get(self, name: object) -> Record:
        """Return an experiment.

        Raises:
            RequestError: when there is none, with the status 404.
        """
        found = self._studio.store.get("experiments", name) if isinstance(name, str) and is_id(name) else None
        if found is None:
            raise RequestError(404, "There is no such experiment any more.")
        return found

    def all(self) -> list[Record]:
        """Return all experiments, the newest first."""
        return self._studio.store.all("experiments", newest_first=True)

    async def add(self, order: Any) -> Record:
        """Begin an experiment, and order both of its pictures.

        Args:
            order: the parsed JSON of the request: "seed", "content", "style" and "size", all of which may be missing.

        Raises:
            RequestError: when the order is wrong, or the queue or the disk is full.
        """
        if not isinstance(order, dict):
            raise RequestError(400, "An experiment is begun by an object with seed, content, style and size.")
        seed = order.get("seed")
        if seed is None:
            seed = secrets.randbelow(MAX_SEED)
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
            raise RequestError(400, f"The seed must be a whole number from 0 to {MAX_SEED}.")
        drawn = self._pair(seed)
        content = self._studio.pictures.get(order.get("content") or drawn["content"], "photograph")
        style = self._studio.pictures.get(order.get("style") or drawn["style"], "painting")
        self._jobs.check_room(len(METHODS))
        name = new_id()
        settings = {"size": order.get("size") or SIZE}
        styles = [{"picture": style["id"], "weight": 1.0, "mask": None}]
        fields = [
            await job_fields(
                self._studio, {"content": content["id"], "styles": styles, "method": method, "settings": settings}
            )
            for method in METHODS
        ]
        experiment = {
            "id": name, "seed": seed, "content": content["id"], "style": style["id"], "jobs": {}, "drawing": None,
            "state": DRAWING, "grades": None, "ladder": None, "error": None, "created": time.time(),
        }  # fmt: skip
        with full_disk_as_request_error():
            self._studio.store.add("experiments", experiment)
        for method, each in zip(METHODS, fields, strict=True):
            experiment["jobs"][method] = self._jobs.add(each, name)["id"]
        self.save(experiment)
        return experiment

    def _pair(self, seed: int) -> dict[str, str]:
        """Return the identifiers of a pair of samples by chance.

        The page has the same rule, in js/experiment/chance.js, because it shows the pair before it begins; consecutive
        seeds go through all pairs.
        """
        contents, styles = (
            sorted(record["id"] for record in self._studio.pictures.samples(role)) for role in ("content", "style")
        )
        return {"content": contents[seed % len(contents)], "style": styles[seed // len(contents) % len(styles)]}

    def set_drawing(self, experiment: Record, picture: object) -> None:
        """Set the drawing of an experiment, which may be replaced until it is done.

        Raises:
            RequestError: when the picture does not exist, or the drawing is done.
        """
        if experiment["state"] != DRAWING:
            raise RequestError(409, "This drawing is done; begin another experiment.")
        experiment["drawing"] = self._studio.pictures.get(picture, "drawing")["id"]
        self.save(experiment)

    def finish_drawing(self, experiment: Record) -> None:
        """Show the pictures, and grade them as soon as all are there.

        Raises:
            RequestError: when there is no drawing.
        """
        if experiment["drawing"] is None:
            raise RequestError(409, "Draw or upload a picture first.")
        if experiment["state"] == DRAWING or experiment["state"] == FAILED:
            experiment |= {"state": GRADING, "error": None}
            self.save(experiment)
        self.look_for_failures()

    def delete(self, experiment: Record) -> None:
        """Delete an experiment and its drawing; its jobs stay, as pictures like any other.

        Unfinished jobs must have been cancelled before. A drawing that anything else needs stays.
        """
        for job in self.jobs_of(experiment):
            job["experiment"] = None
            self._jobs.save(job)
        self._studio.store.delete("experiments", experiment["id"])
        self._studio.folder.sheet(experiment["id"]).unlink(missing_ok=True)
        self._studio.events.publish("experiment", experiment | {"deleted": True})
        drawing = self._studio.store.get("pictures", experiment["drawing"] or "")
        if drawing is not None and drawing["kind"] == "drawing" and not self._is_needed(drawing["id"]):
            self._studio.pictures.delete(drawing)

    def jobs_of(self, experiment: Record) -> list[Record]:
        """Return all jobs that were ordered for an experiment."""
        return [job for job in self._studio.store.all("jobs") if job["experiment"] == experiment["id"]]

    def _is_needed(self, drawing: str) -> bool:
        others = self._studio.store.all("experiments")
        return bool(self._jobs.users_of(drawing)) or any(
            drawing in (each["drawing"], each["content"], each["style"]) for each in others
        )

    def save(self, experiment: Record) -> None:
        """Keep a change of an experiment, and tell the pages."""
        self._studio.store.save("experiments", experiment)
        self._studio.events.publish("experiment", experiment)

    def next_grade(self) -> GradeTask | None:
        """Return the pictures of an experiment whose drawing and jobs are done."""
        for experiment in self._studio.store.all("experiments", (GRADING,)):
            jobs = self._methods_of(experiment)
            if any(job is None or job["state"] != DONE for job in jobs.values()):
                continue
            try:
                drawing = self._studio.pictures.path(self._studio.pictures.get(experiment["drawing"]))
            except RequestError as error:
                self._fail(experiment, str(error))
                continue
            results = {method: self._studio.folder.result(experiment["jobs"][method]) for method in METHODS}
            return GradeTask(experiment["id"], {"drawing": drawing, **results})
        return None

    def note(self, message: Message) -> None:
        """Note the last word of the painter on a task."""
        if message["type"] == "graded":
            experiment = self._studio.store.get("experiments", message["experiment"])
            if experiment is not None and "error" in message:
                self._fail(experiment, message["error"])
            elif experiment is not None:
                experiment |= {"state": GRADED, "grades": message["grades"], "ladder": message["ladder"]}
                self.save(experiment)
        else:
            self.look_for_failures()

    def users_of(self, picture: str) -> list[Record]:
        """Return the experiments that still need a picture."""
        unfinished = self._studio.store.all("experiments", (DRAWING, GRADING))
        return [each for each in unfinished if picture in (each["drawing"], each["content"], each["style"])]

    def look_for_failures(self) -> None:
        """Give up experiments whose pictures will never be there; to be called after a job was cancelled or deleted."""
        for experiment in self._studio.store.all("experiments", (GRADING,)):
            for method, job in self._methods_of(experiment).items():
                if job is None or job["state"] in (CANCELLED, FAILED):
                    reason = "was deleted" if job is None else f"is {job['state']}"
                    self._fail(experiment, f"The picture of the method {method} {reason}, so nothing can be graded.")
                    break

    def _methods_of(self, experiment: Record) -> dict[str, Record | None]:
        return {method: self._studio.store.get("jobs", name) for method, name in experiment["jobs"].items()}

    def _fail(self, experiment: Record, error: str) -> None:
        experiment |= {"state": FAILED, "error": error}
        self.save(experiment)
