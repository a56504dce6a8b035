"""The real server, in a process of its own: its address, its events, hostile bodies, and every way to end it."""

import json
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest

from nst_jax.studio.server import url
from tests.studio import fake_painter
from tests.studio.conftest import CONTENT, PATIENCE, STYLE
from tests.studio.programs import ROOT, running


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    with running(tmp_path_factory.mktemp("studio")) as program:
        yield program


def order(program, seed: int = fake_painter.QUICK) -> str:
    body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "optimize", "settings": {"seed": seed}}
    return program.client.post("/api/jobs", json=body).json()["id"]


def test_it_prints_one_line_and_listens_on_this_machine_only(program):
    parts = urlsplit(program.url)
    assert program.line.count("http") == 1
    assert (parts.hostname, parts.path, parts.query) == ("127.0.0.1", "/", "")
    # All of 127.0.0.0/8 is this machine, but the server is bound to one address only.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", parts.port), timeout=1):
        pass


def test_events_tell_the_life_of_a_job_in_order_and_again_to_who_comes_back(program):
    after = program.client.get("/api/state").json()["sequence"]
    job = order(program)
    states = []
    for kind, data in program.events(after):
        if kind == "job" and json.loads(data)["id"] == job:
            states.append(json.loads(data)["state"])
            if states[-1] == "done":
                break
    assert list(dict.fromkeys(states)) == ["queued", "starting", "painting", "saving", "done"]
    with program.client.stream("GET", "/api/events", headers={"Last-Event-ID": str(after)}) as answer:
        lines = answer.iter_lines()
        first = next(line for line in lines if line.startswith("id: "))
    assert int(first[4:]) > after


def test_a_body_of_200_megabytes_is_refused_before_it_has_arrived(program):
    parts = urlsplit(program.url)
    head = f"POST /api/pictures HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {200 * 2**20}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    head = head.replace(f"Content-Length: {200 * 2**20}", "Transfer-Encoding: chunked")
    chunk = b"\x89PNG\r\n\x1a\n" + bytes(2**20 - 8)
    sent = 0
    with socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        while sent < 60:
            connection.sendall(b"100000\r\n" + chunk + b"\r\n")
            sent += 1
        # Although it has not ended yet.
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert not [*(program.folder / "temporary").iterdir()]
    assert program.client.get("/api/state").status_code == 200


def test_seven_pages_follow_at_once(program):
    after = program.client.get("/api/state").json()["sequence"]
    job = order(program)
    program.until(job, "done")
    streams = [program.events(after) for _ in range(7)]
    told = [[next(stream) for _ in range(3)] for stream in streams]
    assert all(each == told[0] for each in told)


def test_a_second_server_with_the_same_folder_is_refused(program):
    words = [sys.executable, "-m", "nst_jax", "studio", "--port", "0", "--data", str(program.folder)]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"error: Another studio uses {program.folder} already; use that one, or choose another folder with --data.\n"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_at_once_and_quietly_with_an_open_page_and_an_unfinished_job(tmp_path, number):
    if number == signal.SIGHUP and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        pytest.skip("under nohup, all programs that are started from here ignore a hang-up")
    with running(tmp_path) as program:
        job = order(program, fake_painter.HOLD)
        program.until(job, "painting")
        stream = program.events(0)
        assert next(stream)[0] == "reset"
        code, said = program.end(number)
        assert said == "" or "KeyboardInterrupt" in said
        assert code in (0, -number)
        # The painter has kept the state of the job.
        assert (tmp_path / "checkpoints" / f"{job}.npz").read_bytes() == b"kept"


def test_a_killed_server_loses_nothing(tmp_path):
    with running(tmp_path) as program:
        first, second = order(program, fake_painter.HOLD), order(program)
        program.until(first, "painting")
        program.end(signal.SIGKILL)
    with running(tmp_path) as program:
        # From its checkpoint, which the painter wrote when the pipe to the server broke.
        assert program.until(first, "painting", step=3)["step"] == 3
        program.client.post(f"/api/jobs/{first}/cancel")
        program.until(second, "done")


def test_addresses_are_printed_as_browsers_take_them():
    assert url("::1", 80, None) == "http://[::1]:80/"
    assert url("example", 7860, "x") == "http://example:7860/?token=x"
    assert "0.0.0.0" not in url("0.0.0.0", 1, None)


def test_the_server_imports_neither_numpy_nor_jax_nor_pillow_while_it_works(tmp_path):
    """Not only at its start: after a job, an upload and a download."""
    with running(tmp_path) as program:
        job = order(program)
        program.until(job, "done")
        sample = program.client.get(f"/api/pictures/{CONTENT}/file").content
        assert program.client.post("/api/pictures", content=sample).status_code == 201
        assert program.client.get(f"/api/jobs/{job}/result?format=jpeg").status_code == 200
        maps = f"/proc/{program.process.pid}/maps"
        if os.path.exists(maps):
            with open(maps) as file:
                libraries = file.read()
            assert "libsqlite3" in libraries or "_sqlite3" in libraries
            assert not [name for name in ("numpy", "jaxlib", "PIL/") if name in libraries]


def test_the_page_is_answered_by_a_plain_client(program):
    answer = httpx.get(program.url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "server" not in answer.headers
