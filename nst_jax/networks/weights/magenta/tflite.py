"""Magenta's network from two TensorFlow Lite files: the style predictor and the transformer.

The published files are those of the small network, with MobileNetV2 and a transformer of a quarter of the width, with
weights as float32, float16 or int8. Weights of fewer bits are dequantized; activations are never quantized here. The
converter has already folded batch normalization into the convolutions.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nst_jax.errors import InputError
from nst_jax.networks.weights.hdf5 import require_file
from nst_jax.networks.weights.magenta.layers import BOTTLENECK_SCOPES, ENCODER_END, PREDICTORS
from nst_jax.networks.weights.magenta.parameters import (
    MagentaWeights,
    network_layers,
    transformer_width,
    validate,
)

_IDENTIFIER = b"TFL3"
_SCOPES = frozenset(layer.scope for predictor in PREDICTORS for layer in network_layers(predictor, 1))
Convolutions = dict[str, tuple[np.ndarray, np.ndarray]]


def from_tflite(first: Path, second: Path, *, predictor_width: float = 1) -> MagentaWeights:
    """Read the predictor and the transformer.

    Args:
        first: one of the two files, in any order.
        second: the other.
        predictor_width: the width of the predictor: 1 for the published one.

    Raises:
        InputError: if a file cannot be read or is no TensorFlow Lite file, if layers are missing or have the wrong
            shape, or if the package `tflite` is not installed.
    """
    one, other = _read(first), _read(second)
    source = f"The pair of {first} and {second}"
    twice = sorted(set(one) & set(other))
    if twice:
        raise InputError(f"{source} has {twice[0]} in both; give the predictor and the transformer.")
    convolutions = one | other
    predictor = next((kind for kind in PREDICTORS if BOTTLENECK_SCOPES[kind] in convolutions), None)
    if predictor is None:
        raise InputError(f"{source} has no style predictor of magenta; give the predictor and the transformer.")
    kernel, _ = convolutions.get(ENCODER_END, (None, None))
    width = transformer_width(kernel, source)
    parameters = validate(convolutions, network_layers(predictor, width, predictor_width), source)
    return MagentaWeights(f"magenta ({first.stem}, {second.stem})", predictor, width, parameters, predictor_width)


def _read(path: Path) -> Convolutions:
    """Read the convolutions of a file by their scopes in checkpoints, without checking their shapes."""
    require_file(path, b"", "a TensorFlow Lite file")
    data = path.read_bytes()
    if data[4:8] != _IDENTIFIER:
        raise InputError(
            f"{path} is not a TensorFlow Lite file; give the .tflite files of the predictor and transformer."
        )
    try:
        from tflite.Model import Model
    except ImportError as error:
        raise InputError(
            f'Reading {path} needs the package tflite, which is not installed; run pip install "nst-jax[magenta]".'
        ) from error
    try:
        graph = _Graph(Model.GetRootAs(data, 0))
        return dict(graph.convolutions())
    except InputError:
        raise
    except Exception as error:  # a damaged file gives errors of any kind
        raise InputError(f"{path} is damaged ({error}); get the file again.") from error


class _Graph:
    """The first subgraph of a file: its tensors by index and its operators."""

    def __init__(self, model: Any):
        from tflite.BuiltinOperator import BuiltinOperator

        self.model = model
        self.graph = model.Subgraphs(0)
        self.kinds = BuiltinOperator
        self.operators = [self.graph.Operators(index) for index in range(self.graph.OperatorsLength())]
        # Weights of 16 bits stand before an operator that makes float32 of them.
        self.origin = {
            operator.Outputs(0): operator.Inputs(0)
            for operator in self.operators
            if self._kind(operator) == self.kinds.DEQUANTIZE
        }

    def convolutions(self) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
        """Yield scope, kernel and bias of each convolution that has one of the known names."""
        wanted = (self.kinds.CONV_2D, self.kinds.DEPTHWISE_CONV_2D, self.kinds.FULLY_CONNECTED)
        for operator in self.operators:
            if self._kind(operator) not in wanted:
                continue
            inputs = operator.InputsAsNumpy()
            kernel = self._values(int(inputs[1]))
            # (outputs, height, width, inputs), of a depthwise one (1, height, width, channels).
            kernel = kernel.transpose(1, 2, 3, 0) if kernel.ndim == 4 else kernel.T[None, None]
            has_bias = len(inputs) > 2 and inputs[2] >= 0
            bias = self._values(int(inputs[2])) if has_bias else np.zeros(max(kernel.shape[2:]), np.float32)
            scope = self._scope([int(inputs[1]), operator.Outputs(0), *([int(inputs[2])] if has_bias else [])])
            if scope is not None:
                yield scope, (kernel, bias)

    def _kind(self, operator: Any) -> int:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        # Old files have the code in another field, and zero here.
        return max(code.BuiltinCode(), code.DeprecatedBuiltinCode())

    def _scope(self, tensors: list[int]) -> str | None:
        """Return the scope of a convolution from the names of its tensors: the first name that fits only one.

        The name of a tensor that the converter has made of several ones contains all of their names, and equal tensors
        of several layers are kept once, under the name of one of them.
        """
        for tensor in tensors:
            names = self.graph.Tensors(self.origin.get(tensor, tensor)).Name().decode().split(";")
            parents = [name.split("/")[:length] for name in names for length in range(1, name.count("/") + 2)]
            scopes = {scope for parent in parents if (scope := "/".join(parent)) in _SCOPES}
            if len(scopes) == 1:
                return scopes.pop()
        return None

    def _values(self, index: int) -> np.ndarray:
        """Return a constant tensor, dequantized if it has a scale."""
        from tflite.TensorType import TensorType

        tensor = self.graph.Tensors(self.origin.get(index, index))
        dtypes = {
            TensorType.FLOAT32: "<f4",
            TensorType.FLOAT16: "<f2",
            TensorType.INT8: "i1",
            TensorType.UINT8: "u1",
            TensorType.INT32: "<i4",
        }
        shape = tensor.ShapeAsNumpy()
        values = np.frombuffer(self.model.Buffers(tensor.Buffer()).DataAsNumpy(), dtypes[tensor.Type()]).reshape(shape)
        if values.dtype.kind == "f":
            return values.astype(np.float32)
        quantization = tensor.Quantization()
        if quantization is None or not quantization.ScaleLength():
            return values
        per_channel = [1] * values.ndim
        per_channel[quantization.QuantizedDimension()] = -1
        scale = quantization.ScaleAsNumpy().reshape(per_channel)
        zero = quantization.ZeroPointAsNumpy().reshape(per_channel) if quantization.ZeroPointLength() else 0
        return ((values.astype(np.float64) - zero) * scale).astype(np.float32)
