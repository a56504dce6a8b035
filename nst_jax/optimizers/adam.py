"""Adam as an optimizer of images."""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, Evaluation, Image, Optimizer, Scalar, State, Update
from nst_jax.optimizers.spectral import precondition
from nst_jax.recipes.types import Clipping


class AdamState(NamedTuple):
    """What Adam remembers.

    Attributes:
        moments: optax's: the count of steps, and the means of the gradient and of its square.
        average: of the images after each step, not yet corrected for its start at zero.
        missing: the weight that it lacks for that.
        unit: what the learning rate is multiplied with.
    """

    moments: optax.ScaleByAdamState
    average: Image
    missing: Scalar
    unit: Scalar


@dataclasses.dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980).

    Every finite evaluation is accepted; one that is not ends the run as DIVERGED, with the image before it kept.

    Attributes:
        learning_rate: in units of the pixel range.
        b1: decay of the mean of the gradient.
        b2: decay of the mean of its square.
        epsilon: in units of gradients on the pixel range.
        epsilon_hat: whether it is added before the bias is corrected, as in the paper's section 2, last lines, and in
            TensorFlow.
        pixel_range: what it takes 1 of our pixels for.
        clipping: "end": not at all; else each step is clipped to the range of pixels.
        decay: of the moving average of images that is shown (ibid., section 7.2); 0 shows the last one.
        carry: whether the moments go over, enlarged, to the next size.
        exponent: what `spectrum.reshaped` is given for the images that it works on: by itself (0) Adam moves all
            frequencies alike, and fills the image with fine grain.
        opponent: the same.
        floor: a loss with which there is nothing left to do. Adam divides the gradient by its own size, so that it
            would make noise of what is only rounding.
        anneal: over how many steps the learning rate falls to zero by a cosine (Loshchilov & Hutter 2017,
            arXiv:1608.03983, eq. 5, without restarts); 0 keeps it.
        relative: whether the learning rate is in units of the contrast of the image that it starts with: the standard
            deviation of the channels of what it works on, the image with its spectrum reshaped. A step that lays a
            stroke in a image of strong contrasts would cover a misty one with noise.
    """

    learning_rate: float = 0.02
    b1: float = 0.9
    b2: float = 0.99
    epsilon: float = 1e-8
    epsilon_hat: bool = False
    pixel_range: float = 1.0
    clipping: Clipping = "step"
    decay: float = 0.0
    carry: bool = False
    exponent: float = 0.0
    opponent: bool = False
    floor: float = 0.0
    anneal: int = 0
    relative: bool = False

    @property
    def _transform(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(self.b1, self.b2, self.epsilon)

    def init(self, image: Image) -> AdamState:
        """Both moments at zero."""
        return self._begun(self._transform.init(image), image)

    def update(self, state: State, evaluation: Evaluation) -> Update:
        """One step of Adam from the trial."""
        inner: AdamState = state.inner_state
        finite = jnp.isfinite(evaluation.loss) & jnp.isfinite(evaluation.gradient).all()
        gradient = precondition(evaluation.gradient / self.pixel_range, self.exponent, opponent=self.opponent)
        update, moments = self._transform.update(gradient, inner.moments, state.trial)
        assert isinstance(moments, optax.ScaleByAdamState)
        if self.epsilon_hat:
            count = moments.count.astype(state.trial.dtype)
            square = jnp.sqrt(1 - self.b2**count) / (1 - self.b1**count)
            update = square * moments.mu / (jnp.sqrt(moments.nu) + self.epsilon)
        rate = self.learning_rate * inner.unit
        if self.anneal:
            done = inner.moments.count.astype(rate.dtype) / self.anneal
            rate *= (1 + jnp.cos(jnp.pi * jnp.minimum(done, 1))) / 2
        trial = state.trial - rate * precondition(update, self.exponent, opponent=self.opponent) / self.pixel_range
        trial = trial if self.clipping == "end" else jnp.clip(trial, 0, 1)
        average = self.decay * inner.average + (1 - self.decay) * trial
        return Update(
            finite,
            trial,
            jnp.where(finite, jnp.where(jnp.abs(evaluation.loss) < self.floor, CONVERGED, RUNNING), DIVERGED),
            AdamState(moments, average, self.decay * inner.missing, inner.unit),
        )

    def iterate(self, state: State) -> Image:
        """The average of the images so far, or the last one that was evaluated."""
        if not self.decay:
            return state.image
        average = state.inner_state.average / (1 - state.inner_state.missing)
        # After what is not finite, the average is not either.
        return jnp.where(jnp.isfinite(average).all(), average, state.image)

    def resize_state(self, inner_state: AdamState, image: Image) -> AdamState:
        """The moments, enlarged, if they are to be carried; the average begins anew."""
        if not self.carry:
            return self.init(image)
        mean = jax.image.resize(inner_state.moments.mu, image.shape, "cubic", antialias=False)
        square = jax.image.resize(inner_state.moments.nu, image.shape, "linear", antialias=False)
        return self._begun(inner_state.moments._replace(mu=mean, nu=jnp.maximum(square, 0)), image)

    def _begun(self, moments: optax.OptState, image: Image) -> AdamState:
        assert isinstance(moments, optax.ScaleByAdamState)
        missing, unit = jnp.asarray(self.decay, image.dtype), jnp.ones((), image.dtype)
        if self.relative:
            unit = jnp.mean(jnp.std(precondition(image, self.exponent, inverse=True), (0, 1)))
        return AdamState(moments, (1 - self.decay) * image, missing, unit)
