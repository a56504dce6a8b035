"""Jobs as the painter gets them: with all paths and settings, so that it needs no database."""

from nst_jax.studio.painter_messages import NamedPicture, PaintTask
from nst_jax.studio.requests import recipe_of
from nst_jax.studio.store import Record
from nst_jax.studio.studio import Studio


def paint_task(studio: Studio, job: Record) -> PaintTask:
    """Return the task of a job.

    Raises:
        RequestError: when one of its pictures, or that to begin with, has been deleted.
        InputError: when a setting has become invalid, as after an update of the program.
    """

    def named(name: str, what: str) -> NamedPicture:
        record = studio.pictures.get(name, what)
        path = studio.pictures.path(record)
        # As the job's command names it.
        return NamedPicture(path, record["name"] if record["kind"] == "upload" else path.name)

    masks = [style["mask"] for style in job["styles"] if style["mask"]]
    return PaintTask(
        job=job["id"],
        recipe=recipe_of(studio, job),
        content=named(job["content"], "photograph"),
        styles=[named(style["picture"], "painting") for style in job["styles"]],
        content_mask=named(job["content_mask"], "mask") if job["content_mask"] else None,
        style_masks=[named(mask, "mask") for mask in masks],
        checkpoint=studio.folder.checkpoint(job["id"]),
        result=studio.folder.results / job["id"],
        stop=job["private"]["stop"],
    )
