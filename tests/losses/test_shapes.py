"""Arguments of wrong shapes are refused with a sentence, also where no type checker sees them."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax import losses

FEATURES, SMALLER = jnp.ones((4, 5, 3)), jnp.ones((4, 5, 2))
BATCH, CROPPED = FEATURES[None], FEATURES[:1, :1]
GRAM, MOMENTS, GAUSSIAN = (function(FEATURES) for function in (losses.gram_matrix, losses.moments, losses.gaussian))
OTHERS = losses.gram_matrix(SMALLER), losses.moments(SMALLER), losses.gaussian(SMALLER)

WRONG = {
    "content of a batch": (losses.content_loss, (BATCH, BATCH), "(height, width, channels), not (1, 4, 5, 3)"),
    "content of another size": (losses.content_loss, (FEATURES, CROPPED), "of (4, 5, 3) and of (1, 1, 3)"),
    "content of another layer": (losses.content_loss, (FEATURES, jnp.ones((4, 5, 1))), "of (4, 5, 3) and of (4, 5, 1)"),
    "Gram matrix of a batch": (losses.gram_matrix, (BATCH,), "jax.vmap"),
    "Gram matrix of flat features": (losses.gram_matrix, (FEATURES[0],), "not (5, 3)"),
    "a guide for all regions": (losses.gram_matrix, (FEATURES, "hw", jnp.ones((1, 4, 5))), "the shape (4, 5), not"),
    "Gram loss of features": (losses.gram_style_loss, (FEATURES, FEATURES), "(channels, channels), not (4, 5, 3)"),
    "Gram loss of flat features": (losses.gram_style_loss, (FEATURES[0], FEATURES[0]), "not (5, 3)"),
    "Gram loss of two layers": (losses.gram_style_loss, (GRAM, OTHERS[0]), "of (3, 3) and of (2, 2)"),
    "Gram loss of one number": (losses.gram_style_loss, (GRAM, jnp.ones((1, 1))), "of (3, 3) and of (1, 1)"),
    "moments of a batch": (losses.moments, (BATCH,), "jax.vmap"),
    "moments with a guide per channel": (losses.moments, (FEATURES, 1e-5, FEATURES), "the shape (4, 5), not"),
    "moments of two layers": (losses.moments_style_loss, (MOMENTS, OTHERS[1]), "(3,), (3,), (2,), (2,)"),
    "moments of one channel": (losses.moments_style_loss, (MOMENTS, losses.moments(FEATURES[..., :1])), "(1,), (1,)"),
    "Gaussian of a batch": (losses.gaussian, (BATCH,), "jax.vmap"),
    "Gaussians of two layers": (losses.wasserstein_loss, (GAUSSIAN, OTHERS[2]), "(3,), (2,)"),
    "Gaussian without a matrix": (
        losses.gaussian_target,
        (losses.Gaussian(jnp.ones(3), jnp.ones(3)),),
        "(channels, channels), not (3,)",
    ),
    "total variation of a batch": (losses.total_variation, (BATCH,), "not (1, 4, 5, 3)"),
    "total variation of a gray image": (losses.total_variation, (FEATURES[..., 0],), "not (4, 5)"),
    "style of two kinds": (
        losses.style_loss,
        (GAUSSIAN, MOMENTS),
        "kind Gaussian and the target is of",
    ),
    "style of Gram and moments": (
        losses.style_loss,
        (GRAM, MOMENTS),
        "kind Gram matrix and the target is",
    ),
    "style of features": (losses.style_loss, (FEATURES, FEATURES), "(channels, channels)"),
    "mixture of two layers": (losses.mix_statistics, ([GRAM, OTHERS[0]], jnp.ones(2) / 2), "one number of channels"),
    "mixture of two kinds": (losses.mix_statistics, ([GRAM, MOMENTS], jnp.ones(2) / 2), "of one kind"),
    "mixture with too few weights": (losses.mix_statistics, ([GRAM, GRAM], jnp.ones(1)), "2 statistics take as many"),
}


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("is_compiled", [False, True])
def test_wrong_shapes_are_refused(name, is_compiled):
    function, arguments, message = WRONG[name]
    if is_compiled:
        # Words, such as a normalization, are not arguments of a compiled function.
        arrays = [each for each in arguments if not isinstance(each, str | float)]
        words = [each for each in arguments if isinstance(each, str | float)]
        call = jax.jit(lambda first, *rest: function(first, *words, *rest))
        with pytest.raises(ValueError, match=re.escape(message)):
            call(*arrays)
    else:
        with pytest.raises(ValueError, match=re.escape(message)):
            function(*arguments)


@pytest.mark.usefixtures("untyped")
def test_arrays_of_numpy_are_as_good_as_those_of_jax():
    gram = np.asarray(GRAM)
    assert losses.style_loss(gram, gram) == 0
    assert losses.style_loss(gram, 2 * GRAM) == pytest.approx(float(jnp.mean(GRAM**2)))


def test_batches_are_made_with_vmap():
    grams = jax.vmap(losses.gram_matrix)(jnp.stack([FEATURES, 2 * FEATURES]))
    np.testing.assert_allclose(grams[1], 4 * GRAM)
    assert jax.vmap(losses.style_loss, (0, None))(grams, GRAM).shape == (2,)
