"""The settings of all pictures of an output, kept beside them so that workers need nothing else."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nst_jax import images
from nst_jax.batch.jobs import style_folder_names
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.storage_faults import room_here, storage_errors
from nst_jax.engine.provenance import describe_difference
from nst_jax.errors import InputError
from nst_jax.images.picture import Picture
from nst_jax.networks.weights.of_recipe import AnyWeights, load_weights
from nst_jax.recipes.memory import MEMORY_SETTINGS
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.types import MAGENTA_PREFIX

# The folder of an output for all that is no picture; names that begin with an underscore are no inputs of other tools.
STATE = "_nst"
KEY = f"{STATE}/settings.json"
# What decides how a picture is computed, and not what it looks like.
FREE = ("batch_size", "memory")
NAMED_NETWORKS = ("auto", "vgg19", "embedded", "vgg19-torchvision", "random")
NAMED_STARTS = ("content", "noise", "grey", "style", "fast")


@dataclasses.dataclass(frozen=True)
class CopiedFile:
    """A file that a run needs, and that was copied into the output.

    Attributes:
        name: its name, which results mention.
        key: where the copy is.
        sha256: the hash of its bytes.
    """

    name: str
    key: str
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunSettings:
    """All that decides what the pictures of an output look like.

    Attributes:
        recipe: the settings of a picture.
        styles: groups of style files; the pictures of one group are mixed, and each group has its folder.
        folders: the folder of each group within the output; empty for the output itself.
        network: the file of the network; None if the recipe names a network.
        format: the suffix of results without its dot.
        bit_depth: bits of each color channel.
        dpi: resolution to note; 0 copies the content's.
        batch_size: the most pictures of a batch; 0 for as many as fit.
    """

    recipe: Recipe
    styles: tuple[tuple[CopiedFile, ...], ...]
    folders: tuple[str, ...]
    network: CopiedFile | None = None
    format: str = "png"
    bit_depth: int = 8
    dpi: int = 0
    batch_size: int = 0

    def as_plain(self) -> dict[str, Any]:
        """Return the settings as JSON has them; those that change no picture are apart."""
        facts = dataclasses.asdict(self)
        memory = {name: facts["recipe"].pop(name) for name in MEMORY_SETTINGS}
        return json.loads(json.dumps(facts | {"memory": memory}))

    @classmethod
    def read(cls, output: Storage) -> "RunSettings":
        """Read the settings of an output.

        Raises:
            InputError: when it has none, or they are damaged.
        """
        facts = read_json(output, KEY)
        if facts is None:
            raise no_plan(output)
        try:
            recipe = facts.pop("recipe") | facts.pop("memory")
            lists: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in recipe.items()
            }
            styles = tuple(tuple(CopiedFile(**each) for each in group) for group in facts.pop("styles"))
            network = facts.pop("network")
            folders = tuple(facts.pop("folders"))
            return cls(
                recipe=Recipe(**lists),
                styles=styles,
                folders=folders,
                network=CopiedFile(**network) if network else None,
                **facts,
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(
                f"{output.describe(KEY)} is damaged or of another version; choose another output."
            ) from error

    def read_styles(self, output: Storage, group: int) -> list[Picture]:
        """Read the style pictures of a group, under the names that they had."""
        files = self.styles[group]
        with storage_errors(output.address, "read"):
            return [dataclasses.replace(images.read(output.read(file.key)), name=file.name) for file in files]

    def load_weights(self, output: Storage, folder: Path) -> AnyWeights:
        """Load the network.

        Args:
            output: the output.
            folder: where a copied file of a network is put.

        Raises:
            InputError: when it cannot be loaded.
        """
        if self.network is None:
            return load_weights(self.recipe)
        path = folder / self.network.name
        with storage_errors(output.describe(self.network.key), "read"), room_here():
            output.download(self.network.key, path)
        prefix = MAGENTA_PREFIX if self.recipe.network.startswith(MAGENTA_PREFIX) else ""
        return load_weights(dataclasses.replace(self.recipe, network=f"{prefix}{path}"))


def no_plan(output: Storage) -> InputError:
    """Return the error of an output without settings or a plan."""
    return InputError(f"{output.address} has no plan yet; make one by `nst-jax cluster plan`.")


def check_output(output: Storage) -> None:
    """Check that an output can be read, and written to if it is a new one.

    Raises:
        InputError: when it cannot.
    """
    if read_json(output, KEY) is None:
        output.check_writable()


def claim(output: Storage, settings: RunSettings) -> None:
    """Note the settings in an output, or check that it was begun with the same.

    Settings that change no picture, such as the batch size, may be other ones, and are noted anew.

    Raises:
        InputError: when the output belongs to other settings.
    """
    found = read_json(output, KEY)
    wanted = settings.as_plain()
    if found == wanted:
        return
    if found is not None:
        before, now = ({name: value for name, value in each.items() if name not in FREE} for each in (found, wanted))
        if before != now:
            raise InputError(
                f"{output.address} holds pictures made with {describe_difference(before, now)}; choose another output "
                "with -o, or the same settings to go on."
            )
    output.write(KEY, json.dumps(wanted, indent=1).encode())


def copy_styles(
    output: Storage, addresses: Sequence[str], blends: bool
) -> tuple[tuple[tuple[CopiedFile, ...], ...], tuple[str, ...]]:
    """Copy style pictures into an output.

    Args:
        output: the output.
        addresses: paths or addresses of the files.
        blends: whether all of them are mixed into one style.

    Returns:
        The groups of styles, and the folder of each.

    Raises:
        InputError: when one cannot be read, or two have one name.
    """
    files = []
    for address in addresses:
        name, data = _read_file(address)
        images.read(data)  # raises InputError for what is no picture
        files.append(_copy(output, f"{STATE}/styles", name, data))
    folders = [""] if blends else style_folder_names([file.name for file in files])
    groups = (tuple(files),) if blends else tuple((file,) for file in files)
    return groups, tuple(folders)


def copy_network(output: Storage, recipe: Recipe) -> CopiedFile | None:
    """Copy the file of a recipe's network into an output, so that workers on other machines have it.

    Raises:
        InputError: when the recipe needs another file of this machine, or the network cannot be read.
    """
    if recipe.init not in NAMED_STARTS:
        raise InputError("A cluster cannot start from a picture of this machine; give another --init than a file.")
    name = recipe.network.removeprefix(MAGENTA_PREFIX)
    if name in NAMED_NETWORKS:
        return None
    load_weights(recipe)  # raises InputError for a file with the wrong content
    name, data = _read_file(name)
    return _copy(output, f"{STATE}/network", name, data)


def read_json(output: Storage, key: str) -> Any:
    """Read a file of state; None if it does not exist.

    Raises:
        InputError: when it is damaged.
    """
    try:
        return json.loads(output.read(key))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(f"{output.describe(key)} is damaged; choose another output, or delete its {STATE}.") from error


def _read_file(address: str) -> tuple[str, bytes]:
    storage = Storage(address)
    name = storage.root.rpartition("/")[2]
    with storage_errors(storage.address, "read"):
        try:
            return name, storage.read("")
        except FileNotFoundError as error:
            raise InputError(f"There is no file {storage.address}; check the path.") from error


def _copy(output: Storage, folder: str, name: str, data: bytes) -> CopiedFile:
    sha256 = hashlib.sha256(data).hexdigest()
    # Under its hash, so that the copy of another run that was killed is never taken for this file.
    file = CopiedFile(name, f"{folder}/{sha256[:12]}/{name}", sha256)
    if output.info(file.key) is None:
        output.write(file.key, data)
    return file
