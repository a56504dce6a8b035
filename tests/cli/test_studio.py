"""The command `nst-jax studio`: its options, and what it says where something is missing."""

import importlib.util
import subprocess
import sys

import pytest

from nst_jax.cli import studio
from nst_jax.cli.main import main


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["studio"], True),
        (["studio", "--port", "0"], True),
        (["studio", "--help"], True),
        # A folder of photographs by that name.
        (["studio", "painting.jpg"], False),
        (["./studio", "--style", "painting.jpg"], False),
        (["photo.jpg", "studio"], False),
        ([], False),
    ],
)
def test_the_first_word_opens_the_studio_unless_it_is_a_picture(words, expected):
    assert studio.is_studio(words) is expected


def test_without_its_packages_one_sentence_says_what_to_install(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name))
    assert main(["studio"]) == 2
    assert (
        capsys.readouterr().err == "error: The studio needs the package uvicorn; run pip install 'nst-jax[studio]'.\n"
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert main(["studio"]) == 2
    assert "the packages starlette and uvicorn; run pip install 'nst-jax[studio]'." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0", "--no-token"], "Other machines can reach the address 0.0.0.0, so a token is needed"),
        (["--host", "::", "--no-token"], "so a token is needed"),
        (["--token", "x", "--no-token"], "--token and --no-token contradict each other; give one of them."),
        (["--port", "70000"], "The port must be between 0 and 65535, not 70000."),
        (["--host", "no.such.host.invalid", "--token", "x"], "The studio cannot listen at no.such.host.invalid"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(words, said, tmp_path, capsys):
    assert main(["studio", "--data", str(tmp_path / "data"), *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1


def test_a_port_in_use_and_a_folder_that_cannot_be_written_to_are_refused(tmp_path, capsys):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["studio", "--data", str(tmp_path), "--port", str(port)]) == 2
        assert f"cannot listen at 127.0.0.1:{port}" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["studio", "--data", str(tmp_path / "file" / "x"), "--port", "0"]) == 2
    assert "The studio cannot keep its data in" in capsys.readouterr().err


def test_the_command_line_does_not_import_the_studio_otherwise():
    code = (
        "import sys\nfrom nst_jax.cli.main import main\nassert main(['--version']) == 0\n"
        "assert not [name for name in sys.modules if 'studio' in name or name in ('starlette', 'uvicorn')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_help_says_how_to_be_reached_safely(capsys):
    assert main(["studio", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "token" in shown
    assert "--allow-host" in shown
