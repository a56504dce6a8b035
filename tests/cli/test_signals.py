"""Requests to stop, within this process: the picture is saved, the exit code is 128 + n, and what is said is true."""

import errno
import os
import re
import signal
import socket
import threading
from pathlib import Path

import pytest

from nst_jax.cli import folder_progress, progress, signals
from nst_jax.cli.signals import SIGNALS, Stopped, StopRequests
from nst_jax.engine.result import Result
from nst_jax.images.writing import read_provenance
from tests.cli.conftest import QUICK_OPTIONS
from tests.conftest import CONTENT_SHAPE, save_image

WORDS = ["content.png", "style.png", *QUICK_OPTIONS, "-o", "made.png"]
ENDLESS = [*WORDS, "--steps", "1000000"]


@pytest.fixture(autouse=True)
def _default_handlers():
    """Heed all signals, which a background job ignores in part, and check that the handlers are given back."""
    defaults = dict.fromkeys(SIGNALS, signal.SIG_DFL) | {signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in defaults.items()}
    yield
    after = {number: signal.signal(number, handler) for number, handler in before.items()}
    assert after == defaults


@pytest.fixture
def signal_at(monkeypatch):
    """A function that lets a method send signals to this process at one of its calls, before it does its work."""

    def install(owner: type, name: str, numbers: list[int], call: int = 1) -> None:
        real, calls = getattr(owner, name), []

        def signaling(*arguments, **options):
            calls.append(None)
            if len(calls) == call:
                for number in numbers:
                    signal.raise_signal(number)
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, signaling)

    return install


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("times", [1, 5])
def test_a_signal_saves_the_picture_as_it_stands(stylize, signal_at, number, times):
    signal_at(progress.PlainDisplay, "update", [number] * times, call=2)
    done = stylize(*ENDLESS, "--quiet")
    assert done.returncode == 128 + number
    said = re.fullmatch(r"Stopped after (\d+) steps; the picture as it stands is in made.png\n", done.stderr)
    assert said, done.stderr
    facts = read_provenance(Path("made.png"))
    assert (facts["steps_done"], facts["ending"]) == (int(said[1]), None)


def test_the_first_of_several_signals_counts(stylize, signal_at):
    signal_at(progress.PlainDisplay, "update", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    assert stylize(*ENDLESS, "--quiet").returncode == 128 + signal.SIGTERM


def test_signals_while_the_finished_picture_is_saved_change_nothing(stylize, signal_at):
    signal_at(Result, "save", [*SIGNALS] * 3)
    done = stylize(*WORDS, "--steps", "2", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert read_provenance(Path("made.png"))["steps_done"] == 2


def test_a_signal_before_there_is_a_picture_says_so(stylize, signal_at):
    signal_at(signals.StopRequests, "check", [signal.SIGTERM])
    done = stylize(*ENDLESS)
    assert done == (128 + signal.SIGTERM, "", "Stopped before there was a picture.\n")
    assert not Path("made.png").exists()


def test_a_checkpoint_is_written_before_the_run_stops(stylize, signal_at):
    # Each step is reported, and nothing but the signal makes a checkpoint due.
    words = [*WORDS, "--steps", "12", "--save-every", "1", "--quiet"]
    assert stylize(*words).returncode == 0
    whole = Path("made.png").read_bytes()
    Path("made.png").unlink()
    kept = ["--checkpoint", "run", "--checkpoint-every", "1000"]
    signal_at(progress.PlainDisplay, "update", [signal.SIGINT], call=3)
    done = stylize(*words, *kept)
    assert done.returncode == 130
    assert done.stderr.endswith("; the same command goes on from run\n")
    assert 3 <= read_provenance(Path("made.png"))["steps_done"] < 12
    done = stylize(*words, *kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path("made.png").read_bytes() == whole
    assert not Path("run").exists()


def test_a_second_signal_does_not_wait_for_the_checkpoint(stylize, signal_at):
    signal_at(progress.PlainDisplay, "update", [signal.SIGINT] * 2, call=3)
    done = stylize(*ENDLESS, "--save-every", "1", "--quiet", "--checkpoint", "run", "--checkpoint-every", "1000")
    assert done.returncode == 130
    assert "goes on from" not in done.stderr
    assert read_provenance(Path("made.png"))["steps_done"] == 3


def test_a_checkpoint_that_cannot_be_written_does_not_hold_up_the_stop(stylize, signal_at, monkeypatch):
    def full_disk(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("numpy.savez", full_disk)
    signal_at(progress.PlainDisplay, "update", [signal.SIGINT], call=3)
    words = [*WORDS, "--steps", "12", "--save-every", "1", "--quiet", "--checkpoint", "run", "--checkpoint-every", "0"]
    done = stylize(*words)
    assert done.returncode == 130
    assert done.stderr.count("No space left on device") == 1
    assert read_provenance(Path("made.png"))["steps_done"] == 3


def test_a_folder_goes_on_from_where_a_signal_stopped_it(image_folder, stylize, signal_at):
    for seed in range(4):
        save_image(image_folder / "photos" / f"{seed}.png", seed, CONTENT_SHAPE)
    words = ["photos", "style.png", *QUICK_OPTIONS, "--steps", "2", "--batch-size", "1", "-o", "out"]
    signal_at(folder_progress.FolderDisplay, "update", [signal.SIGTERM, signal.SIGINT], call=3)
    done = stylize(*words, "--quiet")
    made = len(list(Path("out").glob("*.png")))
    assert 0 < made < 4
    assert done == (143, "", f"Stopped with {made} pictures done; the same command goes on from there.\n")
    done = stylize(*words)
    assert done.returncode == 0
    assert f"{made} pictures are in out already" in done.stderr
    assert done.stdout == "4 pictures are in out\n"


def test_ignored_signals_stay_ignored(signal_at):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with StopRequests() as stop:
        signal.raise_signal(signal.SIGHUP)
        assert stop.requested is None
        stop.check()
        signal.raise_signal(signal.SIGTERM)
        assert (stop.requested, stop.repeated, stop.exit_code) == (signal.SIGTERM, False, 143)
        with pytest.raises(Stopped):
            stop.check()
    assert signal.signal(signal.SIGHUP, signal.SIG_DFL) == signal.SIG_IGN


def test_the_handlers_of_a_calling_program_are_left_alone():
    noted = []
    signal.signal(signal.SIGTERM, lambda number, _: noted.append(number))
    with StopRequests() as stop:
        signal.raise_signal(signal.SIGTERM)
    assert noted == [signal.SIGTERM]
    assert stop.requested is None
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_a_second_interrupt_ends_what_has_nothing_to_save_in_somebody_elses_process():
    def interrupted_twice(stop: StopRequests) -> None:
        signal.raise_signal(signal.SIGINT)
        assert stop.requested == signal.SIGINT
        signal.raise_signal(signal.SIGINT)

    with StopRequests() as stop:
        with pytest.raises(KeyboardInterrupt):
            interrupted_twice(stop)
        stop.must_save()
        interrupted_twice(stop)


def test_other_threads_note_nothing():
    seen = []

    def work() -> None:
        with StopRequests() as stop:
            seen.append(stop.requested)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [None]


def test_held_signals_are_delivered_in_the_end():
    signals.hold()
    signals.hold()
    with StopRequests() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.requested is None
        signals.release()
        assert stop.requested == signal.SIGTERM


def test_without_grace_a_script_is_ended_by_the_first_signal(monkeypatch):
    ended = []
    receiver, sender = socket.socketpair()
    with sender, StopRequests(own=False, grace=0.0, sentence="Stopped.") as stop:
        monkeypatch.setattr(stop, "_end_process", lambda: ended.append(stop.requested))
        sender.send(bytes([signal.SIGTERM]))
        stop._watch(receiver)
    assert ended == [signal.SIGTERM]


# Steps in six tiles, each of which is reported twice.
TILED = [*WORDS, "--tile", "16", "--steps", "6", "--save-every", "1", "--quiet"]
IN_SECOND_STEP = 18


def test_a_signal_within_a_step_in_tiles_abandons_that_step(stylize, signal_at, monkeypatch):
    fractions = []
    monkeypatch.setattr(progress.PlainDisplay, "evaluated", lambda _, fraction: fractions.append(fraction))
    signal_at(progress.PlainDisplay, "evaluated", [signal.SIGINT], call=IN_SECOND_STEP)
    done = stylize(*TILED)
    assert len(fractions) == IN_SECOND_STEP
    assert fractions[-2] < fractions[-1] < 1
    assert max(fractions) == 1
    assert done.returncode == 130
    assert done.stderr == "Stopped after 1 steps; the picture as it stands is in made.png\n"
    assert read_provenance(Path("made.png"))["steps_done"] == 1


@pytest.mark.slow
def test_a_signal_within_a_step_waits_for_its_checkpoint_and_a_second_one_does_not(stylize, signal_at, monkeypatch):
    assert stylize(*TILED).returncode == 0
    whole = Path("made.png").read_bytes()
    Path("made.png").unlink()
    kept = ["--checkpoint", "run", "--checkpoint-every", "1000"]
    with monkeypatch.context() as patch:
        said = []
        patch.setattr(progress.PlainDisplay, "say", lambda _, line: said.append(line))
        signal_at(progress.PlainDisplay, "evaluated", [signal.SIGINT], call=IN_SECOND_STEP)
        done = stylize(*TILED, *kept)
    assert done.returncode == 130
    assert done.stderr.endswith("; the same command goes on from run\n")
    assert said.count("finishing this step for the checkpoint; Ctrl-C again discards it") == 1
    assert stylize(*TILED, *kept).returncode == 0
    assert Path("made.png").read_bytes() == whole
    Path("made.png").unlink()
    signal_at(progress.PlainDisplay, "evaluated", [signal.SIGINT] * 2, call=IN_SECOND_STEP)
    done = stylize(*TILED, *kept)
    assert done.returncode == 130
    assert done.stderr == "Stopped after 1 steps; the picture as it stands is in made.png\n"
