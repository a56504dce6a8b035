"""The shell examples in the documents: their options exist, and they run."""

import pytest

from nst_jax.cli.arguments import parse
from tests.documents.markdown import DOCUMENTS, blocks, runnable
from tests.documents.shell import commands, missing_files, run

LANGUAGES = {"bash", "python", "text"}
SHELL = runnable("bash")
COMMANDS = {
    f"{name}-{index}": words
    for name, codes in SHELL.items()
    for index, words in enumerate(words for code in codes for words in commands(code))
}


def test_there_are_examples():
    assert SHELL["README.md"]
    assert len(SHELL["docs/guides/came_out_wrong.md"]) >= 12


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_block_says_its_language(name):
    """What is shown and not run says why, or is text."""
    languages = {block.language for block in blocks(DOCUMENTS[name]) if not block.language.startswith("{")}
    assert languages <= LANGUAGES


def test_commands_are_split_as_a_shell_does_it():
    assert commands("a b  # comment\n") == [["a", "b"]]
    assert commands("a && b 'c d' \\\n    -e\n\nf > g\n") == [["a"], ["b", "c d", "-e"], ["f", ">", "g"]]


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_the_options_of_a_command_exist(words):
    if words[0] == "nst-jax":
        arguments = words[1 : words.index(">")] if ">" in words else words[1:]
        assert parse(arguments).recipe


@pytest.mark.slow
@pytest.mark.parametrize("name", SHELL)
def test_the_commands_of_a_document_run_one_after_the_other(name, document_folder, small_runs, monkeypatch, capsys):
    for code in SHELL[name]:
        for words in commands(code):
            assert not missing_files(words, document_folder), words
            assert run(words, monkeypatch) == 0, f"{words}\n{capsys.readouterr().err}"
