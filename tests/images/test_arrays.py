"""Arrays as images: axes, types and values of numpy, jax and PyTorch."""

import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax import images
from nst_jax.errors import InputError
from tests.conftest import picture

RGB = picture(0, 20, 30)
RGBA = np.concatenate([RGB, np.full((20, 30, 1), 0.5, np.float32)], axis=2)


class Tensor:
    """What a tensor of PyTorch offers to be recognized and converted, and how it refuses to be."""

    def __init__(self, values: np.ndarray, dtype: str = "torch.float32", attached: bool = True):
        self.values, self.dtype, self.attached = values, dtype, attached
        self.shape = values.shape

    def __array__(self, *_, **__):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def detach(self):
        return Tensor(self.values, self.dtype, attached=False)

    def cpu(self):
        return self

    def float(self):
        return Tensor(self.values, "torch.float32", self.attached)

    def numpy(self):
        if self.attached or self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.values


@pytest.mark.parametrize("library", [np.asarray, jnp.asarray, Tensor, lambda values: Tensor(values, "torch.bfloat16")])
@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("values", [RGB, RGBA, RGB[..., :1]])
def test_axes_are_recognized(library, batch, planar, values):
    expected = images.read(values)
    assert expected.rgb.shape == (20, 30, 3)
    array = np.moveaxis(values, -1, 0) if planar else values
    read = images.read(library(array[None] if batch else array))
    np.testing.assert_array_equal(read.rgb, expected.rgb)
    assert (read.alpha is None) == (values.shape[2] != 4)


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "<u2", "float16", ">f4", "float64", "longdouble"])
def test_types_of_either_byte_order_are_read(dtype):
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    values = (RGB * top).astype(dtype)
    np.testing.assert_allclose(images.read(values).rgb, values.astype(float) / top, atol=1e-6)
    np.testing.assert_array_equal(images.read(values[::-1, ::-2]).rgb, images.read(values).rgb[::-1, ::-2])


def test_bfloat16_of_jax_and_buffers_of_several_dimensions_are_read():
    np.testing.assert_allclose(images.read(jnp.asarray(RGB, jnp.bfloat16)).rgb, RGB, atol=0.004)
    values = (RGBA * 255).astype(np.uint8)
    np.testing.assert_array_equal(images.read(memoryview(values)).rgb, images.read(values).rgb)


def test_rounding_errors_are_no_reason_to_refuse():
    values = RGB.copy()
    values[0, 0] = 1.000001
    values[0, 1] = -0.000001
    read = images.read(values).rgb
    assert read.max() == 1
    assert read.min() == 0


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 8, 8, 3)), "holds 2 pictures; give one of them at a time"),
        (np.zeros((8, 3, 8, 8)), "holds 8 pictures"),
        (np.zeros((2, 8, 8)), r"must be \(height, width, 3\), not \(2, 8, 8\)"),
        (np.zeros((1, 1, 8, 8, 3)), "must be"),
        (np.zeros((1, 8, 8, 2)), "must be"),
        (np.zeros((3, 4, 2)), "must be"),
        (np.float32(0.5), "must be"),
        (np.zeros((8, 8), bool), "must hold uint8, uint16 or floats"),
        (np.zeros((8, 8), np.int64), r"array.astype\('uint8'\) if its values are 0 to 255"),
        (np.array([["a", "b"]]), "must hold"),
        (np.array([[None, {}]]), "must hold"),
        (Tensor(np.zeros((3, 20, 3))), r"shape \(3, 20, 3\) can be read in two ways"),
        (Tensor(np.zeros((1, 3, 20, 4))), "can be read in two ways"),
    ],
)
def test_what_is_no_single_picture_is_refused(array, message):
    with pytest.raises(InputError, match=message):
        images.read(array)


def test_an_array_that_cannot_be_had_is_refused():
    gone = jnp.asarray(RGB)
    gone.delete()
    with pytest.raises(InputError, match=r"cannot be converted to an array: .*deleted"):
        images.read(gone)
