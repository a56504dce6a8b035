"""A painter for the browser's tests: small pictures in no time, and pauses where the seed of a job asks for them."""

import io
import os
import signal
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from PIL import Image

from nst_jax.studio.child import receive_until_end
from nst_jax.studio.painter_messages import Message, PainterOptions, PaintTask
from nst_jax.studio.painter_requests import Requests

# What the seed of a job stands for: in which state it waits until it is stopped or cancelled.
QUICK, HOLD_PAINTING, HOLD_STARTING, HOLD_SAVING, FAIL = range(5)
STEPS = 6
SIDE = 64


def main(connection: Connection, options: PainterOptions) -> None:
    """Take the place of the real painter's main function."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = Requests()

    def listen() -> None:
        receive_until_end(connection, requests.handle)
        requests.leave()

    threading.Thread(target=listen, daemon=True).start()
    connection.send({"type": "ready", "device": "cpu"})
    while (message := requests.tasks.get()) is not None:
        if message["type"] == "paint":
            connection.send({"job": message["task"].job} | paint(message["task"], requests, connection))
        else:
            connection.send({"type": "graded", "experiment": message["task"].experiment} | grades())
    os._exit(0)


def paint(task: PaintTask, requests: Requests, connection: Connection) -> Message:
    """Paint a picture; return the last word on it."""
    job, mode = {"job": task.job}, task.recipe.seed
    if mode == FAIL:
        return {"type": "failed", "error": "This cannot be painted; choose another size."}
    if mode == HOLD_STARTING:
        wait(task, requests)
    photo = Image.open(task.content.path).convert("RGB")
    photo.thumbnail((SIDE, SIDE))
    style = Image.open(task.styles[0].path).convert("RGB").resize(photo.size)
    step, losses = 0, []
    # The fast network has a single step.
    steps = 1 if task.recipe.fast else STEPS
    while step < steps and not (requests.is_cancelled(task.job) or requests.is_stopped(task.job)):
        step += 1
        picture = Image.blend(photo, style, step / steps / 2)
        loss = {"content": 1.0 / step, "style": 8.0 / step, "total": 9.0 / step}
        losses.append((step, *loss.values()))
        numbers = {"step": step, "total_steps": steps, "scale": 1, "scales": 1, "seconds": 0.1 * step, "loss": loss}
        connection.send(job | {"type": "progress"} | numbers)
        size = {"width": picture.width, "height": picture.height}
        connection.send(job | {"type": "preview", "jpeg": jpeg(picture)} | size)
        if mode == HOLD_PAINTING and step == 2:
            wait(task, requests)
    if requests.is_cancelled(task.job):
        return {"type": "cancelled"}
    connection.send(job | {"type": "saving"})
    if mode == HOLD_SAVING:
        wait(task, requests)
        if requests.is_cancelled(task.job):
            return {"type": "cancelled"}
    save(picture, task.result)
    ending = "all steps done" if step == steps else None
    numbers = {"seconds": 0.1 * step, "step": step, "total_steps": steps, "losses": losses, "notes": []}
    return {"type": "done", "ending": ending} | size | numbers


def grades() -> Message:
    """Return the same grades for all pictures, and a short ladder."""
    table = {("drawing", "fast"): 3.1, ("drawing", "optimize"): 2.4, ("fast", "optimize"): 6.2}
    found = [
        {"first": first, "second": second, "grade": grade}
        | {"content": grade + 1, "style": grade - 1, "layout": grade, "encoder": grade + 0.5}
        for (first, second), grade in table.items()
    ]
    ladder = [{"label": "the same picture", "grade": 10.0}, {"label": "two unrelated pictures", "grade": 0.5}]
    return {"grades": found, "ladder": ladder}


def wait(task: PaintTask, requests: Requests) -> None:
    """Wait until the job is to end."""
    pause = threading.Event()
    while not (requests.is_cancelled(task.job) or requests.is_stopped(task.job)):
        if requests.leaving.is_set():
            os._exit(0)
        pause.wait(0.01)


def jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def save(picture: Image.Image, path: Path) -> None:
    picture.save(path.with_suffix(".png"))
    picture.save(path.with_suffix(".tif"))
    for which in ("view", "thumbnail"):
        path.with_suffix(f".{which}.jpg").write_bytes(jpeg(picture))
