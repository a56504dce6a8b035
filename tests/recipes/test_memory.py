"""The settings of the memory, as they are read."""

import pytest

from nst_jax.errors import InputError
from nst_jax.recipes.memory import memory_limit, tile_side


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("4GB", 4 * 10**9),
        ("4 gb", 4 * 10**9),
        ("1.5G", 1_500_000_000),
        ("800MB", 8 * 10**8),
        ("2GiB", 2**31),
        ("123456", 123456),
    ],
)
def test_amounts_of_memory(text, expected):
    assert memory_limit(text) == expected


@pytest.mark.parametrize("text", ["GB", "-4GB", "4PB", "0", "4GBs", "1e9", "iB"])
def test_other_texts_are_no_amounts(text):
    with pytest.raises(InputError, match="max memory must be an amount such as 4GB"):
        memory_limit(text)


def test_sides_of_tiles():
    assert [tile_side(each) for each in ("auto", "off", "512")] == [None, None, 512]
