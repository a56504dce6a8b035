"""Magenta's network from TensorFlow Lite files of several kinds."""

import sys

import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights.magenta.tflite import from_tflite
from tests.networks.weights.magenta.conftest import WIDTH
from tests.networks.weights.magenta.tflite_files import TFLiteFile


def write_pair(folder, weights, kind="float32"):
    """Write the predictor and the transformer, with which the linear maps of the style go, as published."""
    paths = folder / "predict.tflite", folder / "transform.tflite"
    files = TFLiteFile(kind), TFLiteFile(kind)
    for scope, (kernel, bias) in weights.convolutions.items():
        files[scope.startswith(("transformer", "style_params"))].add_convolution(scope, kernel, bias)
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file.data())
    return paths


@pytest.mark.parametrize(("kind", "tolerance"), [("float32", 1e-6), ("float16", 1e-3), ("int8", 5e-3)])
def test_weights_of_every_kind_are_read(tmp_path, weights, kind, tolerance):
    pytest.importorskip("tflite")
    predict, transform = write_pair(tmp_path, weights, kind)
    for pair in ((predict, transform), (transform, predict)):
        read = from_tflite(*pair, predictor_width=WIDTH)
        assert (read.predictor, read.width) == ("mobilenet_v2", WIDTH)
        assert list(read.convolutions) == list(weights.convolutions)
        for scope, arrays in weights.convolutions.items():
            for values, expected in zip(read.convolutions[scope], arrays, strict=True):
                limit = tolerance * max(np.abs(expected).max(), 0.1)
                np.testing.assert_allclose(values, expected, atol=limit, err_msg=scope)
    if kind == "float32":
        assert read.sha256 == weights.sha256


def test_layers_are_told_by_the_output_where_the_name_of_the_weights_is_not_theirs_alone(tmp_path, weights):
    """Equal tensors are kept once, and tensors that a converter has made have the names of all their origins."""
    pytest.importorskip("tflite")
    predict, transform = TFLiteFile(), TFLiteFile()
    for scope, (kernel, bias) in weights.convolutions.items():
        if scope.startswith(("transformer", "style_params")):
            transform.add_convolution(scope, kernel, bias, weights_name=f"{scope}/weights;{scope}/Conv2D")
        else:
            names = "MobilenetV2/Conv_1/weights;MobilenetV2/expanded_conv_2/expand/weights"
            predict.add_convolution(scope, kernel, bias, weights_name=names)
    for name, file in (("a.tflite", predict), ("b.tflite", transform)):
        (tmp_path / name).write_bytes(file.data())
    assert from_tflite(tmp_path / "a.tflite", tmp_path / "b.tflite", predictor_width=WIDTH).sha256 == weights.sha256


def test_wrong_pairs_are_refused(tmp_path, weights):
    pytest.importorskip("tflite")
    predict, transform = write_pair(tmp_path, weights)
    with pytest.raises(InputError, match="in both; give the predictor and the transformer"):
        from_tflite(predict, predict)
    (tmp_path / "empty.tflite").write_bytes(TFLiteFile().data())
    with pytest.raises(InputError, match="has no style predictor of magenta"):
        from_tflite(tmp_path / "empty.tflite", transform)
    with pytest.raises(InputError, match="holds no transformer of magenta's network"):
        from_tflite(predict, tmp_path / "empty.tflite")
    with pytest.raises(InputError, match=r"MobilenetV2/Conv has a kernel of shape .* where \(3, 3, 3, 32\)"):
        from_tflite(predict, transform)


def test_damaged_and_other_files_are_refused(tmp_path, weights, monkeypatch):
    other = tmp_path / "other.tflite"
    other.write_bytes(b"something else")
    with pytest.raises(InputError, match="is not a TensorFlow Lite file"):
        from_tflite(other, other)
    with pytest.raises(InputError, match="There is no weight file"):
        from_tflite(tmp_path / "nowhere.tflite", other)
    other.write_bytes(b"\x1c\0\0\0TFL3" + bytes(20))
    monkeypatch.setitem(sys.modules, "tflite.Model", None)
    with pytest.raises(InputError, match=r"needs the package tflite.*pip install \"nst-jax\[magenta\]\""):
        from_tflite(other, other)


def test_truncated_files_are_refused(tmp_path, weights):
    pytest.importorskip("tflite")
    predict, transform = write_pair(tmp_path, weights)
    data = predict.read_bytes()
    for count in (30, len(data) // 2, len(data) - 100):
        predict.write_bytes(data[:count])
        with pytest.raises(InputError, match="is damaged") as caught:
            from_tflite(predict, transform, predictor_width=WIDTH)
        assert "\n" not in str(caught.value)
