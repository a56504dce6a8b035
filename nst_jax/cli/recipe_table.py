"""Table of the named recipes for the terminal."""

from rich.console import Console
from rich.table import Table

from nst_jax.recipes.published import RECIPES
from nst_jax.recipes.recipe import Recipe

# Width of the table in characters where the output is not a terminal.
FREE_WIDTH = 200
COLUMNS = ("recipe", "network", "size", "content", "style", "weights", "optimizer", "evaluations", "start", "source")


def print_recipes() -> None:
    """Print a table of all recipes to stdout."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=FREE_WIDTH)
    table = Table(*COLUMNS)
    table.columns[0].no_wrap = True
    table.columns[-1].overflow = "fold"
    for name, (recipe, source) in RECIPES.items():
        table.add_row(name, *_facts(recipe), source)
    console.print(table)


def _facts(recipe: Recipe) -> tuple[str, ...]:
    divisor = "" if recipe.gram_normalization == "none" else f" / {recipe.gram_normalization}"
    statistic = f"Gram{divisor}" if recipe.style_statistic == "gram" else recipe.style_statistic
    weights = f"{recipe.content_weight:g} : {recipe.style_weight:g}"
    weights += f", tv {recipe.tv_weight:g} {recipe.tv_norm}" if recipe.tv_weight else ""
    optimizer: str = recipe.optimizer
    if optimizer == "adam" and recipe.learning_rate:
        optimizer += f" {recipe.learning_rate:g}" + (f" of {recipe.pixel_range:g}" if recipe.pixel_range != 1 else "")
    evaluations = f"{recipe.main_steps}"
    if recipe.scales != 1:
        coarse = f"{recipe.coarse_steps}" if not recipe.first_steps else f"{recipe.first_steps}, {recipe.coarse_steps}"
        evaluations = f"{coarse} coarse, {evaluations} at full size"
    return (
        recipe.network,
        f"{recipe.size} {recipe.resize}",
        _layers(recipe.content_layers),
        f"{_layers(recipe.style_layers)}; {statistic}",
        weights + (", relative" if recipe.relative else ""),
        optimizer,
        evaluations,
        recipe.init,
    )


def _layers(names: tuple[str, ...]) -> str:
    """Format layer names: as "first ... last" if there are more than two that differ only in the block, from 1 on."""
    first, *_, last = (*names, *names)
    row = tuple(first.replace("1", str(block), 1) for block in range(1, len(names) + 1))
    return f"{first} ... {last}" if len(names) > 2 and row == names else " ".join(names)
