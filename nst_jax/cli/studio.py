"""The command `nst-jax studio`: its options, and a sentence where its packages are missing."""

import dataclasses
import importlib.util
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nst_jax.errors import InputError

NEEDED = ("starlette", "uvicorn")
INSTALL = "pip install 'nst-jax[studio]'"


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudioCommand:
    """Open the studio: a page in the browser to choose pictures, watch them being made, and keep them.

    It prints the address of the page. Ctrl-C ends it; unfinished pictures go on when it is started again.
    """

    host: Annotated[str, tyro.conf.arg(metavar="ADDRESS")] = "127.0.0.1"
    """The address to listen at. The default can be reached from this machine only.
    With another one, such as 0.0.0.0, the printed address has a token without which nobody gets in.
    The connection is not encrypted; over the internet, use a tunnel such as that of ssh."""

    port: int = 7860
    """The port to listen at; 0 takes a free one."""

    data: Annotated[str, tyro.conf.arg(metavar="FOLDER", help_behavior_hint="")] = ""
    """The folder for pictures, results and the queue; by default a folder of the user's data."""

    device: Literal["auto", "cpu", "cuda", "rocm", "tpu"] = "auto"
    """The device to compute on; auto takes the best that jax finds."""

    network: Annotated[str, tyro.conf.arg(metavar="NAME")] = "auto"
    """The network of pictures for which the page chooses none: a name, or the path of a weight file."""

    token: Annotated[str, tyro.conf.arg(metavar="TEXT", help_behavior_hint="")] = ""
    """Ask for this token; by default a random one if other machines can reach the address, and none otherwise."""

    no_token: tyro.conf.FlagCreatePairsOff[bool] = False
    """Ask for no token; an error where other machines can reach the address."""

    allow_host: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME", help_behavior_hint="")] = ()
    """Further names by which browsers may call the server, such as that of a proxy in front of it."""


def run_studio(words: list[str]) -> int:
    """Run the studio until a signal ends it.

    Args:
        words: the words of the command line after "studio".

    Returns:
        The exit code.

    Raises:
        InputError: for options that cannot be used, or packages that are missing.
    """
    command = tyro.cli(StudioCommand, prog="nst-jax studio", args=words)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        kind = "package" if len(missing) == 1 else "packages"
        raise InputError(f"The studio needs the {kind} {' and '.join(missing)}; run {INSTALL}.")
    if command.token and command.no_token:
        raise InputError("--token and --no-token contradict each other; give one of them.")
    if not 0 <= command.port <= 65535:
        raise InputError(f"The port must be between 0 and 65535, not {command.port}.")
    from nst_jax.files import expand_user
    from nst_jax.studio.folder import default_folder
    from nst_jax.studio.guard import is_loopback
    from nst_jax.studio.server import new_token, serve

    token = command.token or None
    if token is None and not command.no_token and not is_loopback(command.host):
        token = new_token()
    serve(
        expand_user(command.data) if command.data else default_folder(),
        host=command.host,
        port=command.port,
        token=token,
        allowed_hosts=command.allow_host,
        network=_network(command.network),
        device="" if command.device == "auto" else command.device,
    )
    return 0


def is_studio(words: list[str]) -> bool:
    """Return whether a command line asks for the studio, and not for a folder of that name."""
    return words[:1] == ["studio"] and (len(words) == 1 or words[1].startswith("-"))


def _network(name: str) -> str:
    """Return a network as it is named from any folder."""
    path = Path(name).expanduser()
    return str(path.absolute()) if path.suffix and path.is_file() else name
