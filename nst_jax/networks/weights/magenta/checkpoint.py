"""From the tensors of a TensorFlow checkpoint to magenta's parameters; batch normalization is folded."""

from collections.abc import Mapping

import numpy as np

from nst_jax.errors import InputError
from nst_jax.networks.weights.magenta.layers import BOTTLENECK_SCOPES, ENCODER_END, Layer, Predictor
from nst_jax.networks.weights.magenta.parameters import (
    MagentaWeights,
    network_layers,
    transformer_width,
    validate,
)

# TF-slim's default, with which magenta trained its transformer and both predictors.
BATCH_NORM_EPSILON = 1e-3
MARK = f"{ENCODER_END}/weights"


def from_tensors(
    tensors: Mapping[str, np.ndarray], source: str, name: str, *, predictor_width: float = 1
) -> MagentaWeights:
    """Build the parameters from the tensors of a checkpoint.

    Tensors of other names, such as those of the optimizer or of the VGG-16 that a checkpoint of a training holds, are
    ignored. Convolutions have batch normalization by moving averages, as outside of training, and it is folded into
    them in float64.

    Args:
        tensors: by their names in the checkpoint.
        source: the name of the file in messages.
        name: the name of the network.
        predictor_width: the width of the predictor: 1 for the published one.

    Raises:
        InputError: if tensors are missing or have the wrong shape, or values are not finite.
    """
    predictor = _predictor(tensors, source)
    width = transformer_width(tensors.get(MARK), source)
    layers = network_layers(predictor, width, predictor_width)
    convolutions = {layer.scope: _convolution(tensors, layer, source) for layer in layers}
    return MagentaWeights(name, predictor, width, validate(convolutions, layers, source), predictor_width)


def tensor_names(layer: Layer) -> dict[str, str]:
    """Return the names of the tensors of a layer in a checkpoint, by their roles.

    The roles are "kernel", "bias", "gamma", "beta", "mean" and "variance". Only MobileNetV2 was trained with a gamma.
    """
    kernel = "depthwise_weights" if layer.is_depthwise else "weights"
    names = {"kernel": f"{layer.scope}/{kernel}"}
    if layer.norm == "none":
        return names | {"bias": f"{layer.scope}/biases"}
    if layer.norm == "style":
        return names
    if layer.scope.startswith("MobilenetV2"):
        names["gamma"] = f"{layer.scope}/BatchNorm/gamma"
    return names | {
        "beta": f"{layer.scope}/BatchNorm/beta",
        "mean": f"{layer.scope}/BatchNorm/moving_mean",
        "variance": f"{layer.scope}/BatchNorm/moving_variance",
    }


def _predictor(tensors: Mapping[str, np.ndarray], source: str) -> Predictor:
    # The small predictor is distilled from the large one, so that a checkpoint of its training may hold both.
    for predictor in ("mobilenet_v2", "inception_v3"):
        if f"{BOTTLENECK_SCOPES[predictor]}/weights" in tensors:
            return predictor
    raise InputError(f"{source} holds no style predictor of magenta (InceptionV3 or MobileNetV2); it is incomplete.")


def _convolution(tensors: Mapping[str, np.ndarray], layer: Layer, source: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel and the bias of a layer, with batch normalization folded in."""
    values = {}
    for role, name in tensor_names(layer).items():
        if name not in tensors:
            raise InputError(f"{source} lacks the tensor {name}; it is incomplete or some other checkpoint.")
        values[role] = np.asarray(tensors[name])
        expected = layer.shape if role == "kernel" else (layer.outputs,)
        if values[role].shape != expected:
            raise InputError(
                f"{source} is no network of magenta: {name} has the shape {values[role].shape}, not {expected}."
            )
        if not np.issubdtype(values[role].dtype, np.floating):
            raise InputError(
                f"{source} is damaged: {name} holds {values[role].dtype} values where floats are expected."
            )
        values[role] = values[role].astype(np.float64)
    if layer.norm == "none":
        return values["kernel"], values["bias"]
    if layer.norm == "style":
        return values["kernel"], np.zeros(layer.outputs)
    if not (values["variance"] >= 0).all():
        name = tensor_names(layer)["variance"]
        raise InputError(f"{source} is damaged: {name} holds values that are negative or not numbers; get it again.")
    scale = values.get("gamma", 1.0) / np.sqrt(values["variance"] + BATCH_NORM_EPSILON)
    # The last axis of a depthwise kernel has one entry; its channels are on the one before.
    kernel = values["kernel"] * (scale[:, None] if layer.is_depthwise else scale)
    return kernel, values["beta"] - values["mean"] * scale
