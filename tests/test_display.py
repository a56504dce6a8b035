"""The live display, drawn into a string."""

import io

from rich.console import Console
from rich.progress import Progress, TextColumn

from nst_jax.cli.progress import _LiveDisplay, show_progress


def test_a_download_has_a_line_of_its_own_until_it_is_done():
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    columns = (TextColumn("{task.description}"), TextColumn("{task.fields[numbers]}"))
    with Progress(*columns, console=console, auto_refresh=False) as progress:
        display = _LiveDisplay(console, False, progress)
        broken = display.download_bar()
        broken.total = 4_000_000
        broken.update(1_000_000)
        bar = display.download_bar()
        bar.total = 4_000_000
        bar.update(3_000_000)
        assert len(progress.tasks) == 2  # the line of the attempt that broke is gone
        progress.refresh()
        bar.reset()
        bar.update(4_000_000)
        bar.close()
        assert len(progress.tasks) == 1
    assert "3.0 MB of 4.0 MB" in console.file.getvalue()


def test_without_a_terminal_a_download_is_a_line(capsys):
    with show_progress(quiet=False, verbose=False) as show:
        bar = show.download_bar()
        bar.total = 10
        bar.update(10)
        bar.close()
    assert capsys.readouterr().err == "downloading the pretrained VGG-19\n"
