"""The options and commands for many machines, without Ray."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nst_jax.cli.cluster_options import STEPS
from tests.cli.conftest import assert_refused
from tests.cluster.conftest import COUNT, OPTIONS, results
from tests.conftest import save_image

WORDS = ["photos", "--style", "style.png", "-o", "out", *OPTIONS]


def test_all_shards_together_make_every_picture_once(photos, stylize):
    from nst_jax.cluster.storage import Storage

    for part in (1, 2):
        done = stylize(*WORDS, "--shard", f"{part}/2", "--shard-size", "2")
        assert done.returncode == 0, done.stderr
    assert f"{COUNT} pictures are in {Path('out').absolute()}" in done.stdout
    assert set(results(Storage("out"))) == {f"{seed}.png" for seed in range(COUNT)}
    again = stylize(*WORDS, "--shard", "1/2")
    assert again.returncode == 0
    assert "nothing left to do" in again.stdout
    assert f"{COUNT} of {COUNT}" not in again.stderr


def test_a_part_that_this_machine_makes_names_its_device_and_counts_its_pictures(photos, stylize):
    done = stylize(*WORDS, "--shard", "1/1", "--verbose")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^network: .*\ndevice: .*; jax ", done.stderr, re.MULTILINE)
    assert re.search(rf"^{COUNT} of {COUNT} pictures done, 0 failed; .*finished$", done.stderr, re.MULTILINE)
    done = stylize("photos", "--style", "style.png", "-o", "other", *OPTIONS, "--shard", "1/1", "--json")
    progress = [each for each in map(json.loads, done.stdout.splitlines()) if each["event"] == "progress"]
    assert progress[-1]["fraction"] == 1.0


def test_plan_run_and_status_can_be_repeated(photos, stylize, bucket):
    output = f"{bucket}/out"
    (photos / "empty.jpg").write_bytes(b"")
    words = ["photos", "--style", "style.png", "-o", output, *OPTIONS]
    for _ in range(2):
        plan = stylize("cluster", "plan", *words)
        assert plan.stdout == f"{COUNT + 1} pictures in 1 shards are planned in {output}\n", plan.stderr
    status = stylize("cluster", "status", output)
    assert status.returncode == 0
    assert f"0 of {COUNT + 1} pictures are done, 0 failed" in status.stdout
    done = stylize("cluster", "run", output, "--shard", "1/1", "--price", "3")
    assert done.returncode == 1, done.stderr
    (failed,) = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
    assert failed.count("empty.jpg") == 1
    assert "cost" in done.stderr
    status = stylize("cluster", "status", output, "--price", "3.5", "--json")
    events = [json.loads(line) for line in status.stdout.splitlines()]
    assert status.returncode == 1
    assert (events[0]["done"], events[0]["failed"], events[0]["seconds_left"]) == (COUNT, 1, 0.0)
    assert events[0]["cost"][0] >= 0
    save_image(photos / "empty.png", 1, (40, 60))
    (photos / "empty.png").rename(photos / "empty.jpg")
    assert stylize("cluster", "run", output, "--shard", "1/1").returncode == 1
    again = stylize("cluster", "run", output, "--shard", "1/1", "--retry-failed")
    assert again.returncode == 0, again.stderr
    assert f"{COUNT + 1} pictures are in {output}" in again.stdout


def test_other_settings_and_folder_mode_are_kept_apart(photos, stylize):
    assert stylize(*WORDS, "--shard", "1/1").returncode == 0
    assert_refused(stylize(*WORDS, "--shard", "1/1", "--style-weight", "9"), "made with style weight .*, not 9")
    assert_refused(stylize(*WORDS, "--style-weight", "9"), "made with style weight .*, not 9")
    same = stylize(*WORDS)
    assert same.returncode == 0
    assert f"{COUNT} pictures are in out already" in same.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["photos", "style.png", "--shard", "0/2"], "I from 1 to N, such as 3/8"),
        (["photos", "style.png", "--shard", "3/2"], "I from 1 to N"),
        (["photos", "style.png", "--cluster", "local", "--shard", "1/2"], "exclude each other"),
        (["photos", "style.png", "--cluster", "ray://head:10001"], "is not made for long runs"),
        (["photos", "style.png", "--cluster", "http://head:8265"], "ray job submit"),
        (["photos", "style.png", "--cluster", "somewhere"], "takes local, auto or HOST:PORT"),
        (["photos", "style.png", "--cluster", "local", "--workers", "4:2"], "MIN:MAX"),
        (["photos", "style.png", "--cluster", "local", "--gpus-per-worker", "1.5"], "a part such as 0.5"),
        (["photos", "style.png", "--retry-failed"], "add one of them"),
        (["s3://bucket/in", "style.png", "-o", "out"], "is an address and no path"),
        (["photos", "style.png", "-o", "s3://bucket/out"], "is an address and no path"),
        (["photos", "style.png", "-o", "photos", "--shard", "1/1"], "is the folder of the photographs"),
        (["s3x://bucket/in", "style.png", "-o", "out", "--shard", "1/1"], "no address that can be opened"),
        (["s3://bucket/in", "style.png", "--shard", "1/1"], "need a place"),
        (["photos", "style.png", "--shard", "1/1", "--sheet", "sheet.png"], "leave --sheet out"),
        (["photos", "style.png", "--shard", "1/1", "--init", "content.png"], "cannot start from a picture"),
        (["photos", "nothing.png", "--shard", "1/1"], "There is no file"),
        (["photos", "style.png", "--shard", "1/1", "-o", "style.png"], "cannot be (read|written to)"),
        (["cluster", "run", "out"], "has no plan yet"),
        (["cluster", "status", "out"], "has no plan yet"),
    ],
)
def test_what_cannot_be_is_a_sentence(photos, stylize, words, message):
    assert_refused(stylize(*words), message)


def test_without_the_extra_a_sentence_says_what_to_install(photos, stylize, monkeypatch):
    monkeypatch.setattr("nst_jax.cluster.storage.NEEDED", ("fsspec", "surely_not_there"))
    assert_refused(
        stylize(*WORDS, "--cluster", "local"),
        r"needs the package surely_not_there; run pip install 'nst-jax\[cluster\]'",
    )


@pytest.mark.parametrize(
    ("part", "warning"),
    [
        ("2/3", ""),
        ("1/4", "The plan has 3 shards for 4 parts, so that 1 of them has nothing to do; give --shard I/3"),
        ("5/6", "so that 3 of them have nothing to do; give --shard I/3, or another output with --shard-size 1."),
    ],
)
def test_more_parts_than_shards_are_a_warning(photos, stylize, part, warning):
    assert stylize("cluster", "plan", *WORDS, "--shard-size", "2").returncode == 0
    done = stylize("cluster", "run", "out", "--shard", part)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(lines) == bool(warning)
    assert warning in "".join(lines)


@pytest.mark.parametrize("words", [["cluster"], ["cluster", "start"], ["cluster", "stat", "out", "--price", "3"]])
def test_a_step_that_does_not_exist_is_a_sentence(photos, stylize, words):
    assert_refused(stylize(*words), "takes one of the words plan, run and status")


def test_photographs_may_be_called_cluster_and_styles_like_a_step(photos, stylize):
    photos.rename("cluster")
    Path("style.png").rename("status")
    for words in (["cluster", "--style", "./status"], ["./cluster", "status"]):
        done = stylize(*words, "-o", "out", *OPTIONS)
        assert done.returncode == 0, done.stderr
    assert len(list(Path("out").glob("*.png"))) == COUNT


def test_the_help_leads_to_each_step(capsys):
    from nst_jax.cli.main import main

    assert main(["cluster", "--help"]) == main(["cluster", "-h"]) == 0
    overview = capsys.readouterr().out
    for step in STEPS:
        assert f"nst-jax cluster {step} " in overview
        assert main(["cluster", step, "--help"]) == 0
        shown = capsys.readouterr().out
        assert f"usage: nst-jax cluster {step} " in shown
        # Each says what it is for before its options.
        assert {"plan": "List the photographs", "run": "Make the", "status": "Print how far"}[step] in shown
    assert main(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "nst-jax cluster --help" in shown
    assert "nst-jax studio --help" in shown


@pytest.mark.parametrize(
    "words",
    [
        ["cluster", "--help"],
        ["cluster", "run", "--help"],
        ["cluster", "status", "--help"],
        ["cluster", "plan", "--help"],
    ],
)
def test_help_imports_neither_numpy_nor_jax(words):
    code = (
        f"import sys\nfrom nst_jax.cli.main import main\ncode = main({words!r})\n"
        "assert not {'jax', 'ray', 'fsspec', 'numpy'} & set(sys.modules)\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_plan_is_made_without_jax(photos):
    code = (
        "import sys\nfrom nst_jax.cli.main import main\n"
        f"code = main(['cluster', 'plan', *{WORDS!r}])\n"
        "assert not {'jax', 'ray'} & set(sys.modules)\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
