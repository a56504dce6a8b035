"""The loss of the fast network's training: its terms, and its gradient."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import samples
from nst_jax.fast.decoder import ENTRANCES, MATCHED
from nst_jax.fast.network import STRIDE, prepare
from nst_jax.fast.regions import whole
from nst_jax.fast.squares import reduced
from nst_jax.losses.total_variation import total_variation
from nst_jax.networks.vgg import VGG
from nst_jax.training import fast_objective, local_loss, style_terms
from nst_jax.training.fast_objective import RECIPE, Networks, Style, batch_loss, mixed, pair_losses, style_of
from tests.conftest import picture
from tests.fast.conftest import lively

# Crops and styles of this side, as in the tests of the training.
SIDE = 32


@pytest.fixture(scope="module")
def networks(tiny_network) -> Networks:
    return Networks(VGG.of(tiny_network, padding="edges"), VGG.of(tiny_network, padding="replicate"))


@pytest.fixture(scope="module")
def one_padding(networks) -> Networks:
    """With losses that see the same features as the decoder, also near borders."""
    return Networks(networks.features, networks.features)


@pytest.fixture(scope="module")
def styles(networks) -> Style:
    """Two styles, with a leading axis."""
    made = jax.jit(style_of)
    each = [made(networks, jnp.asarray(picture(seed, SIDE, SIDE))) for seed in (5, 6)]
    return jax.tree.map(lambda *parts: jnp.stack(parts), *each)


@pytest.fixture(scope="module")
def contents():
    return jnp.asarray(np.stack([picture(seed, SIDE, SIDE) for seed in (1, 2)]))


@pytest.fixture(scope="module")
def loss(networks, styles, contents):
    """A function of the decoder's parameters: the loss of two pairs, the terms of each, and the gradient."""
    key = jax.random.key(0)
    identity = jnp.asarray([0.0, 1.0])
    return jax.jit(
        jax.value_and_grad(
            lambda parameters: batch_loss(parameters, networks, contents, styles, key, identity), has_aux=True
        )
    )


@pytest.fixture(scope="module")
def parameters(tiny_network):
    widths = {name.replace("conv", "relu"): bias.size for name, (_, bias) in tiny_network.convolutions.items()}
    return lively({layer: widths[layer] for layer in ENTRANCES.values()}, 2 * (4 + 4 + 6 + 6 + 8))


@pytest.mark.slow
def test_the_gradient_of_every_parameter_is_finite_and_not_zero(loss, parameters):
    (value, terms), gradient = loss(parameters)
    assert np.isfinite(value)
    assert all(each.shape == (2,) and np.isfinite(each).all() and (each > 0).all() for each in terms)
    assert float(value) == pytest.approx(float(terms.total.mean()), rel=1e-6)
    leaves = {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_flatten_with_path(gradient)[0]}
    fixed = {"['vector']['mean']", "['vector']['scale']"}
    assert fixed < set(leaves)
    for name, leaf in leaves.items():
        assert np.isfinite(leaf).all(), name
        assert bool(leaf.any()) == (name not in fixed), name


@pytest.mark.slow
def test_the_gradient_agrees_with_a_finite_difference(loss, parameters):
    """Along the gradient plus a random direction; in single precision, and with the bends of rectifiers, to 3 %."""
    start, gradient = jax.tree.map(np.asarray, (parameters, loss(parameters)[1]))
    generator = np.random.default_rng(0)

    def norm(tree) -> float:
        return float(np.sqrt(sum(np.sum(leaf**2) for leaf in jax.tree.leaves(tree))))

    noise = jax.tree.map(lambda leaf: np.float32(generator.normal(size=leaf.shape)), gradient)
    noise = noise | {"vector": noise["vector"] | {name: noise["vector"][name] * 0 for name in ("mean", "scale")}}
    own, other = norm(gradient), norm(noise)
    direction = jax.tree.map(lambda a, b: a / own + b / other, gradient, noise)
    step = 1e-4
    moved = [jax.tree.map(lambda a, b, s=sign: np.float32(a + s * step * b), start, direction) for sign in (1, -1)]
    plus, minus = (float(loss(each)[0][0]) for each in moved)
    expected = sum(np.vdot(a, b) for a, b in zip(*map(jax.tree.leaves, (gradient, direction)), strict=True))
    assert (plus - minus) / (2 * step) == pytest.approx(expected, rel=0.03)


@pytest.mark.slow
def test_a_step_against_the_gradient_lowers_the_loss(loss, parameters):
    (before, _), gradient = jax.tree.map(np.asarray, loss(parameters))
    size = sum(np.sum(leaf**2) for leaf in jax.tree.leaves(gradient))
    lower = jax.tree.map(lambda a, b: np.float32(a - 1e-3 * before / size * b), parameters, gradient)
    assert loss(lower)[0][0] < before


@jax.jit
def losses_of(networks, image, content, style, identity):
    """Compute the losses of an image as of a stylized one."""
    codes = jax.tree.map(lambda each: each[None], style.code)
    inputs = prepare(networks.features, content[None], codes, jax.random.key(0), whole(content))
    inputs = jax.tree.map(lambda each: each[0], inputs)
    return pair_losses(networks.losses, image, content, style, inputs, identity), inputs


@pytest.mark.slow
def test_a_picture_in_its_own_style_has_no_loss_but_its_variation_and_grid(one_padding, styles, contents, monkeypatch):
    """Its own samples are found again, so that the composite is the picture, and the features are its own."""
    # Else the statistics around a sample are averages with those of similar ones, and the composite has more chroma.
    monkeypatch.setattr(local_loss, "SIMILARITY", 0.01)
    monkeypatch.setattr(samples, "CHROMA_GAIN", 1.0)
    losses_with_it = jax.jit(losses_of.__wrapped__)
    image, networks = contents[0], one_padding
    own = jax.jit(style_of)(networks, image)
    same, _ = losses_with_it(networks, image, image, own, 1.0)
    for term in ("content", "style", "half", "quarter", "match", "layout", "identity", "palette", "local"):
        assert float(getattr(same, term)) == pytest.approx(0, abs=1e-6), term
    gray = image.mean(-1, keepdims=True)
    variation = total_variation(gray + RECIPE.tv_color**0.5 * (image - gray))
    grid = fast_objective.GRID_WEIGHT * float(same.grid)
    assert float(same.total) == pytest.approx(RECIPE.tv_weight * float(variation) + grid, rel=1e-3, abs=1e-4)
    other, of_other = losses_with_it(networks, image, image, jax.tree.map(lambda each: each[0], styles), 1.0)
    assert float(other.style) > 0.01
    assert float(other.half) > 0.01
    assert float(other.quarter) > 0.01
    assert float(other.match) > 0.01
    assert float(other.palette) > 0.01
    assert float(other.local) > 0.01
    blurred = fast_objective.blurred
    difference = jnp.abs(blurred(reduced(image, STRIDE)) - blurred(of_other[STRIDE].composite)).mean()
    assert float(other.layout) == pytest.approx(float(difference), rel=1e-4)
    assert float(other.layout) > 0.01
    changed, _ = losses_with_it(networks, contents[1], image, own, 1.0)
    assert float(changed.content) > 0.01
    assert float(changed.match) > 0.01
    assert float(changed.layout) > 0.01
    assert float(changed.identity) == pytest.approx(float(jnp.abs(contents[1] - image).mean()), rel=1e-5)
    without, _ = losses_with_it(networks, contents[1], image, own, 0.0)
    difference = fast_objective.IDENTITY_WEIGHT * float(changed.identity)
    assert float(changed.total - without.total) == pytest.approx(difference, rel=1e-3)


@pytest.mark.slow
def test_the_total_is_the_weighted_sum_of_the_terms(one_padding, styles, contents):
    """Of an image within the range; the robust terms are those of the errors of each layer."""
    style, networks = jax.tree.map(lambda each: each[0], styles), one_padding
    losses, inputs = losses_of(networks, contents[1], contents[0], style, 1.0)

    @jax.jit
    def again(networks, image, style, inputs):
        own = style_terms.style_terms(networks.losses(image, style_terms.LAYERS), style.grams)
        total = fast_objective.STYLE_SHARE * style_terms.robust(own)
        for factor, weight in fast_objective.REDUCED_WEIGHTS.items():
            activations = networks.losses(reduced(image, factor), style_terms.LAYERS)
            total += weight * style_terms.robust(style_terms.style_terms(activations, style.reduced[factor]))
        activations = networks.losses(image, (*MATCHED.values(),))
        errors = [
            jnp.mean((activations[layer] - inputs[stride].matched) ** 2) / jnp.mean(inputs[stride].matched ** 2)
            for stride, layer in MATCHED.items()
        ]
        gray = image.mean(-1, keepdims=True)
        return total + RECIPE.tv_weight * total_variation(gray + RECIPE.tv_color**0.5 * (image - gray)), sum(errors) / 2

    rest, match = again(networks, contents[1], style, inputs)
    assert float(losses.match) == pytest.approx(float(match), rel=1e-4)
    weighted = (
        (fast_objective.CONTENT_WEIGHT, losses.content),
        (fast_objective.MATCH_WEIGHT, losses.match),
        (fast_objective.LAYOUT_WEIGHT, losses.layout),
        (fast_objective.IDENTITY_WEIGHT, losses.identity),
        (fast_objective.GRID_WEIGHT, losses.grid),
        (fast_objective.PALETTE_WEIGHT, losses.palette),
        (fast_objective.LOCAL_WEIGHT, losses.local),
    )
    expected = float(rest) + sum(weight * float(term) for weight, term in weighted)
    assert float(losses.total) == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_values_out_of_range_cost(one_padding, styles, contents):
    """Twice as far outside costs more, though the network of the losses may not care."""
    style = jax.tree.map(lambda each: each[0], styles)
    white = jnp.ones_like(contents[0])
    totals = [float(losses_of(one_padding, white + over, contents[0], style, 0.0)[0].total) for over in (0.0, 2.0, 4.0)]
    assert totals[0] < totals[1] < totals[2]


@pytest.mark.slow
def test_mixtures_of_styles_end_at_the_styles(styles):
    one, other = (jax.tree.map(lambda each, i=i: each[i], styles) for i in (0, 1))
    mix = jax.jit(mixed)

    def without_samples(style: Style) -> Style:
        return style._replace(code=style.code.statistics, local={})

    for part, expected in ((0.0, one), (1.0, other)):
        made = mix(one, other, part)
        jax.tree.map(np.testing.assert_array_equal, without_samples(made), without_samples(expected))
        np.testing.assert_array_equal(made.code.samples.shares, [[1 - part, part]])
        np.testing.assert_array_equal(made.code.samples.keys[:, int(part)], expected.code.samples.keys[:, 0])
        taken = jax.tree.map(lambda each, style=int(part): each[style], made.local)
        jax.tree.map(np.testing.assert_array_equal, taken, jax.tree.map(lambda each: each[0], expected.local))
    there, back = mix(one, other, 0.25), mix(other, one, 0.75)
    back = back._replace(
        code=back.code._replace(samples=jax.tree.map(lambda each: each[:, ::-1], back.code.samples)),
        local=jax.tree.map(lambda each: each[::-1], back.local),
    )
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), there, back)


@pytest.mark.slow
def test_weights_of_layers_sum_to_1_and_averages_are_theirs():
    shares = style_terms.shares()
    assert sum(shares.values()) == pytest.approx(1)
    assert tuple(shares) == RECIPE.style_layers
    assert float(style_terms.average(dict.fromkeys(shares, jnp.asarray(0.3)))) == pytest.approx(0.3)
    name = RECIPE.style_layers[1]
    alone = {each: jnp.asarray(float(each == name)) for each in shares}
    assert float(style_terms.average(alone)) == pytest.approx(shares[name])


@pytest.mark.slow
def test_the_robust_term_is_the_weighted_one_for_small_errors_and_less_for_large_ones():
    def robust(error: float) -> float:
        return float(style_terms.robust(dict.fromkeys(style_terms.shares(), jnp.asarray(error))))

    assert robust(0.0) == 0
    slope = [robust(error) / error for error in (1e-5, 1e-4, 1e-2, 1.0)]
    assert all(earlier >= later * (1 - 1e-3) for earlier, later in itertools.pairwise(slope))
    assert robust(0.5) < robust(1.0)


@pytest.mark.slow
def test_reducing_averages_squares():
    image = np.random.default_rng(0).random((8, 12, 3)).astype(np.float32)
    for factor in (2, 4):
        small = np.asarray(reduced(jnp.asarray(image), factor))
        assert small.shape == (8 // factor, 12 // factor, 3)
        np.testing.assert_allclose(
            small[1, 2], image[factor : 2 * factor, 2 * factor : 3 * factor].mean((0, 1)), rtol=1e-5
        )


@pytest.mark.slow
def test_the_objective_is_that_of_the_recipe_without_hubers_loss(one_padding, styles, contents):
    losses, _ = losses_of(one_padding, contents[1], contents[0], jax.tree.map(lambda each: each[0], styles), 0.0)
    gray = contents[1].mean(-1, keepdims=True)
    variation = total_variation(gray + RECIPE.tv_color**0.5 * (contents[1] - gray))
    expected = RECIPE.content_weight * losses.content + RECIPE.style_weight * losses.style
    assert float(losses.objective) == pytest.approx(float(expected + RECIPE.tv_weight * variation), rel=1e-5)
