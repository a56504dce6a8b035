"""Entry point of the command line: dispatches commands and turns every way to end into an exit code."""

import sys
import warnings

from nst_jax import process
from nst_jax.cli.arguments import Command, parse
from nst_jax.cli.events import Events
from nst_jax.errors import InputError, print_error


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name; None takes them from `sys.argv`.

    Returns:
        The exit code: 0 for success, 1 if some images of a folder failed, 2 for errors that the user can correct, 130
        after Ctrl-C.
    """
    warnings.showwarning = _show_warning
    try:
        # A program that calls this function with arguments of its own must not be restarted (for huge pages).
        return _run(parse(arguments), may_restart=arguments is None)
    except InputError as error:
        return print_error(error)
    except KeyboardInterrupt:
        print("Stopped before there was a picture.", file=sys.stderr)
        return 130


def _run(command: Command, may_restart: bool) -> int:
    if command.list_recipes:
        from nst_jax.cli.recipe_table import print_recipes

        print_recipes()
        return 0
    process.configure(may_restart=may_restart)
    from nst_jax.cli.inputs import find_inputs, is_folder

    inputs, events = find_inputs(command), Events(command.json_lines)
    one_style = command.recipe.blends or command.regions.content_mask
    several_styles = not one_style and (len(inputs.styles) > 1 or any(map(is_folder, inputs.styles)))
    if several_styles or len(inputs.contents) > 1 or is_folder(inputs.contents[0]):
        from nst_jax.cli.folder import run_folder

        return run_folder(command, inputs, events)
    from nst_jax.cli.picture import run_picture

    return run_picture(command, inputs, events)


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"warning: {message}", file=sys.stderr)
