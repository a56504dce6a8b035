"""Adam as an optimiser of pictures."""

import dataclasses
from typing import Any

import jax.numpy as jnp
import optax

from nst_jax.objective import Picture
from nst_jax.optimize import DIVERGED, RUNNING, Evaluation, Proposal, State


@dataclasses.dataclass(frozen=True)
class Adam:
    """Adam (Kingma & Ba 2015, arXiv:1412.6980) with each step clipped to the pixel range.

    Every finite evaluation is accepted; one that is not ends the run as DIVERGED, with the picture before it kept.
    """

    learning_rate: float = 0.02
    b1: float = 0.9
    b2: float = 0.99
    epsilon: float = 1e-8

    @property
    def _transform(self) -> optax.GradientTransformation:
        return optax.adam(self.learning_rate, self.b1, self.b2, self.epsilon)

    def start(self, picture: Picture) -> Any:
        """Both moments at zero."""
        return self._transform.init(picture)

    def propose(self, state: State, evaluation: Evaluation) -> Proposal:
        """One step of Adam from the trial, clipped."""
        finite = jnp.isfinite(evaluation.loss) & jnp.isfinite(evaluation.gradient).all()
        update, memory = self._transform.update(evaluation.gradient, state.memory, state.trial)
        trial = jnp.clip(state.trial + update, 0, 1)
        return Proposal(finite, trial, jnp.where(finite, RUNNING, DIVERGED), memory)
