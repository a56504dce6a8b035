"""Runs of an optimizer on plain functions of a picture, for the tests."""

import jax
import jax.numpy as jnp

from nst_jax.objective.objective import Terms
from nst_jax.optimizers.base import Evaluation, initial_state, take_step


def evaluation_of(function):
    """An evaluation of a plain function; all of it is called style."""

    def at(x):
        loss, gradient = jax.value_and_grad(function)(x)
        return Evaluation(loss, Terms(jnp.zeros_like(loss), loss, jnp.zeros_like(loss)), gradient)

    return at


def run(function, start, optimizer, ticks):
    """The states after each tick."""
    evaluation = evaluation_of(function)
    step = jax.jit(lambda state: take_step(state, evaluation(state.trial), optimizer))
    states = [initial_state(start, optimizer, evaluation(start).aux)]
    for _ in range(ticks):
        states.append(step(states[-1]))
    return states[1:]
