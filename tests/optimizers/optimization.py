"""Runs of an optimizer on plain functions of an image."""

import jax
import jax.numpy as jnp

from nst_jax.objective.objective import Terms
from nst_jax.optimizers.base import Evaluation, initial_state, take_step


def evaluation_of(function, *parameters):
    """Return the evaluation of a function of an image and parameters; all of its value is called style."""

    def at(x):
        loss, gradient = jax.value_and_grad(function)(x, *parameters)
        return Evaluation(loss, Terms(jnp.zeros_like(loss), loss, jnp.zeros_like(loss)), gradient)

    return at


@jax.jit(static_argnames=("function", "optimizer"))
def _step(state, parameters, function, optimizer):
    return take_step(state, evaluation_of(function, *parameters)(state.trial), optimizer)


def run(function, start, optimizer, steps, *parameters):
    """Return the states after each step.

    Arrays among the parameters of a function, unlike those in its closure, need no new compilation.
    """
    aux_like = jax.eval_shape(evaluation_of(function, *parameters), start).aux
    states = [initial_state(start, optimizer, aux_like)]
    for _ in range(steps):
        states.append(_step(states[-1], parameters, function, optimizer))
    return states[1:]


def distance(x, target):
    """Return the squared distance of two images."""
    return jnp.sum((x - target) ** 2)


def cliff(x):
    """Fall to the right, where beyond 0.7 the value is not a number."""
    return jnp.sum(jnp.where(x > 0.7, jnp.nan, -x))
