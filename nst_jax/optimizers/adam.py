"""Adam as an optimizer of images."""

import dataclasses
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, Evaluation, Image, Optimizer, Scalar, State, Update
from nst_jax.optimizers.spectral import precondition
from nst_jax.recipes.types import Clipping

if TYPE_CHECKING:
    import optax


# The contrast, as in `Adam.relative`, below which an image counts as even, and the one that it is given instead: about
# that of most photographs. Of 97 photographs and 44 paintings at 128 pixels, the contrasts are 0.023 to 0.13.
LEAST_CONTRAST, USUAL_CONTRAST = 0.01, 0.05


class AdamState(NamedTuple):
    """The inner state of Adam.

    Attributes:
        moments: optax's state: the number of steps, and the moving averages of the gradient and of its square.
        average: the moving average of the images, without bias correction, (height, width, 3).
        missing: one minus the sum of the weights in `average`; the corrected average is average / (1 - missing).
        unit: the factor of the learning rate, see `Adam.relative`.
        step: the number of steps since the start of the scale or the last restart, see `Adam.anneal`.
    """

    moments: "optax.ScaleByAdamState"
    average: Image
    missing: Scalar
    unit: Scalar
    step: Int[Array, ""]


@dataclasses.dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980).

    Every finite evaluation is accepted. One that is not finite ends the run as DIVERGED and keeps the image before it.

    Attributes:
        learning_rate: the step length, in units of the pixel range, or with `relative` of the image's contrast.
        b1: decay of the moving average of the gradient.
        b2: decay of the moving average of the squared gradient.
        epsilon: the number added to the root of the mean squared gradient, of gradients with respect to pixels in the
            pixel range.
        epsilon_hat: whether epsilon is added before the bias correction, as in the last lines of the paper's section 2
            and in TensorFlow.
        pixel_range: the width of the pixel range in Adam's units, such as 255; the images here are in [0, 1].
        clipping: "end": the optimizer does not clip; otherwise pixels are clipped to [0, 1] after each step.
        decay: the decay of the moving average of images that is the result (Kingma & Ba 2015, section 7.2); with 0 the
            result is the last image.
        carry: whether the moments are resized and carried over to the next scale.
        exponent: how much more strongly coarse structure is changed than fine structure: the exponent of
            `spectral.precondition`, applied to gradients and updates. With 0, Adam moves all frequencies at the same
            rate and fills the image with fine grain.
        opponent: whether colors are changed less than luminance, in axes of opponent colors (see
            `spectral.precondition`).
        floor: the absolute loss below which the run has converged. Adam divides the gradient by its own magnitude, so
            it would amplify mere rounding errors to noise.
        anneal: the number of steps over which the learning rate falls to zero along a cosine (Loshchilov & Hutter 2017,
            arXiv:1608.03983, eq. 5, without restarts); 0 keeps it constant.
        relative: whether the learning rate is in units of the contrast of the first image, which is the mean over the
            channels of the standard deviation of the image after the inverse of `spectral.precondition`. A step that
            draws a stroke in a high-contrast image would cover a low-contrast one with noise. For an image without
            contrast, such as an even gray, it is USUAL_CONTRAST; otherwise, nothing would ever change.
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
    def _transform(self) -> Any:
        # Imported when an optimization begins: what only compiles or reads pictures need not wait for it.
        import optax

        return optax.scale_by_adam(self.b1, self.b2, self.epsilon)

    def init(self, image: Image) -> AdamState:
        """Start with both moments at zero."""
        return self._initial_state(self._transform.init(image), image)

    def update(self, state: State, evaluation: Evaluation) -> Update:
        """Take one step of Adam from the trial."""
        inner: AdamState = state.inner_state
        finite = jnp.isfinite(evaluation.loss) & jnp.isfinite(evaluation.gradient).all()
        gradient = precondition(evaluation.gradient / self.pixel_range, self.exponent, opponent=self.opponent)
        # Optax raises a number to the power of a count of steps, which the strict promotion of dtypes refuses.
        with jax.numpy_dtype_promotion("standard"):
            update, moments = self._transform.update(gradient, inner.moments, state.trial)
        if self.epsilon_hat:
            count = moments.count.astype(state.trial.dtype)
            square = jnp.sqrt(1 - self.b2**count) / (1 - self.b1**count)
            update = square * moments.mu / (jnp.sqrt(moments.nu) + self.epsilon)
        rate = self.learning_rate * inner.unit
        if self.anneal:
            progress = inner.step.astype(rate.dtype) / self.anneal
            rate *= (1 + jnp.cos(jnp.pi * jnp.minimum(progress, 1))) / 2
        trial = state.trial - rate * precondition(update, self.exponent, opponent=self.opponent) / self.pixel_range
        trial = trial if self.clipping == "end" else jnp.clip(trial, 0, 1)
        average = self.decay * inner.average + (1 - self.decay) * trial
        return Update(
            finite,
            trial,
            jnp.where(finite, jnp.where(jnp.abs(evaluation.loss) < self.floor, CONVERGED, RUNNING), DIVERGED),
            AdamState(moments, average, self.decay * inner.missing, inner.unit, inner.step + 1),
        )

    def iterate(self, state: State) -> Image:
        """Return the bias-corrected average of the images so far, or without averaging the last accepted image."""
        if not self.decay:
            return state.image
        average = state.inner_state.average / (1 - state.inner_state.missing)
        # After an evaluation that is not finite, neither is the average.
        return jnp.where(jnp.isfinite(average).all(), average, state.image)

    def restart(self, state: State) -> State:
        """Start the annealing of the learning rate anew and keep the moments."""
        step = jnp.zeros_like(state.inner_state.step)
        return state._replace(inner_state=state.inner_state._replace(step=step))

    def resize_state(self, inner_state: AdamState, image: Image) -> AdamState:
        """Resize the moments to the next scale if `carry` is set, else reset them; the average starts anew."""
        if not self.carry:
            return self.init(image)
        mean = jax.image.resize(inner_state.moments.mu, image.shape, "cubic", antialias=False)
        square = jax.image.resize(inner_state.moments.nu, image.shape, "linear", antialias=False)
        return self._initial_state(inner_state.moments._replace(mu=mean, nu=jnp.maximum(square, 0)), image)

    def _initial_state(self, moments: Any, image: Image) -> AdamState:
        missing, unit = jnp.asarray(self.decay, image.dtype), jnp.ones((), image.dtype)
        if self.relative:
            # Without opponent axes, because the automatic learning rate was chosen in these units.
            unit = jnp.mean(jnp.std(precondition(image, self.exponent, inverse=True), (0, 1)))
            unit = jnp.where(unit < LEAST_CONTRAST, USUAL_CONTRAST, unit)
        return AdamState(moments, (1 - self.decay) * image, missing, unit, jnp.zeros((), jnp.int32))
