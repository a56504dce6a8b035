"""A straightforward PyTorch implementation of the objective, as a reference for speed and correctness."""

from collections.abc import Callable

import jax
import numpy as np
import torch
import torch.nn.functional as F

from nst_jax.devices import has_accelerator
from nst_jax.errors import InputError
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.objective import Targets
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import LAYERS

# The name of the device in PyTorch; it is the device that jax uses.
DEVICE = "cuda" if has_accelerator() else "cpu"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CAFFE_MEAN = (103.939, 116.779, 123.68)
# A function from images, (n, 3, height, width) in [0, 1], to the sum of their losses.
Loss = Callable[[torch.Tensor], torch.Tensor]


def loss_function(weights: NetworkWeights, targets: Targets, recipe: Recipe, dtype: torch.dtype) -> Loss:
    """Create the objective of a recipe whose style statistic is the Gram matrix and whose total variation is squared.

    Style losses are squared errors. For a recipe with Huber's loss, this is the objective of its last phase, which uses
    squared errors too.

    Args:
        weights: the network.
        targets: the targets from `batch_targets.make_batch_targets`: one content for each image, and one style.
        recipe: the settings, of which `padding`, `pooling` and `tv_color` are used here; the coefficients of the losses
            are in `targets`. Pixels are scaled as for `input_range="network"`.
        dtype: data type of all computations.

    Raises:
        InputError: when the recipe's style statistic is another one.
    """
    if recipe.style_statistic != "gram":
        raise InputError("PyTorch's program compares Gram matrices only; add --style-statistic gram.")

    def tensor(values: object) -> torch.Tensor:
        return torch.tensor(np.asarray(values), dtype=dtype, device=DEVICE)

    convolutions = {
        name: (tensor(kernel.transpose(3, 2, 0, 1)), tensor(bias))
        for name, (kernel, bias) in weights.convolutions.items()
    }
    content = {name: tensor(values).permute(0, 3, 1, 2) for name, values in targets.content.items()}
    style, coefficients = jax.tree.map(tensor, (dict(targets.style), targets.coefficients))
    deepest = max(LAYERS.index(layer) for layer in (*content, *style))

    def preprocessed(x: torch.Tensor) -> torch.Tensor:
        if weights.preprocessing == "caffe":
            return x.flip(1) * 255 - tensor(CAFFE_MEAN).view(1, 3, 1, 1)
        return (x - tensor(MEAN).view(1, 3, 1, 1)) / tensor(STD).view(1, 3, 1, 1)

    trained = weights.pooling if recipe.pooling == "network" else recipe.pooling
    pool = F.avg_pool2d if trained == "avg" else F.max_pool2d

    def loss(pictures: torch.Tensor) -> torch.Tensor:
        x, total = preprocessed(pictures), torch.zeros((), dtype=dtype, device=DEVICE)
        for name in LAYERS[: deepest + 1]:
            if name == "conv1_1" and recipe.padding == "replicate":
                x = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), *convolutions[name])
            elif name.startswith("conv"):
                x = F.conv2d(x, *convolutions[name], padding=1)
            elif name.startswith("relu"):
                x = F.relu(x)
            else:
                x = pool(x, 2)
            if name in content:
                difference = (x - content[name]).square().mean((1, 2, 3))
                total = total + (coefficients.content[name] * difference).sum()
            if name in style:
                flat = x.flatten(2)
                gram = flat @ flat.transpose(1, 2) / flat.shape[2]
                (coefficient,), (target,) = coefficients.style[name], style[name]
                total = total + coefficient * (gram - target).square().mean((1, 2)).sum()
        gray = pictures.mean(1, keepdim=True)
        pictures = gray + recipe.tv_color**0.5 * (pictures - gray)
        for difference in (pictures.diff(dim=2), pictures.diff(dim=3)):
            total = total + coefficients.total_variation * difference.square().mean((1, 2, 3)).sum()
        return total

    return loss


def picture_tensor(pictures: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
    """Convert images, (n, height, width, 3), to a leaf tensor that requires a gradient, (n, 3, height, width)."""
    values = np.ascontiguousarray(np.asarray(pictures).transpose(0, 3, 1, 2))
    return torch.tensor(values, dtype=dtype, device=DEVICE).requires_grad_()
