"""What a user who chose no network should know of the one that was chosen."""

from nst_jax.backend import has_accelerator
from nst_jax.recipe import Recipe

# Evaluations per second of the embedded network over those of the full one: `scripts/benchmark.py cost`, two cores.
FULL_WIDTH_SLOWDOWN = 5


def network_note(recipe: Recipe) -> str:
    """A line, or nothing where the user chose, or the best network was taken."""
    if recipe.network != "auto" or has_accelerator():
        return ""
    return (
        "On this CPU the small embedded network paints; --network vgg19 takes the full one, "
        f"which is about {FULL_WIDTH_SLOWDOWN} times slower here."
    )
