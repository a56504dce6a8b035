"""The program that grades two files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tyro

from nst_jax.errors import InputError
from tests.conftest import save_image

SCRIPT = Path(__file__).parents[2] / "scripts" / "grade.py"


@pytest.fixture
def grade(monkeypatch, image_folder, small_grader, capsys):
    """A function that runs the program in this process and returns what it prints."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import grade

    def run(*arguments: str) -> str:
        grade.main(tyro.cli(grade.Command, args=arguments))
        return capsys.readouterr().out

    return run


def test_it_prints_the_grade_and_its_parts(grade):
    lines = grade("content.png", "content.png").splitlines()
    assert [line.split()[0] for line in lines] == ["10.0"] * 5
    assert lines[0] == "10.0  grade, the mean of content, style and layout"


def test_it_grades_against_photograph_and_painting(grade):
    lines = grade("content.png", "style.png", "--content", "content.png", "--style", "style.png").splitlines()
    assert len(lines) == 9
    assert lines[5].startswith("10.0  content of the first picture")
    assert lines[8].startswith("10.0  style of the second picture")


def test_json_has_the_same(grade):
    found = json.loads(grade("content.png", "style.png", "--style", "style.png", "--json"))
    assert list(found) == ["grade", "content", "style", "layout", "encoder", "first_style", "second_style"]
    assert all(0 <= value <= 10 for value in found.values())


@pytest.mark.parametrize("place", range(4))
def test_bad_pictures_are_refused_wherever_they_stand(place, grade):
    Path("broken.png").write_bytes(b"\x89PNG broken")
    files = ["content.png"] * 4
    files[place] = "broken.png"
    with pytest.raises(InputError, match=r"broken\.png"):
        grade(*files[:2], "--content", files[2], "--style", files[3])


def test_a_tiny_picture_is_refused(grade):
    save_image(Path("tiny.png"), 1, (8, 8))
    with pytest.raises(InputError, match="too small to be graded"):
        grade("content.png", "tiny.png")


@pytest.mark.slow
def test_a_missing_file_is_one_sentence_and_exit_code_2(tmp_path):
    command = [sys.executable, SCRIPT, tmp_path / "one.png", tmp_path / "two.png", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"error: There is no file {tmp_path / 'one.png'}; check the path.\n"
