"""Entry points of the commands: they dispatch, and turn every way to end into an exit code.

Everything that takes time to import is imported by the functions, when signals are held back or handled already.
"""

import os

from nst_jax.cli.signals import StopRequests, hold

# As in the module `typing`, whose import would let signals wait.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from nst_jax.cli.events import Events


def main(arguments: list[str] | None = None) -> int:
    """Run the command line `nst-jax`.

    Args:
        arguments: the words after the program's name; None takes them from `sys.argv`.

    Returns:
        The exit code: 0 for success, 1 if some images of a folder failed, 2 for errors that the user can correct, 128
        plus the number of a signal that stopped the run, such as 130 after Ctrl-C.
    """
    hold()
    from nst_jax.cli.program import run_program

    return run_program(lambda stop: _run(arguments, stop), may_be_own=arguments is None)


def compare() -> int:
    """Run the command `nst-jax-compare`, and return its exit code."""
    hold()

    def work() -> None:
        from nst_jax.cli.compare import main

        main()

    from nst_jax.cli.program import run_script

    return run_script(work)


def convert() -> int:
    """Run the command `nst-jax-convert`, and return its exit code."""
    hold()

    def work() -> None:
        from nst_jax.cli.convert_weights import main

        main()

    from nst_jax.cli.program import run_script

    return run_script(work)


def _run(arguments: list[str] | None, stop: StopRequests) -> int:
    import sys

    from nst_jax.cli.events import Events

    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["studio"]:
        from nst_jax.cli.studio import is_studio, run_studio

        if is_studio(words):
            # The server handles signals itself, and ends in its own way.
            stop.must_save()
            return run_studio(words[1:])
    with Events("--json" in words).closing(stop) as events:
        code = _dispatch(words, events, stop)
        events.end(code)
        return code


def _dispatch(words: list[str], events: "Events", stop: StopRequests) -> int:
    from nst_jax import process

    with process.no_collection():
        from nst_jax.cli.arguments import parse
        from nst_jax.cli.cluster_options import check_paths, cluster_step

    if cluster_step(words):
        from nst_jax.cli.cluster import run_step

        return run_step(words, events, stop)
    with process.no_collection():
        command = parse(words)
    if command.version:
        import nst_jax

        print(f"nst-jax {nst_jax.__version__}")
        return 0
    if command.list_recipes:
        from nst_jax.cli.recipe_table import print_recipes

        print_recipes()
        return 0
    if command.machines.is_used:
        from nst_jax.cli.cluster import run_cluster

        return run_cluster(command, events, stop)
    check_paths((*command.pictures, *command.styles, command.output))
    from nst_jax.cli.inputs import find_inputs
    from nst_jax.devices import current_platform

    stop.check()
    process.configure()
    current_platform()  # raises InputError where jax has no device
    stop.check()
    inputs = find_inputs(command)
    one_style = command.recipe.blends or command.regions.content_mask
    several_styles = not one_style and (len(inputs.styles) > 1 or any(map(os.path.isdir, inputs.styles)))
    if several_styles or len(inputs.contents) > 1 or os.path.isdir(inputs.contents[0]):
        from nst_jax.cli.folder import run_folder

        return run_folder(command, inputs, events, stop)
    from nst_jax.cli.picture import run_picture

    return run_picture(command, inputs, events, stop)
