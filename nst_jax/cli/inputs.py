"""The input images of a command line: which words are contents, which are styles, and which files they name."""

import dataclasses
import glob
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath

from nst_jax import images
from nst_jax.batch.listing import Content, list_images
from nst_jax.cli.arguments import Command
from nst_jax.errors import InputError
from nst_jax.files import bundled_dir, expand_user
from nst_jax.images.picture import Picture

SAMPLE_CONTENT, SAMPLE_STYLE = "chelsea.png", "night-swirls.jpg"
# The word that stands for standard input, and for standard output as the place of the result.
STANDARD_STREAM = Path("-")


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The input images of a command line.

    Attributes:
        contents: files and folders, as given.
        styles: files and folders, as given.
    """

    contents: tuple[Path, ...]
    styles: tuple[Path, ...]

    @property
    def content_stem(self) -> str:
        """A name for results of these contents, such as "photo", or "stylized" for several."""
        if len(self.contents) > 1:
            return "pictures"
        (content,) = self.contents
        return "stdin" if content == STANDARD_STREAM else content.resolve().stem


def split_words(command: Command) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Decide which words of the command line are contents and which are styles, and return them as they are.

    Raises:
        InputError: as `find_inputs`.
    """
    words, styles = command.pictures, command.styles
    if not words and not styles:
        examples = bundled_dir("examples")
        return (str(examples / SAMPLE_CONTENT),), (str(examples / SAMPLE_STYLE),)
    if not styles:
        one_content = command.recipe.blends or command.regions.content_mask
        if len(words) == 1:
            raise InputError("Give two pictures, CONTENT and STYLE, or none for the sample pair; STYLE is missing.")
        if len(words) > 2 and not one_content:
            first, *rest = words
            raise InputError(
                f"With {len(words)} pictures it is not clear which are photographs and which are styles; there are two "
                f"ways: write either `{first} --style {' '.join(rest)}` for "
                f"one photograph in several styles, or `{' '.join(words[:-1])} --style {words[-1]}` for several "
                "photographs in one style."
            )
        words, styles = words[:1], words[1:]
    elif not words:
        raise InputError("CONTENT is missing: all words after --style are styles; put the contents before it.")
    return words, styles


def find_inputs(command: Command) -> Inputs:
    """Decide which words of the command line are contents and which are styles, and expand patterns such as `*.jpg`.

    With --style, all other words are contents. Without it, there must be two words, CONTENT STYLE, or one content and
    several styles that are used together, which other options say (--style-blend, --style-groups, --content-mask).

    Raises:
        InputError: when a word is missing, or the words can be read in two ways.
    """
    words, styles = split_words(command)
    inputs = Inputs(_expand(words), _expand(styles))
    if (*inputs.contents, *inputs.styles).count(STANDARD_STREAM) > 1:
        raise InputError("Standard input (-) can be read only once; give a file for the other picture.")
    return inputs


def _expand(words: Sequence[str]) -> tuple[Path, ...]:
    """Return the paths that words name; a pattern that the shell left as it is gives all its files, sorted."""
    paths: list[Path] = []
    for word in words:
        # "./-" is a file of this name, but the same `Path` as "-".
        path = expand_user(word) if word == "-" or Path(word) != STANDARD_STREAM else Path(word).absolute()
        # Unlike `Path.exists`, this does not raise for names that cannot exist.
        if word != "-" and glob.has_magic(word) and not os.path.exists(path):
            matches = sorted(glob.glob(str(path), recursive=True))
            if not matches:
                raise InputError(f"No file matches {word}; check the pattern.")
            paths += map(Path, matches)
        else:
            paths.append(path)
    return tuple(paths)


def read_input(path: Path) -> Picture:
    """Read an image file, or standard input for "-".

    Raises:
        InputError: when it cannot be read.
    """
    if path != STANDARD_STREAM:
        return images.read(path)
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError("Standard input (-) is no file; pipe a picture into the command, as with `cat photo.jpg |`.")
    return dataclasses.replace(images.read(io.BytesIO(sys.stdin.buffer.read())), name="stdin")


def list_contents(inputs: Inputs, outputs: Sequence[Path]) -> tuple[list[Content], list[Path]]:
    """List all contents, those within folders too.

    Args:
        inputs: the input images.
        outputs: the folders of results, which are not contents.

    Returns:
        The contents, and the files that are passed over. Of several words, the contents of each folder have its name
        in front of their relative path.

    Raises:
        InputError: when a folder has no images.
    """
    contents: list[Content] = []
    skipped: list[Path] = []
    for path in inputs.contents:
        if os.path.isdir(path):
            listing = list_images(path, outputs)
            prefix = PurePath(path.resolve().name) if len(inputs.contents) > 1 else PurePath()
            contents += [Content(each.path, prefix / each.relative) for each in listing.contents]
            skipped += listing.skipped
        else:
            name = "stdin" if path == STANDARD_STREAM else path.name
            contents.append(Content(path, PurePath(name)))
    return contents, skipped


def list_styles(inputs: Inputs, outputs: Sequence[Path]) -> list[Path]:
    """List all styles; of a folder, all images in it are styles.

    Args:
        inputs: the input images.
        outputs: the folders of results, which are not styles.

    Raises:
        InputError: when a folder has no images.
    """
    styles: list[Path] = []
    for path in inputs.styles:
        styles += [each.path for each in list_images(path, outputs).contents] if os.path.isdir(path) else [path]
    return styles
