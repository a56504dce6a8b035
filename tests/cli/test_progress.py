"""The display of progress: one live line on a terminal, plain lines elsewhere."""

import io
import re
import sys

import pytest

from nst_jax.cli import progress
from nst_jax.cli.progress import network_note, show_progress
from nst_jax.engine.memory_plan import MemoryPlan
from nst_jax.engine.result import Progress
from nst_jax.engine.watch import RunPlan
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from tests.cli.conftest import QUICK_OPTIONS

CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ERASED_LINE = "\x1b[2K"
LOSSES = {"content": 0.1234, "style": 2.345, "total_variation": 0.0321}


class FakeTerminal(io.StringIO):
    """A text file that says that it is a terminal."""

    @classmethod
    def install(cls, monkeypatch: pytest.MonkeyPatch) -> "FakeTerminal":
        """Put a fake terminal in the place of stderr."""
        terminal = cls()
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm-256color")
        monkeypatch.setenv("COLUMNS", "160")
        return terminal

    def isatty(self) -> bool:
        return True

    def text(self) -> str:
        """Return everything that was written, without control sequences."""
        return CONTROL_SEQUENCE.sub("", self.getvalue())

    def last_frame(self) -> str:
        """Return what the live display has drawn last, in the place of the lines that it erased."""
        assert ERASED_LINE in self.getvalue()
        return CONTROL_SEQUENCE.sub("", self.getvalue().rpartition(ERASED_LINE)[2])


def test_a_download_has_a_line_of_its_own(monkeypatch):
    terminal = FakeTerminal.install(monkeypatch)
    with show_progress(quiet=False, verbose=False) as show:
        broken = show.download_bar()
        broken.total = 4_000_000
        broken.update(1_000_000)
        bar = show.download_bar()
        bar.total = 4_000_000
        bar.update(3_000_000)
    # The line of the attempt that broke is gone.
    assert terminal.last_frame().count("downloading VGG-19") == 1
    assert "3.0 MB of 4.0 MB" in terminal.last_frame()


def test_the_line_of_a_download_goes_away_at_its_end(monkeypatch):
    terminal = FakeTerminal.install(monkeypatch)
    with show_progress(quiet=False, verbose=False) as show:
        bar = show.download_bar()
        bar.total = 4_000_000
        bar.update(3_000_000)
        bar.reset()
        bar.update(4_000_000)
        bar.close()
    assert "preparing" in terminal.last_frame()
    assert "downloading" not in terminal.last_frame()


def test_without_a_terminal_a_download_is_a_line(capsys):
    with show_progress(quiet=False, verbose=False) as show:
        bar = show.download_bar()
        bar.total = 10
        bar.update(10)
        bar.close()
    assert capsys.readouterr().err == "downloading the pretrained VGG-19\n"


def test_a_terminal_gets_a_live_line(stylize, monkeypatch):
    terminal = FakeTerminal.install(monkeypatch)
    assert stylize("content.png", "style.png", "--steps", "8", *QUICK_OPTIONS).returncode == 0
    numbers = r"loss \S+ \(content \S+, style \S+, smoothness \S+\); \S+ steps/s"
    assert re.search(rf"step 8/8 .* took \d+ s, +{numbers}", terminal.last_frame())


def test_a_narrow_terminal_cuts_off_the_numbers_alone(monkeypatch):
    terminal = FakeTerminal.install(monkeypatch)
    monkeypatch.setenv("COLUMNS", "80")
    made = [
        Progress(
            step=step, total_steps=210, scale=3, scales=3, fraction=step / 210, losses=LOSSES, seconds=step,
            ending=None, make_result=lambda: None,
        )
        for step in (80, 85)
    ]  # fmt: skip
    with show_progress(quiet=False, verbose=False) as show:
        for report in made:
            show.update(report)
    lines = terminal.last_frame().strip().splitlines()
    assert len(lines) == 1
    assert re.match(r"scale 3/3, step 85/210 \S+ 2 min 5 s left, loss 2.5 \(content.*…$", lines[0])


@pytest.mark.parametrize("accelerator", [True, False])
def test_the_choice_of_the_small_network_is_explained_only_where_the_program_made_it(monkeypatch, accelerator):
    monkeypatch.setattr(progress, "has_accelerator", lambda: accelerator)
    note = network_note(Recipe(network="auto"))
    if accelerator:
        assert note == ""
    else:
        assert re.search(r"--network vgg19 .* about \d+ times slower", note)
    for chosen in ("embedded", "vgg19", "tiny.h5"):
        assert network_note(Recipe(network=chosen)) == ""


def test_the_choice_of_the_small_network_is_explained_in_the_first_line_unless_quiet(
    stylize, monkeypatch, tiny_network
):
    monkeypatch.setattr(progress, "has_accelerator", lambda: False)
    monkeypatch.setattr("nst_jax.api.load_weights", lambda *_, **__: tiny_network)
    arguments = ["content.png", "style.png", *QUICK_OPTIONS, "--network", "auto", "--steps", "2"]
    first, second, *_ = stylize(*arguments).stderr.splitlines()
    assert "--network vgg19" in first
    assert second.startswith("step 1/2: loss ")
    assert stylize(*arguments, "--quiet").stderr == ""


PLAN = RunPlan(
    (Scale(1024, 2048), Scale(2048, 4096)),
    (MemoryPlan(None, False, 2_000_000_000), MemoryPlan(512, True, 3_210_000_000)),
)


def reports(*steps, seconds=10.0, total=400):
    """Reports of a run that takes so many seconds for each step, all of which take as long."""
    return [
        Progress(
            step=step, total_steps=total, scale=1, scales=1, fraction=step / total, losses=LOSSES,
            seconds=step * seconds, ending=None, make_result=lambda: None,
        )
        for step in steps
    ]  # fmt: skip


def test_a_large_run_says_its_memory_before_and_its_time_once_it_is_known(capsys):
    with show_progress(quiet=False, verbose=False) as show:
        show.planned(PLAN)
        assert capsys.readouterr().err == (
            "4096x2048 pixels, in tiles of 512 pixels, with the content's features computed again in each step: "
            "about 3.2 GB of memory at most\n"
        )
        for report in reports(1, 2, 3):
            show.update(report)
    said = capsys.readouterr().err
    assert said.count("about 1 h 7 min in all, at this speed") == 1


def test_a_large_run_that_is_soon_over_does_not_say_its_time(capsys):
    with show_progress(quiet=False, verbose=False) as show:
        show.planned(PLAN)
        for report in reports(1, 50, 60, seconds=0.1):
            show.update(report)
    assert "in all" not in capsys.readouterr().err


def test_a_small_run_says_neither(capsys):
    small = RunPlan((Scale(400, 512),), (MemoryPlan(None, False, 900_000_000),))
    with show_progress(quiet=False, verbose=False) as show:
        show.planned(small)
        assert capsys.readouterr().err == ""
        for report in reports(1, 2, 3):
            show.update(report)
    assert "in all" not in capsys.readouterr().err


def test_a_long_step_is_followed_in_lines_that_are_not_too_many(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    with show_progress(quiet=False, verbose=False) as show:
        show.evaluated(0.5)
        assert capsys.readouterr().err == ""
        (report,) = reports(7)
        show.update(report)
        capsys.readouterr()
        for second in range(1, 31):
            now[0] = 100.0 + second
            show.evaluated(second / 30)
    assert capsys.readouterr().err.splitlines() == [
        f"step 7/400: {percent} of the next step" for percent in ("33%", "67%", "100%")
    ]


def test_a_live_line_follows_a_long_step(monkeypatch):
    terminal = FakeTerminal.install(monkeypatch)
    with show_progress(quiet=False, verbose=False) as show:
        show.planned(PLAN)
        for report in reports(1, 2):
            show.update(report)
        show.evaluated(0.25)
    assert "step 2/400 + 25%" in terminal.last_frame()
    assert "about 3.2 GB of memory" in terminal.text()
    assert "about 1 h 7 min in all" in terminal.text()
