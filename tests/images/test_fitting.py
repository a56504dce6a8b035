"""What the size of a recipe sets, and the part of an image that a crop keeps."""

import numpy as np
import pytest

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.recipes.types import Box
from tests.conftest import picture


@pytest.mark.parametrize(("rule", "expected"), [("long", (30, 60)), ("short", (60, 120)), ("squash", (60, 60))])
def test_the_size_sets_the_side_that_the_rule_names(rule, expected):
    assert images.fitted_size((100, 200), 60, rule) == expected
    assert images.fitted_size((100, 200), 0, rule) == (100, 200)


def test_a_crop_is_the_part_inside_its_box():
    rgb = picture(1, 60, 60)
    np.testing.assert_array_equal(images.crop(images.read(rgb), Box(10, 20, 30, 25)).rgb, rgb[20:45, 10:40])
    with pytest.raises(InputError, match="reaches beyond array, which has 60x60 pixels"):
        images.crop(images.read(rgb), Box(40, 0, 21, 5))
