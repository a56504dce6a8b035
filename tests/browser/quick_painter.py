"""A painter for the browser tests: it mixes both pictures instead of painting, and grades by a fixed table."""

import io
import os
import signal
import threading
from multiprocessing.connection import Connection

from PIL import Image

from nst_jax.studio.child import receive_until_end
from nst_jax.studio.painter_messages import PainterOptions, PaintTask
from nst_jax.studio.painter_requests import Requests

STEPS = 4
GRADES = {("drawing", "fast"): 3.1, ("drawing", "optimize"): 2.4, ("fast", "optimize"): 6.2}
LADDER = [{"label": "the same picture", "grade": 10.0}, {"label": "two unrelated pictures", "grade": 0.5}]


def main(connection: Connection, options: PainterOptions) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = Requests()

    def listen() -> None:
        receive_until_end(connection, requests.handle)
        requests.leave()

    threading.Thread(target=listen, daemon=True).start()
    connection.send({"type": "ready", "device": "cpu"})
    while (message := requests.tasks.get()) is not None:
        task = message["task"]
        if message["type"] == "paint":
            _paint(task, requests, connection)
            continue
        grades = [
            {"first": first, "second": second, "grade": grade}
            | {"content": grade + 1, "style": grade - 1, "layout": grade, "encoder": grade + 0.5}
            for (first, second), grade in GRADES.items()
        ]
        connection.send({"type": "graded", "experiment": task.experiment, "grades": grades, "ladder": LADDER})
    os._exit(0)


def _paint(task: PaintTask, requests: Requests, connection: Connection) -> None:
    job = {"job": task.job}
    content = Image.open(task.content.path).convert("RGB")
    content.thumbnail((96, 96))
    style = Image.open(task.styles[0].path).convert("RGB").resize(content.size)
    for step in range(1, STEPS + 1):
        mixed = Image.blend(content, style, 0.7 * step / STEPS)
        loss = {"content": 1.0 / step, "style": 1.0 / step, "total": 2.0 / step}
        numbers = {"step": step, "total_steps": STEPS, "scale": 1, "scales": 1, "seconds": 0.1 * step, "loss": loss}
        connection.send(job | {"type": "progress"} | numbers)
        connection.send(job | {"type": "preview", "width": mixed.width, "height": mixed.height, "jpeg": _jpeg(mixed)})
        if requests.is_cancelled(task.job):
            connection.send(job | {"type": "cancelled"})
            return
    connection.send(job | {"type": "saving"})
    mixed.save(task.result.with_suffix(".png"))
    mixed.save(task.result.with_suffix(".tif"))
    for which in ("view", "thumbnail"):
        task.result.with_suffix(f".{which}.jpg").write_bytes(_jpeg(mixed))
    size = {"width": mixed.width, "height": mixed.height}
    done = {"ending": "all steps done", "seconds": 0.4, "step": STEPS, "total_steps": STEPS, "notes": []}
    curve = [(step, 1.0 / step, 1.0 / step, 2.0 / step) for step in range(1, STEPS + 1)]
    connection.send(job | {"type": "done", "losses": curve} | size | done)


def _jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    return buffer.getvalue()
