"""Adam as an optimiser of pictures."""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from nst_jax.losses.content import Scalar
from nst_jax.objective.objective import Picture
from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, Evaluation, Optimizer, Proposal, State
from nst_jax.optimizers.spectral import precondition
from nst_jax.recipes.types import Clipping


class Memory(NamedTuple):
    """What Adam remembers.

    Attributes:
        moments: optax's: the count of steps, and the means of the gradient and of its square.
        average: of the pictures after each step, not yet corrected for its start at zero.
        missing: the weight that it lacks for that.
        unit: what the learning rate is multiplied with.
    """

    moments: optax.ScaleByAdamState
    average: Picture
    missing: Scalar
    unit: Scalar


@dataclasses.dataclass(frozen=True)
class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, arXiv:1412.6980).

    Every finite evaluation is accepted; one that is not ends the run as DIVERGED, with the picture before it kept.

    Attributes:
        learning_rate: in units of the pixel range.
        b1: decay of the mean of the gradient.
        b2: decay of the mean of its square.
        epsilon: in units of gradients on the pixel range.
        epsilon_hat: whether it is added before the bias is corrected, as in the paper's section 2, last lines, and in
            TensorFlow.
        pixel_range: what it takes 1 of our pixels for.
        clipping: "end": not at all; else each step is clipped to the range of pixels.
        decay: of the moving average of pictures that is shown (ibid., section 7.2); 0 shows the last one.
        carry: whether the moments go over, enlarged, to the next size.
        exponent: what `spectrum.reshaped` is given for the pictures that it works on: by itself (0) Adam moves all
            frequencies alike, and fills the picture with fine grain.
        opponent: the same.
        floor: a loss with which there is nothing left to do. Adam divides the gradient by its own size, so that it
            would make noise of what is only rounding.
        anneal: over how many steps the learning rate falls to zero by a cosine (Loshchilov & Hutter 2017,
            arXiv:1608.03983, eq. 5, without restarts); 0 keeps it.
        relative: whether the learning rate is in units of the contrast of the picture that it starts with: the standard
            deviation of the channels of what it works on, the picture with its spectrum reshaped. A step that lays a
            stroke in a picture of strong contrasts would cover a misty one with noise.
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

    def start(self, picture: Picture) -> Memory:
        """Both moments at zero."""
        return self._begun(self._transform.init(picture), picture)

    def propose(self, state: State, evaluation: Evaluation) -> Proposal:
        """One step of Adam from the trial."""
        memory: Memory = state.memory
        finite = jnp.isfinite(evaluation.loss) & jnp.isfinite(evaluation.gradient).all()
        gradient = precondition(evaluation.gradient / self.pixel_range, self.exponent, opponent=self.opponent)
        update, moments = self._transform.update(gradient, memory.moments, state.trial)
        assert isinstance(moments, optax.ScaleByAdamState)
        if self.epsilon_hat:
            count = moments.count.astype(state.trial.dtype)
            square = jnp.sqrt(1 - self.b2**count) / (1 - self.b1**count)
            update = square * moments.mu / (jnp.sqrt(moments.nu) + self.epsilon)
        rate = self.learning_rate * memory.unit
        if self.anneal:
            done = memory.moments.count.astype(rate.dtype) / self.anneal
            rate *= (1 + jnp.cos(jnp.pi * jnp.minimum(done, 1))) / 2
        trial = state.trial - rate * precondition(update, self.exponent, opponent=self.opponent) / self.pixel_range
        trial = trial if self.clipping == "end" else jnp.clip(trial, 0, 1)
        average = self.decay * memory.average + (1 - self.decay) * trial
        return Proposal(
            finite,
            trial,
            jnp.where(finite, jnp.where(jnp.abs(evaluation.loss) < self.floor, CONVERGED, RUNNING), DIVERGED),
            Memory(moments, average, self.decay * memory.missing, memory.unit),
        )

    def shown(self, state: State) -> Picture:
        """The average of the pictures so far, or the last one that was evaluated."""
        if not self.decay:
            return state.picture
        average = state.memory.average / (1 - state.memory.missing)
        # After what is not finite, the average is not either.
        return jnp.where(jnp.isfinite(average).all(), average, state.picture)

    def carried(self, memory: Memory, picture: Picture) -> Memory:
        """The moments, enlarged, if they are to be carried; the average begins anew."""
        if not self.carry:
            return self.start(picture)
        mean = jax.image.resize(memory.moments.mu, picture.shape, "cubic", antialias=False)
        square = jax.image.resize(memory.moments.nu, picture.shape, "linear", antialias=False)
        return self._begun(memory.moments._replace(mu=mean, nu=jnp.maximum(square, 0)), picture)

    def _begun(self, moments: optax.OptState, picture: Picture) -> Memory:
        assert isinstance(moments, optax.ScaleByAdamState)
        missing, unit = jnp.asarray(self.decay, picture.dtype), jnp.ones((), picture.dtype)
        if self.relative:
            unit = jnp.mean(jnp.std(precondition(picture, self.exponent, inverse=True), (0, 1)))
        return Memory(moments, (1 - self.decay) * picture, missing, unit)
