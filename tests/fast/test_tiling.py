"""Tiles: their windows, and the picture that they make."""

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.fast import network as network_module
from nst_jax.fast import samples, stylizer
from nst_jax.fast.decoder import decode, modulations
from nst_jax.fast.regions import position_weights, shares_of_regions, whole
from nst_jax.fast.style_code import TRANSPORT_LAYERS
from nst_jax.fast.tiling import ALIGNMENT, HALO, stylize_in_tiles, windows
from nst_jax.fast.transport import AffineMap
from tests.conftest import picture

# How far a pixel of the result sees in each direction, as the comment of HALO derives it.
REACH = 110


@hypothesis.given(st.integers(1, 60), st.integers(1, 500))
def test_windows_cover_every_pixel_once_with_the_halo_around(sixteenths, tile):
    length = ALIGNMENT * sixteenths
    found = windows(length, tile)
    assert [pixel for each in found for pixel in range(each.first, each.last)] == list(range(length))
    assert len({each.stop - each.start for each in found}) == 1
    for each in found:
        assert each.start % ALIGNMENT == 0
        assert each.start <= max(0, each.first - HALO)
        assert each.stop >= min(length, each.last + HALO)


@pytest.mark.slow
def test_what_is_in_no_region_hardly_counts_in_the_statistics(network, parameters):
    """As the padding of a content: only features near it see it, and change the statistics a little."""
    content, code = picture(5, 32, 176), _in_batch(stylizer.encode(network, picture(4, 64, 64)))

    def difference(planes):
        """How much pixels that are further away than the halo change if the padding is white instead of black."""
        made = []
        for value in (0, 1):
            content[:, 160:] = value
            settings = np.float32(1), np.uint32(0), planes
            made.append(np.asarray(stylizer.stylize(network, parameters, content[None], code, *settings)))
        return np.abs(made[0] - made[1])[:, :, : 160 - HALO].mean()

    everything, without = np.ones((2, 1, 32, 176), np.float32)
    without[:, :, 160:] = 0
    assert difference(without) < 0.3 * difference(everything)


@pytest.mark.slow
def test_a_pixel_sees_as_far_as_the_halo_and_no_further(network, parameters, monkeypatch, x64):
    """With statistics that are kept, pixels of the result change up to REACH beyond those of the content that do.

    Every change of a position, however small, lets it take over another sample here.
    """

    def by_chance(queries, keys):
        numbers = queries @ jnp.sqrt(jnp.arange(2.0, 2 + queries.shape[1]))
        return jax.lax.bitcast_convert_type(numbers, jnp.int64) % len(keys)

    monkeypatch.setattr(samples, "nearest", by_chance)
    precise, own = jax.tree.map(lambda each: jnp.asarray(each, jnp.float64), (network, parameters))
    style = jnp.asarray(picture(4, 64, 64), jnp.float64)
    code = network_module.style_code(precise, style, whole(style), 64)
    height, width = 32, 288
    shares = shares_of_regions(position_weights(jnp.ones((1, height, width))))
    noise = network_module.noise_maps(jax.random.key(0), (height, width))
    modulation = modulations(own, network_module.vectors_of(own, _in_batch(code)), shares)

    @jax.jit
    def made(content):
        activations = precise(content, TRANSPORT_LAYERS)
        maps = {
            layer: AffineMap(jnp.eye(each.shape[-1])[None], jnp.zeros((1, each.shape[-1])))
            for layer, each in activations.items()
        }
        inputs = network_module.decoder_inputs(activations, content, maps, code, noise, shares)
        return decode(own, _in_batch(inputs), modulation)[0]

    content, other = (picture(seed, height, width).astype(float) for seed in (3, 5))
    before, reach = np.asarray(made(content)), []
    for border in range(136, 136 + ALIGNMENT):
        for part in (np.s_[:, :border], np.s_[:, border:]):
            changed = content.copy()
            changed[part] = other[part]
            different = (np.asarray(made(changed)) != before).any((0, 2))
            assert different[part[1]].all()
            outside = different.copy()
            outside[part[1]] = False
            reach.append(outside.sum())
            # Without gaps, as the decoder mixes neighbors.
            assert outside.nonzero()[0].tolist() == sorted(
                range(border, border + reach[-1]) if part[1].start is None else range(border - reach[-1], border)
            )
    assert max(reach[::2]) == max(reach[1::2]) == REACH
    assert HALO == -(-REACH // ALIGNMENT) * ALIGNMENT


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "strength"), [((48, 352), 1.0), ((352, 48), 0.6)])
def test_tiles_make_the_whole_picture(network, parameters, shape, strength):
    """Of one row or one column of tiles, whose windows are shorter than the picture.

    A position takes over the nearest sample. Where two are almost equally near, the rounding of sums over tiles could
    exchange them, and pixels near that position would change visibly. There is no such position in these pictures: the
    differences of all pixels are far below what another sample would change.
    """
    content, style = picture(3, *shape), picture(4, 64, 64)
    axis = int(shape[1] > shape[0])
    first = np.broadcast_to((np.arange(352) < 130).reshape((1, -1) if axis else (-1, 1)), shape)
    content[~first] *= np.float32(0.4)
    planes = np.float32([first, ~first])
    assert windows(352, 64)[0].stop < 352
    codes = [stylizer.encode(network, image, np.ones((1, 64, 64), np.float32)) for image in (style, 1 - style)]
    code = stylizer.mix([_both(each) for each in codes], np.eye(2, dtype=np.float32))
    settings = np.float32(strength), np.uint32(0), planes
    batch = {"contents": content[None], "codes": _in_batch(code)}
    own = stylizer.content_statistics(network, content[None], planes) if strength < 1 else None
    whole = stylizer.stylize(network, parameters, *batch.values(), *settings, own)[0]
    tiles = stylize_in_tiles(network, parameters, content, code, strength, 0, planes, tile=64)
    # Sums over tiles are rounded differently, by 1e-6 here. A halo of 32 pixels would change some pixels by more than
    # 0.05, one of 64 by more than 1e-5; what is further away counts so little that only the test above sees it.
    np.testing.assert_allclose(tiles, whole, atol=1e-5)
    assert np.abs(tiles - content).mean() > 0.02


def _both(code):
    """Return a code for two regions."""
    return jax.tree.map(lambda each: np.repeat(each, 2, 0), code)


def _in_batch(code):
    return jax.tree.map(lambda each: each[None], code)
