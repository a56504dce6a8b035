"""Programs whose machine code is kept on disk, so that a new process need not even trace them.

jax's own compilation cache saves the compilation, but a process still has to trace and lower each program to find it
there, which takes a second for a network. Here a program is found by its name, the shapes of its arguments, the
versions and the source code of the package.
"""

import contextlib
import functools
import hashlib
import inspect
import os
import pickle
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax

from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.objective.programs import make_forgettable, program

FOLDER = "programs"
# The number of programs that are kept, of about two megabytes each; older ones are deleted.
MOST_FILES = 64
# Folders of the package whose source code is part of the key, since any change there may change the programs.
SOURCES = ("fast", "losses", "networks", "objective")
# Settings of jax that change the machine code.
CONFIGURATION = ("jax_enable_x64", "jax_disable_most_optimizations", "jax_default_matmul_precision")


def stored_program(static: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that compiles a function as `programs.program` does, and keeps its machine code on disk.

    It is kept in the folder of jax's compilation cache, which programs enable and libraries do not; without one, or
    with several devices, or while an outer function is traced, the function behaves as a `program`.

    Args:
        static: names of arguments that are part of the program, given by keyword, with values of plain data.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        compiled = program(static_argnames=static)(function)
        stored = _StoredProgram(function, compiled, static)
        make_forgettable(stored)
        return functools.wraps(function)(stored)

    return decorate


class _StoredProgram:
    """A function with a compiled program for each shape of its arguments, in memory or on disk."""

    def __init__(self, function: Callable[..., Any], compiled: Callable[..., Any], static: tuple[str, ...]):
        self._function, self._compiled, self._static = function, compiled, static
        self._loaded: dict[str, tuple[Any, Any]] = {}

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        leaves, structure = jax.tree.flatten(arguments)
        folder = _setting("jax_compilation_cache_dir")
        traced = any(isinstance(leaf, jax.core.Tracer) for leaf in leaves)
        if traced or folder is None or len(jax.devices()) > 1 or _setting("jax_disable_jit"):
            return self._compiled(*arguments, **options)
        assert set(options) <= set(self._static)
        key = self._key(leaves, structure, options)
        if key not in self._loaded:
            path = Path(folder) / FOLDER / key
            self._loaded[key] = _load(path) or self._compile(path, leaves, structure, options)
        executable, output = self._loaded[key]
        return jax.tree.unflatten(output, executable(*leaves))

    def clear_cache(self) -> None:
        """Forget the programs in memory."""
        self._loaded.clear()

    def _key(self, leaves: list[Any], structure: Any, options: dict[str, Any]) -> str:
        shapes = [(jax.numpy.shape(leaf), str(jax.numpy.result_type(leaf))) for leaf in leaves]
        device = jax.devices()[0]
        parts = (
            self._function.__qualname__,
            sorted(options.items()),
            str(structure),
            shapes,
            jax.__version__,
            os.environ.get("XLA_FLAGS"),
            [_setting(name) for name in CONFIGURATION],
            device.platform,
            device.device_kind,
            _source_hash(),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def _compile(self, path: Path, leaves: list[Any], structure: Any, options: dict[str, Any]) -> tuple[Any, Any]:
        from jax.experimental.serialize_executable import serialize

        # The structure of the outputs, known once the function has been traced.
        outputs: list[Any] = []

        def flat(*leaves: Any) -> list[Any]:
            result = self._function(*jax.tree.unflatten(structure, leaves), **options)
            parts, output = jax.tree.flatten(result)
            outputs.append(output)
            return parts

        # A name of its own, so that jax's cache does not have the program: what was loaded from there cannot be
        # serialized once more (jax 0.10: its functions are not found when it runs).
        flat.__name__ = f"stored_{uuid.uuid4().hex}"
        executable = jax.jit(flat).lower(*leaves).compile()
        # Numbers in the place of the outputs, because structures of named tuples cannot be pickled themselves.
        numbered = jax.tree.unflatten(outputs[0], range(outputs[0].num_leaves))
        _store(path, pickle.dumps((serialize(executable), numbered)))
        return executable, outputs[0]


def _load(path: Path) -> tuple[Any, Any] | None:
    """Load a program and the structure of its outputs; None if it is not there or cannot be read."""
    from jax.experimental.serialize_executable import deserialize_and_load

    try:
        serialized, numbered = pickle.loads(path.read_bytes())
        executable = deserialize_and_load(*serialized)
        os.utime(path)  # used now, so that it is not among the oldest
    except Exception:
        # Whatever is wrong with a file of the cache, the program is compiled again and the file replaced.
        return None
    return executable, jax.tree.structure(numbered)


def _store(path: Path, data: bytes) -> None:
    """Keep a program on disk, if it can be written, and delete the oldest beyond MOST_FILES."""
    # A cache that cannot be written costs time only; the program that enables it has warned the user already.
    with contextlib.suppress(OSError, InputError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as temporary:
            temporary.write_bytes(data)
        files = sorted(path.parent.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
        for old in files[MOST_FILES:]:
            old.unlink(missing_ok=True)


@functools.cache
def _source_hash() -> str:
    """Return a hash of the source code that programs are made of."""
    package = Path(inspect.getfile(_StoredProgram)).parents[1]
    digest = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((package / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _setting(name: str) -> Any:
    """Return a setting of jax, of either of its two kinds."""
    settings: Any = jax.config
    return getattr(settings, name) if hasattr(settings, name) else settings.read(name)
