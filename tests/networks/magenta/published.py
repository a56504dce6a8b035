"""Magenta's network in NumPy, written from the papers and from the published graphs, as a reference.

It works on the tensors of a checkpoint by their names, with batch normalization as it is, and nothing of it is shared
with the package: no table of layers, no folding, no padding. Every function returns the outputs of all layers, by
their scopes in checkpoints or the names of their end points.
"""

import numpy as np

EPSILON_OF_BATCHES = 0.001
EPSILON_OF_INSTANCES = 0.00001


def transformer(t, x, style):
    """Dumoulin et al. 2017, table 1, with the encoder of Ghiasi et al. 2017; `style` is {layer: (gamma, beta)}."""
    out = {}

    def convolve(name, x, stride=1):
        kernel = t[f"transformer/{name}/weights"]
        return windows(mirrored(x, kernel.shape[0] // 2), kernel, stride)

    def normalize(name, x):
        gamma, beta = (each[:, None, None] for each in style[f"transformer/{name}"])
        mean, variance = x.mean((1, 2), keepdims=True), x.var((1, 2), keepdims=True)
        return gamma * (x - mean) / np.sqrt(variance + EPSILON_OF_INSTANCES) + beta

    for name, stride in (("contract/conv1", 1), ("contract/conv2", 2), ("contract/conv3", 2)):
        x = out[name] = np.maximum(batch_norm(t, f"transformer/{name}", convolve(name, x, stride)), 0)
    for index in "12345":
        block = f"residual/residual{index}"
        first = out[f"{block}/conv1"] = np.maximum(normalize(f"{block}/conv1", convolve(f"{block}/conv1", x)), 0)
        second = out[f"{block}/conv2"] = normalize(f"{block}/conv2", convolve(f"{block}/conv2", first))
        x = out[block] = x + second
    for name in ("expand/conv1", "expand/conv2"):
        x = np.kron(x, np.ones((1, 2, 2, 1)))
        x = out[name] = np.maximum(normalize(f"{name}/conv", convolve(f"{name}/conv", x)), 0)
    last = normalize("expand/conv3/conv", convolve("expand/conv3/conv", x))
    out["expand/conv3"] = 1 / (1 + np.exp(-last))
    return {f"transformer/{name}": value for name, value in out.items()}


def style_parameters(t, vectors):
    """Gamma and beta of each normalized layer from the 100 numbers; the first map of the graph is that to beta."""
    layers = sorted({name.split("/StyleNorm")[0].removeprefix("style_params/") for name in t if "StyleNorm" in name})

    def linear(scope):
        return vectors @ t[f"{scope}/weights"][0, 0] + t[f"{scope}/biases"]

    scopes = {layer: f"style_params/{layer}/StyleNorm/Conv" for layer in layers}
    return {layer: (linear(f"{scope}_1"), linear(scope)) for layer, scope in scopes.items()}


def bottleneck(t, scope, features):
    """The 100 numbers from the features of a predictor."""
    return features.mean((1, 2)) @ t[f"{scope}/weights"][0, 0] + t[f"{scope}/biases"]


STEM = (
    ("Conv2d_1a_3x3", 2, "VALID"),
    ("Conv2d_2a_3x3", 1, "VALID"),
    ("Conv2d_2b_3x3", 1, "SAME"),
    ("MaxPool_3a_3x3", 2, "VALID"),
    ("Conv2d_3b_1x1", 1, "VALID"),
    ("Conv2d_4a_3x3", 1, "VALID"),
    ("MaxPool_5a_3x3", 2, "VALID"),
)
WIDE = ("0a_1x1", "0a_1x1 0b_5x5", "0a_1x1 0b_3x3 0c_3x3", "average 0b_1x1")
TALL = ("0a_1x1", "0a_1x1 0b_1x7 0c_7x1", "0a_1x1 0b_7x1 0c_1x7 0d_7x1 0e_1x7", "average 0b_1x1")
MIXED = {
    "Mixed_5b": WIDE,
    "Mixed_5c": ("0a_1x1", "0b_1x1 Conv_1_0c_5x5", "0a_1x1 0b_3x3 0c_3x3", "average 0b_1x1"),
    "Mixed_5d": WIDE,
    "Mixed_6a": ("halve_1a_1x1", "0a_1x1 0b_3x3 halve_1a_1x1", "maximum"),
    "Mixed_6b": TALL,
    "Mixed_6c": TALL,
    "Mixed_6d": TALL,
    "Mixed_6e": TALL,
}


def inception_v3(t, x):
    """Szegedy et al. 2016 up to Mixed_6e, with the nonlinearity of magenta's graph."""
    out = {}

    def convolve(scope, x, stride, padding):
        y = windows(x, t[f"{scope}/weights"], stride) if padding == "VALID" else same(x, t[f"{scope}/weights"], stride)
        out[scope] = np.clip(batch_norm(t, scope, y), 0, 6)
        return out[scope]

    def step(scope, word, x):
        if word == "average":
            ones = np.ones((3, 3, 1, 1))
            sums = np.stack([same(x[..., [c]], ones, 1)[..., 0] for c in range(x.shape[-1])], -1)
            return sums / same(np.ones_like(x[..., :1]), ones, 1)
        if word == "maximum":
            return maximum(x)
        name = word.removeprefix("halve_")
        name = name if name.startswith("Conv") else f"Conv2d_{name}"
        return convolve(f"{scope}/{name}", x, *((2, "VALID") if word.startswith("halve") else (1, "SAME")))

    for name, stride, padding in STEM:
        x = maximum(x) if name.startswith("Max") else convolve(f"InceptionV3/{name}", x, stride, padding)
        out[name] = x
    for name, branches in MIXED.items():
        ends = []
        for index, words in enumerate(branches):
            y = x
            for word in words.split():
                y = step(f"InceptionV3/{name}/Branch_{index}", word, y)
            ends.append(y)
        x = out[name] = np.concatenate(ends, -1)
    return out


STRIDES_OF_BLOCKS = (1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)


def mobilenet_v2(t, x):
    """Sandler et al. 2018 up to the last 1x1 convolution."""
    out = {}

    def convolve(scope, x, stride=1, activation=lambda y: np.clip(y, 0, 6)):
        if scope.endswith("depthwise"):
            kernel = t[f"{scope}/depthwise_weights"]
            y = np.concatenate([same(x[..., [c]], kernel[:, :, [c]], stride) for c in range(x.shape[-1])], -1)
        else:
            y = same(x, t[f"{scope}/weights"], stride)
        out[scope] = activation(batch_norm(t, scope, y))
        return out[scope]

    x = out["Conv"] = convolve("MobilenetV2/Conv", x, 2)
    for index, stride in enumerate(STRIDES_OF_BLOCKS):
        name = "expanded_conv" + (f"_{index}" if index else "")
        scope = f"MobilenetV2/{name}"
        y = convolve(f"{scope}/expand", x) if index else x
        y = convolve(f"{scope}/depthwise", y, stride)
        y = convolve(f"{scope}/project", y, activation=lambda y: y)
        x = out[name] = x + y if stride == 1 and x.shape == y.shape else y
    out["Conv_1"] = convolve("MobilenetV2/Conv_1", x)
    return out


def batch_norm(t, scope, x):
    """Normalize by the moving averages."""
    gamma = t.get(f"{scope}/BatchNorm/gamma", 1)
    beta, mean, variance = (t[f"{scope}/BatchNorm/{name}"] for name in ("beta", "moving_mean", "moving_variance"))
    return gamma * (x - mean) / np.sqrt(variance + EPSILON_OF_BATCHES) + beta


def windows(x, kernel, stride):
    """Convolve without padding."""
    view = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))[:, ::stride, ::stride]
    return np.tensordot(view, kernel, axes=((4, 5, 3), (0, 1, 2)))


def same(x, kernel, stride):
    """Convolve with TensorFlow's padding "SAME": the size is divided by the stride and rounded up."""
    pads = []
    for size, taps in zip(x.shape[1:3], kernel.shape[:2], strict=True):
        missing = max((-(-size // stride) - 1) * stride + taps - size, 0)
        pads.append((missing // 2, missing - missing // 2))
    return windows(np.pad(x, ((0, 0), *pads, (0, 0))), kernel, stride)


def mirrored(x, count):
    """Add pixels at all sides, mirrored at the outermost ones."""
    for axis in (1, 2):
        size = x.shape[axis]
        positions = np.abs(np.arange(-count, size + count))
        x = x.take(np.where(positions >= size, 2 * size - 2 - positions, positions), axis)
    return x


def maximum(x):
    """Take the maximum of 3x3 windows with stride 2 and no padding."""
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2].max((-1, -2))
