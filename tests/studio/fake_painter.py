"""A painter without jax, whose behavior the seed of a job chooses; it runs in a process of its own like ours."""

import binascii
import os
import signal
import struct
import threading
import time
import zlib
from multiprocessing.connection import Connection
from pathlib import Path

from nst_jax.studio.child import receive_until_end
from nst_jax.studio.painter_messages import PainterOptions, PaintTask
from nst_jax.studio.painter_requests import Requests

# What the seed of a job stands for.
QUICK, HOLD, DIE, DIE_ONCE, DEAF, HOLD_SAVING, FAIL, DISK_FULL = range(8)
STEPS = 4
JPEG = binascii.unhexlify(
    "ffd8ffe000104a46494600010100000100010000ffdb004300ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc00011080001000103012200021101"
    "031101ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d"
    "ffda000c03010002110311003f003fffd9"
)


def png(red: int) -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes([0, red % 256, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


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
            paint(task, requests, connection)
        else:
            pairs = [("drawing", "fast"), ("drawing", "optimize"), ("fast", "optimize")]
            parts = {"grade": 5.0, "content": 6.0, "style": 4.0, "layout": 5.0, "encoder": 7.0}
            grades = [{"first": first, "second": second} | parts for first, second in pairs]
            ladder = [{"label": "identical", "grade": 10.0}]
            connection.send({"type": "graded", "experiment": task.experiment, "grades": grades, "ladder": ladder})
    os._exit(0)


def broken(connection: Connection, options: PainterOptions) -> None:
    connection.send({"type": "broken", "error": "There is no device."})


def paint(task: PaintTask, requests: Requests, connection: Connection) -> None:
    job, mode = {"job": task.job}, task.recipe.seed

    def wait(deaf: bool = False) -> None:
        while deaf or not (requests.is_cancelled(task.job) or requests.is_stopped(task.job)):
            if requests.leaving.is_set() and not deaf:
                task.checkpoint.write_bytes(b"kept")
                os._exit(0)
            time.sleep(0.005)

    if mode == FAIL:
        connection.send(job | {"type": "failed", "error": "This cannot be painted; choose another size."})
        return
    if mode == DEAF:
        wait(deaf=True)
    first = 3 if task.checkpoint.exists() else 1
    for step in range(first, STEPS + 1):
        loss = {"content": 1.0 / step, "style": None, "total": 2.0 / step}
        numbers = {"step": step, "total_steps": STEPS, "scale": 1, "scales": 1, "seconds": 0.1 * step, "loss": loss}
        connection.send(job | {"type": "progress"} | numbers)
        connection.send(job | {"type": "preview", "width": 1, "height": 1, "jpeg": JPEG + bytes([step])})
        if mode == DIE or (mode == DIE_ONCE and not task.checkpoint.exists()):
            task.checkpoint.write_bytes(b"kept")
            time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGKILL)
        if mode == HOLD:
            wait()
        if requests.is_cancelled(task.job):
            connection.send(job | {"type": "cancelled"})
            return
        if requests.is_stopped(task.job) or task.stop:
            break
    connection.send(job | {"type": "saving"})
    if mode == HOLD_SAVING:
        wait()
    save(task.result, step)
    ending = "all steps done" if step == STEPS else None
    done = {"ending": ending, "width": 1, "height": 1, "seconds": 0.1 * step, "step": step, "total_steps": STEPS}
    curve = [(index + 1, 1.0, 1.0, 2.0) for index in range(step)]
    connection.send(job | {"type": "done", "losses": curve, "notes": []} | done)


def save(path: Path, step: int) -> None:
    path.with_suffix(".png").write_bytes(png(step))
    path.with_suffix(".tif").write_bytes(b"II*\0")
    for which in ("view", "thumbnail"):
        path.with_suffix(f".{which}.jpg").write_bytes(JPEG)
