"""Programs whose machine code is kept on disk, so that a new process need not even trace them.

jax's own compilation cache saves the compilation, but a process still has to trace and lower each program to find it
there, which takes a second for a network and its gradient. Here a program is found by a hash of its name, the shapes of
its arguments, its static arguments, the versions and settings of jax, the processor, and the source code of this
package. Only programs that call a library such as LAPACK are still lowered.
"""

import contextlib
import functools
import hashlib
import math
import os
import pickle
import threading
import uuid
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import jax
import jaxlib.version

from nst_jax.objective.compiler_options import compiler_options, setting
from nst_jax.objective.program_files import source_hash, store
from nst_jax.objective.programs import make_forgettable
from nst_jax.process import processor_hash

FOLDER = "programs"
# Settings of jax that change the machine code.
CONFIGURATION = ("jax_enable_x64", "jax_disable_most_optimizations", "jax_default_matmul_precision")
# The errors by which jax and pickle refuse to serialize a program.
NOT_SERIALIZABLE = (
    AttributeError, TypeError, ValueError, NotImplementedError, pickle.PickleError, jax.errors.JaxRuntimeError,
)  # fmt: skip
# How a lowered program calls a function of a library.
LIBRARY_CALL = "custom_call"
# jax's setting by which it keeps only programs that took at least so long to compile.
MIN_SECONDS = "persistent_cache_min_compile_time_secs"


def stored_program(
    static: tuple[str, ...] = (), donate: tuple[int, ...] = ()
) -> Callable[[Callable[..., Any]], "StoredProgram"]:
    """Return a decorator that compiles a function as `programs.program` does, and keeps its machine code on disk.

    The code is kept in the folder of jax's compilation cache; of this package, only the command-line tools set one.
    Without such a folder, with several devices, without jit, or while an outer function is traced, the function behaves
    as a `program`; unless it is traced, it is compiled with `compiler_options` too.

    Args:
        static: names of arguments that are part of the program, given by keyword, with hashable values that differ
            if and only if their `repr` does. The same holds for static fields of the other arguments' pytrees.
        donate: positions of the arguments whose buffers the program may overwrite, even those that it never reads.
    """

    def decorate(function: Callable[..., Any]) -> StoredProgram:
        stored = StoredProgram(function, static, donate)
        make_forgettable(stored)
        functools.update_wrapper(stored, function)
        return stored

    return decorate


class StoredProgram:
    """A function with a compiled program for each shape of its arguments, in memory or on disk."""

    def __init__(self, function: Callable[..., Any], static: tuple[str, ...], donate: tuple[int, ...]):
        self._function, self._static, self._donate = function, static, donate
        self._options: dict[str, Any] = {"donate_argnums": donate, "keep_unused": True} if donate else {}
        self._options["static_argnames"] = static
        self._jitted: dict[Hashable, jax.stages.Wrapped] = {}
        self._loaded: dict[Hashable, tuple[Any, Any]] = {}
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call the function; see `stored_program`."""
        leaves = jax.tree.leaves(arguments)
        if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
            # jax accepts options of the compiler only where no outer function is traced.
            return self._compiled({})(*arguments, **options)
        if not keeps_programs():
            return self._compiled(compiler_options())(*arguments, **options)
        executable, output = self._program(arguments, options)
        return jax.tree.unflatten(output, executable(*leaves))

    def prepare(self, *arguments: Any, **options: Any) -> None:
        """Load or compile the program for such arguments, for a later call, which waits until this is done.

        It may be called in another thread; where no program is kept (see `keeps_programs`) it does nothing.

        Args:
            arguments: as for a call; each array may be a `jax.ShapeDtypeStruct`.
            options: as for a call.
        """
        if keeps_programs():
            self._program(arguments, options)

    def lower(self, *arguments: Any, **options: Any) -> jax.stages.Lowered:
        """Trace and lower the function, as the method of the same name of what `jax.jit` returns."""
        return self._compiled(compiler_options()).lower(*arguments, **options)

    def clear_cache(self) -> None:
        """Forget the programs in memory; one that is being made stays, and may be made twice."""
        self._loaded.clear()
        self._making.clear()
        for each in list(self._jitted.values()):
            each.clear_cache()  # type: ignore[attr-defined]
        self._jitted.clear()

    def count(self) -> int:
        """Return the number of compiled programs in memory."""
        sizes = (int(each._cache_size()) for each in list(self._jitted.values()))  # type: ignore[attr-defined]
        return len(self._loaded) + sum(sizes)

    def _compiled(self, chosen: dict[str, Any]) -> jax.stages.Wrapped:
        """Return the function as `jax.jit` compiles it with options of the compiler."""
        key = tuple(chosen.items())
        jitted = self._jitted.get(key)
        if jitted is None:
            jitted = self._jitted[key] = jax.jit(self._function, compiler_options=chosen or None, **self._options)
        return jitted

    def _program(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any]:
        """Return the program for such arguments and the structure of its outputs.

        If several threads ask for one, one of them makes it, and the others wait.
        """
        assert set(options) <= set(self._static)
        leaves, structure = jax.tree.flatten(arguments)
        key = (structure, tuple(map(_kind, leaves)), tuple(sorted(options.items())), _settings())
        found = self._loaded.get(key)
        if found is not None:
            return found
        with self._lock:
            one_at_a_time = self._making.setdefault(key, threading.Lock())
        with one_at_a_time:
            found = self._loaded.get(key)
            if found is None:
                path = Path(setting("jax_compilation_cache_dir")) / FOLDER / self._name(key)
                found = self._load(path, arguments, options) or self._compile(path, arguments, options)
                self._loaded[key] = found
        return found

    def _name(self, key: tuple[Hashable, ...]) -> str:
        structure, *parts = key
        device = jax.devices()[0]
        # Processors of one kind for jax may lack each other's instructions, and a folder may serve several machines.
        machine = device.platform, device.device_kind, processor_hash() if device.platform == "cpu" else ""
        versions = jax.__version__, jaxlib.version.__version__, os.environ.get("XLA_FLAGS"), source_hash()
        name = self._function.__module__, self._function.__qualname__
        text = repr((name, str(structure), parts, machine, versions))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _load(self, path: Path, arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any] | None:
        """Load a program and the structure of its outputs; None if it is not there or cannot be read."""
        from jax.experimental.serialize_executable import deserialize_and_load

        try:
            serialized, numbered, calls = pickle.loads(path.read_bytes())
            if calls:
                # jax finds the functions of a library such as LAPACK when it lowers a call of them, and not before.
                # To run a program that calls what has not been found would crash the process.
                self._lower(arguments, options)
            executable = deserialize_and_load(*serialized)
        except Exception:
            # Whatever is wrong with a file of the cache, the program is compiled again and the file replaced.
            return None
        # Used now, so that it is not among the oldest; the folder may be another user's, or just have been tidied.
        with contextlib.suppress(OSError):
            os.utime(path)
        return executable, jax.tree.structure(numbered)

    def _compile(self, path: Path, arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, Any]:
        from jax.experimental.serialize_executable import serialize

        lowered, output = self._lower(arguments, options)
        with _nothing_cached():
            executable = lowered.compile(compiler_options=compiler_options() or None)
        # Numbers in the place of the outputs, because structures of named tuples cannot be pickled themselves.
        numbered = jax.tree.unflatten(output, range(output.num_leaves))
        calls = LIBRARY_CALL in lowered.as_text()
        # What cannot be serialized, such as a program that calls back into Python, lasts as long as the process.
        with contextlib.suppress(*NOT_SERIALIZABLE):
            store(path, pickle.dumps((serialize(executable), numbered, calls)))
        return executable, output

    def _lower(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[jax.stages.Lowered, Any]:
        """Return the lowered function of the flattened arguments, and the structure of its outputs."""
        leaves, structure = jax.tree.flatten(arguments)
        outputs: list[Any] = []

        def flat(*leaves: Any) -> list[Any]:
            result = self._function(*jax.tree.unflatten(structure, leaves), **options)
            parts, output = jax.tree.flatten(result)
            outputs.append(output)
            return parts

        # A name of its own, so that jax's cache does not have the program: what was loaded from there cannot be
        # serialized once more (jax 0.10: its functions are not found when it runs).
        flat.__name__ = f"{self._function.__name__}_{uuid.uuid4().hex}"
        counts = [len(jax.tree.leaves(argument)) for argument in arguments]
        donated = [n for i in self._donate for n in range(sum(counts[:i]), sum(counts[: i + 1]))]
        lowered = jax.jit(flat, donate_argnums=donated, keep_unused=bool(donated)).lower(*leaves)
        return lowered, outputs[0]


def keeps_programs() -> bool:
    """Return whether machine code is kept: jax has a folder for its cache and a single device, and jit is enabled."""
    has_folder = bool(setting("jax_compilation_cache_dir"))
    return has_folder and len(jax.devices()) == 1 and not setting("jax_disable_jit")


def _kind(leaf: Any) -> tuple[Hashable, ...]:
    """Return shape, dtype and whether the dtype is weak, of an array, of its `jax.ShapeDtypeStruct` or of a number."""
    if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct):
        return leaf.shape, leaf.dtype.name, leaf.weak_type
    return jax.numpy.shape(leaf), str(jax.numpy.result_type(leaf)), isinstance(leaf, int | float | complex)


def _nothing_cached() -> contextlib.AbstractContextManager[None]:
    """Keep jax's own cache from storing what this thread compiles in this context, since it would never be found there.

    jax has settings of a single thread in a private module alone. A version that has them elsewhere stores what is
    compiled here as well.
    """
    try:
        from jax._src import config

        context: contextlib.AbstractContextManager[None] = getattr(config, MIN_SECONDS)(math.inf)
    except (ImportError, AttributeError):
        return contextlib.nullcontext()
    return context


def _settings() -> tuple[Hashable, ...]:
    return tuple(setting(name) for name in CONFIGURATION)
