"""Compiled programs, handed on from worker to worker by way of the output."""

import contextlib
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nst_jax.cluster.run_settings import STATE
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.storage_faults import storage_errors
from nst_jax.cluster.transfers import DOWNLOADERS
from nst_jax.files import atomic_write
from nst_jax.objective.stored_programs import FOLDER
from nst_jax.process import PROGRAM, note_of_use, processor_hash


class CompiledPrograms:
    """The programs that workers with the same device and versions share.

    Args:
        output: the output.
        folder: jax's cache of this machine, in which `stored_programs` keeps others; None shares nothing.
        device: the kind of device and the versions that the programs are for.
    """

    def __init__(self, output: Storage, folder: Path | None, device: str):
        self._output, self._folder = output, folder
        self._place = f"{STATE}/compiled/{re.sub(r'[^a-zA-Z0-9]+', '-', device)}"
        self._shared: set[str] = set()
        self._began = time.time()

    def fetch(self) -> int:
        """Copy the programs that this machine lacks into its cache, and return their number."""
        if self._folder is None:
            return 0
        names = [entry.key.removeprefix(f"{self._place}/") for entry in self._output.files(self._place)]
        self._shared.update(names)
        missing = [name for name in names if not (self._folder / name).exists()]
        with ThreadPoolExecutor(DOWNLOADERS) as pool:
            # Reading the results raises what went wrong.
            list(pool.map(self._copy, missing))
        return len(missing)

    def _copy(self, name: str) -> None:
        """Copy a program into the cache of this machine."""
        assert self._folder
        data = self._output.read(f"{self._place}/{name}")
        path = self._folder / name
        with storage_errors(str(self._folder)):
            path.parent.mkdir(exist_ok=True)
            if name.endswith(PROGRAM):
                # jax takes a program without the time of its last use for one that is incomplete.
                with atomic_write(note_of_use(path)) as temporary:
                    temporary.write_bytes(time.time_ns().to_bytes(8, "little"))
            with atomic_write(path) as temporary:
                temporary.write_bytes(data)

    def publish(self) -> None:
        """Copy the programs that this worker has used, and nobody has shared yet, into the output."""
        if self._folder is None:
            return
        uses = {path: note_of_use(path) for path in self._folder.glob(f"*{PROGRAM}")}
        # The time of such a file is that of its last use.
        uses |= {path: path for path in (self._folder / FOLDER).glob("*")}
        for path, used in uses.items():
            name = path.relative_to(self._folder).as_posix()
            # Another process may delete programs when there are too many.
            with contextlib.suppress(FileNotFoundError):
                if name not in self._shared and used.stat().st_mtime >= self._began:
                    self._output.write(f"{self._place}/{name}", path.read_bytes())
                    self._shared.add(name)


def programs_of_worker(output: Storage) -> CompiledPrograms:
    """Return the programs to share by a worker whose jax is configured already."""
    import jax
    from jaxlib.version import __version__ as jaxlib_version

    folder = jax.config.values.get("jax_compilation_cache_dir")
    kind = jax.devices()[0].device_kind
    text = f"{kind}-{jax.__version__}-{jaxlib_version}"
    if jax.default_backend() == "cpu":
        text += f"-{processor_hash()}"
    return CompiledPrograms(output, Path(folder) if folder else None, text)
