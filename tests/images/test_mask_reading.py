"""Masks as they are handed over: booleans, 0 and 1, labels, and images."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images.masks import WHITE, extract_regions

LEFT = np.zeros((32, 32), bool)
LEFT[:, :16] = True


def planes(source) -> list[np.ndarray]:
    return list(extract_regions(images.read_mask(source)).values())


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "int64", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(32, 32), (32, 32, 1), (1, 32, 32), (1, 32, 32, 1), (1, 1, 32, 32)])
def test_booleans_and_zero_and_one_are_one_region(dtype, shape):
    for convert in (np.asarray, jnp.asarray) if dtype != "int64" else (np.asarray,):
        (region,) = planes(convert(LEFT.astype(dtype).reshape(shape)))
        np.testing.assert_array_equal(region, LEFT)


def test_labels_are_regions_in_their_order():
    labels = np.zeros((32, 32), np.int64)
    for index, label in enumerate((255, 1, 15, 7, 8, 2)):
        labels[4 * index : 4 * index + 4] = label
    for dtype in (np.int64, np.uint8, np.uint16):
        found = planes(labels.astype(dtype))
        assert len(found) == 6
        for region, label in zip(found, (1, 2, 7, 8, 15, 255), strict=True):
            np.testing.assert_array_equal(region, labels == label)


def test_a_label_is_the_same_region_in_all_masks():
    content, style = images.read_mask(LEFT * 3 + 1), images.read_mask(LEFT * 4)
    first, second = extract_regions(content), extract_regions(style)
    assert list(second) == list(first)[1:]


def test_gray_images_are_what_they_were():
    ramp = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (32, 1))
    np.testing.assert_array_equal(images.read_mask(ramp).rgb, images.read(ramp).rgb)
    few = np.where(LEFT, np.uint8(255), np.uint8(90))
    np.testing.assert_array_equal(images.read_mask(few).rgb, images.read(few).rgb)
    deep = np.where(LEFT, np.uint16(65535), np.uint16(0))
    np.testing.assert_array_equal(images.read_mask(deep).rgb, images.read(deep).rgb)
    assert list(extract_regions(images.read_mask(few * LEFT))) == [WHITE]


def test_transparent_parts_of_a_mask_belong_to_no_region(tmp_path):
    """As of a shape that was cut out by its transparency."""
    shape = np.dstack([np.full((32, 32, 3), 255, np.uint8), LEFT.astype(np.uint8) * 255])
    Image.fromarray(shape).save(tmp_path / "cut.png")
    (region,) = planes(tmp_path / "cut.png")
    np.testing.assert_array_equal(region, LEFT)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.arange(1024).reshape(32, 32) % 20, "at most 8 different labels from 1 to 255"),
        (np.where(LEFT, -1, 1), "at most 8 different labels"),
        (np.where(LEFT, 256, 1), "at most 8 different labels"),
        (np.zeros((32, 32), bool), r"black all over \(its brightest value is 0 of 255\)"),
        (np.zeros((32, 32, 3), bool), "must hold uint8"),
        (np.zeros((2, 32, 32), bool), "must be"),
    ],
)
def test_other_integers_are_refused(mask, message):
    with pytest.raises(InputError, match=message):
        planes(mask)
