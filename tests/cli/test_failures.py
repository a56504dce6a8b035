"""Lines about images that failed: each names its file once."""

import pytest

from nst_jax.cli.failures import describe_failure

PATH = "photos/a.png"


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("photos/a.png is empty; give another.", "photos/a.png is empty; give another."),
        ("There is no file photos/a.png; check the path.", "There is no file photos/a.png; check the path."),
        ("a.png has more than 180 million pixels.", "photos/a.png has more than 180 million pixels."),
        ("ValueError: a bug", "photos/a.png: ValueError: a bug"),
        # Other files, whose names are like this one's.
        ("more/photos/a.png is missing", "photos/a.png: more/photos/a.png is missing"),
        ("photos/a.png.png cannot be written", "photos/a.png: photos/a.png.png cannot be written"),
        ("a.pngs are rare", "photos/a.png: a.pngs are rare"),
    ],
)
def test_a_line_names_the_file_once(reason, line):
    assert describe_failure(PATH, reason) == line


def test_the_address_of_an_object_is_named_once_too():
    line = "s3://bucket/a (1).jpg is damaged; get the file again."
    assert describe_failure("s3://bucket/a (1).jpg", line) == line
