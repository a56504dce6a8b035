"""Print how far the Wasserstein loss and its gradient are from exact ones: `python scripts/loss_accuracy.py`.

All is computed in float64 with the embedded network on the sample pair, 128 x 128 pixels, by which a table of
docs/methods/objective.md was made. The exact loss takes its roots from eigenvalues.
"""

import jax
import jax.numpy as jnp

import nst_jax
from nst_jax import images, losses

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def root(matrix: jax.Array) -> jax.Array:
    """Compute the square root of a symmetric matrix from its eigenvalues."""
    values, vectors = jnp.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * jnp.sqrt(jnp.maximum(values, 0))) @ vectors.T


def main() -> None:
    """Print a row of the table for each layer."""
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]
    network = nst_jax.VGG19(nst_jax.load_network("embedded"), padding="replicate", dtype=jnp.float64)
    content, style = (
        network(jnp.asarray(images.resize(nst_jax.read_image(f"examples/{name}").rgb, 128, 128), float), LAYERS)
        for name in ("chelsea.png", "night-swirls.jpg")
    )
    print("| layer | loss | exact | of equal statistics | gradient from finite differences | from the exact one |")
    print("|---|---|---|---|---|---|")
    for name in LAYERS:
        features, target = content[name], losses.gaussian(style[name])
        side = root(target.covariance)

        def loss(x: jax.Array, target: losses.Gaussian = target) -> jax.Array:
            return losses.wasserstein_loss(losses.gaussian(x), target)

        def exact(x: jax.Array, target: losses.Gaussian = target, side: jax.Array = side) -> jax.Array:
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
            f"{jnp.linalg.norm(gradient - truth) / jnp.linalg.norm(truth):.1%}",
        )
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
