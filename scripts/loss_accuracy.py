"""Print how far the losses and their gradients are from exact ones: `python scripts/loss_accuracy.py`.

The two tables of docs/methods/objective.md are made by it, from the sample pair at 128 x 128 pixels with the embedded
network. The first has the Wasserstein loss in float64, compared with the exact one, which takes its roots from
eigenvalues. The second has all losses in float32, compared with the same computed in float64 from the same features.
"""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp

import nst_jax
from nst_jax import images, losses

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
CONTENT_LAYERS = ("relu3_2", "relu4_2")
SIZE = 128

Loss = Callable[[jax.Array, jax.Array], jax.Array]
# The losses of features, as functions of the features of an image and of its target.
STYLE_LOSSES: dict[str, Loss] = {
    "Gram": lambda x, a: losses.gram_style_loss(losses.gram_matrix(x), losses.gram_matrix(a)),
    "mean-std": lambda x, a: losses.moments_style_loss(losses.moments(x), losses.moments(a)),
    "Wasserstein": lambda x, a: losses.wasserstein_loss(losses.gaussian(x), losses.gaussian(a)),
}


def root(matrix: jax.Array) -> jax.Array:
    """Compute the square root of a symmetric matrix from its eigenvalues."""
    values, vectors = jnp.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * jnp.sqrt(jnp.maximum(values, 0))) @ vectors.T


def wasserstein_row(name: str, features: jax.Array, style: jax.Array) -> str:
    """Compare the Wasserstein loss of a layer with the exact one, and format a row of the first table.

    Args:
        name: the layer.
        features: of the content, (height, width, channels) float64.
        style: of the style.
    """
    target = losses.gaussian(style)
    side = root(target.covariance)

    def loss(x: jax.Array) -> jax.Array:
        return losses.wasserstein_loss(losses.gaussian(x), target)

    def exact(x: jax.Array) -> jax.Array:
        own = losses.gaussian(x)
        cross = side @ own.covariance @ side
        roots = jnp.sqrt(jnp.linalg.eigvalsh((cross + cross.T) / 2))
        traces = jnp.trace(own.covariance) + jnp.trace(target.covariance) - 2 * jnp.sum(roots)
        return jnp.mean((own.mean - target.mean) ** 2) + traces / len(own.mean)

    gradient, truth = jax.grad(loss)(features), jax.grad(exact)(features)
    norm = jnp.linalg.norm(gradient)
    step = 1e-5 * gradient / norm
    slope = (loss(features + step) - loss(features - step)) / 2e-5
    cells = (
        f"{loss(features):.4f}",
        f"{exact(features):.4f}",
        f"{losses.wasserstein_loss(target, target):.4f}",
        f"{abs(slope / norm - 1):.1%}",
        f"{distance(gradient, truth):.1%}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def distance(value: jax.Array, truth: jax.Array) -> jax.Array:
    """Return the norm of the difference of two arrays, divided by that of the second, in float64."""
    return jnp.linalg.norm(jnp.ravel(value.astype(float) - truth)) / jnp.linalg.norm(jnp.ravel(truth))


def rounding_row(name: str, layer: str, loss: Loss, x: jax.Array, target: jax.Array) -> str:
    """Compare a loss and its gradient in float32 with those in float64, and format a row of the second table.

    Args:
        name: the name of the loss.
        layer: the layer.
        loss: the loss.
        x: what it is the loss of; it is rounded to float32 first, so that both precisions begin with the same numbers.
        target: of the target, rounded in the same way.
    """
    single = x.astype(jnp.float32), target.astype(jnp.float32)
    double = tuple(each.astype(float) for each in single)
    value, gradient = jax.value_and_grad(loss)(*single)
    assert value.dtype == gradient.dtype == jnp.float32
    exact_value, exact_gradient = jax.value_and_grad(loss)(*double)
    error, gradient_error = distance(value, exact_value), distance(gradient, exact_gradient)
    return f"| {name} | {layer} | {exact_value:.4g} | {error:.0e} | {gradient_error:.0e} |"


def rounding_rows(contents: dict[str, jax.Array], styles: dict[str, jax.Array], image: jax.Array) -> Iterator[str]:
    """Yield the rows of the second table.

    Args:
        contents: the features of the content by layer, float64.
        styles: those of the style, of an image of the same size.
        image: the content, (height, width, 3).
    """
    for layer in CONTENT_LAYERS:
        yield rounding_row("content", layer, losses.content_loss, contents[layer], styles[layer])
    for name, loss in STYLE_LOSSES.items():
        for layer in STYLE_LAYERS:
            yield rounding_row(name, layer, loss, contents[layer], styles[layer])
    yield rounding_row("total variation", "pixels", lambda x, _: losses.total_variation(x), image, image)


def main() -> None:
    """Print both tables."""
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    network = nst_jax.VGG19(nst_jax.load_network("embedded"), padding="replicate", dtype=jnp.float64)
    image, style_image = (
        jnp.asarray(images.resize(nst_jax.read_image(f"examples/{name}").rgb, SIZE, SIZE), float)
        for name in ("chelsea.png", "night-swirls.jpg")
    )
    contents, styles = (network(each, (*STYLE_LAYERS, *CONTENT_LAYERS)) for each in (image, style_image))
    print(
        "| layer | loss | exact loss | loss of equal statistics | gradient: difference from finite differences "
        "| gradient: difference from the exact one |"
    )
    print("|---|---|---|---|---|---|")
    for layer in STYLE_LAYERS:
        print(wasserstein_row(layer, contents[layer], styles[layer]))
    print("\n| loss | layer | value | error of the value | error of the gradient |")
    print("|---|---|---|---|---|")
    for row in rounding_rows(contents, styles, image):
        print(row)


if __name__ == "__main__":
    main()
