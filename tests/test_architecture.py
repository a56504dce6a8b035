"""The rules of the code's layout, read from the imports of its files."""

import ast
import functools
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nst_jax"
# Each floor may import from the floors above it, and packages of one floor know nothing of each other.
FLOORS = (
    {"errors"},
    {"files", "devices"},
    {"huge_pages", "process", "recipes"},
    {"images", "networks", "losses", "optimizers"},
    {"objective"},
    {"fast", "grading"},
    {"engine", "training"},
    {"api", "batch"},
    {"studio", "cluster"},
    {"cli"},
    {"__main__"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# Modules of one floor that may import each other nevertheless: none today.
MAX_LINES = 250
USERS_OF_THE_FACE = {
    "nst_jax.cli.compare",
    "nst_jax.cli.main",
    "nst_jax.studio.painting",
    "nst_jax.studio.routes_state",
}
# What the studio needs of us. Its painter uses the public face like any other program and the face of the grade, its
# picture worker reads, shrinks and writes pictures; all else knows only plain data.
STUDIO_NEEDS = {"errors", "files", "process", "devices", "recipes"}
STUDIO_ALSO_NEEDS = {
    "nst_jax.studio.painting": {None, "grading"},
    "nst_jax.studio.routes_state": {None},
    "nst_jax.studio.picture_worker": {"images"},
}
# Third-party packages that only one package may import.
OWNERS = {
    "PIL": "images",
    "tifffile": "images",
    "png": "images",
    "h5py": "networks",
    "pooch": "networks",
    "flax": "networks",
    "fsspec": "cluster",
    "pyarrow": "cluster",
    "ray": "cluster",
}
FILES = sorted(PACKAGE.rglob("*.py"))
ALL = [*FILES, *sorted((ROOT / "scripts").glob("*.py")), *sorted((ROOT / "benchmarks").glob("*.py"))]


def name_of(path: Path) -> str:
    """The dotted name of a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path) for path in FILES}


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """The modules that a file imports, at any depth; names of packages are resolved to the modules they come from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            assert node.module is not None
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in names}
    return frozenset(found)


def room(module: str) -> str | None:
    """The package or root module that a module belongs to; None for the face `nst_jax` and for what is not ours."""
    parts = module.split(".")
    return parts[1] if parts[0] == "nst_jax" and len(parts) > 1 else None


ARROWS = {(name_of(path), module) for path in FILES for module in imports(path) if module.startswith("nst_jax")}


def test_every_module_has_its_floor():
    assert {room(module) for module in MODULES if room(module)} == set(FLOOR_OF)


def test_at_most_six_modules_at_the_root():
    files = [path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")]
    assert len(files) <= 6, files


def test_packages_import_downward_only():
    upward = {
        (source, target)
        for source, target in ARROWS
        if room(source) and room(target) != room(source)
        and not (room(target) and FLOOR_OF[room(target)] < FLOOR_OF[room(source)])
        # The face names everything, for type checkers alone.
        and source != "nst_jax"
    }  # fmt: skip
    # The API's `from nst_jax import images` is the package, not the face.
    assert not {(source, target) for source, target in upward if target != "nst_jax"}
    assert {source for source, target in upward if target == "nst_jax"} <= USERS_OF_THE_FACE


def test_there_is_no_circle():
    graph = defaultdict(set)
    for source, target in ARROWS:
        if source != "nst_jax" and target != "nst_jax":
            graph[source].add(target)
    done, path = set(), []

    def visit(module: str) -> None:
        assert module not in path, f"circle: {' -> '.join([*path[path.index(module) :], module])}"
        if module in done:
            return
        path.append(module)
        for target in sorted(graph[module]):
            # A package's own face is imported from outside of it only.
            if not module.startswith(f"{target}."):
                visit(target)
        done.add(path.pop())

    for module in sorted(graph):
        visit(module)


def test_losses_and_optimizers_stand_on_plain_data():
    for path in FILES:
        if room(name_of(path)) in ("losses", "optimizers") and path.stem != "build":
            ours = {module for module in imports(path) if room(module) not in (None, room(name_of(path)))}
            assert ours <= {"nst_jax.recipes.types"}, path


@pytest.mark.parametrize(("library", "owner"), OWNERS.items())
def test_a_library_has_one_owner(library, owner):
    users = {room(name_of(path)) for path in FILES if any(name.split(".")[0] == library for name in imports(path))}
    assert users <= {owner, *EXCEPTIONS.get(library, ())}, users


# The result of a run shows itself as a Pillow image; a contact sheet is drawn by `images`. The training of the fast
# network draws strokes and tiles.
EXCEPTIONS = {"PIL": {"engine", "training"}}


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_files_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


WRITERS = {"write_text", "write_bytes", "savez", "save_file", "touch", "copyfile"}


def is_write(call: ast.Call) -> bool:
    """Whether a call writes a file: by its name, or as an opening with a mode for writing."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [
        each.value
        for each in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(each, ast.Constant)
    ]
    opens = name in ("open", "File") and any(
        isinstance(word, str) and set(word) & set("wax+") and len(word) < 4 for word in words
    )
    return name in WRITERS or opens


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_written_within_the_file_layer_only(path):
    """So that each is whole or not there, and a fault is handled in one place."""
    if path == PACKAGE / "files.py":
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and any("atomic_write" in ast.unparse(item.context_expr) for item in node.items)
        for inner in ast.walk(node)
    }
    writes = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and is_write(node)]
    bad = [ast.unparse(node) for node in writes if id(node) not in guarded and "os.devnull" not in ast.unparse(node)]
    assert not bad


def test_no_message_names_a_script_that_a_wheel_does_not_have():
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
        messages = [node.value for node in constants if isinstance(node.value, str)]
        assert not [text for text in messages if "scripts/" in text], path


def test_no_module_is_named_for_being_useful():
    assert not {path.stem for path in ALL} & {"utils", "util", "helpers", "common", "misc"}


def test_the_studio_is_a_guest():
    needed = defaultdict(set)
    for source, target in ARROWS:
        if room(source) == "studio" and room(target) != "studio":
            needed[source].add(room(target))
    assert needed
    for source, rooms in needed.items():
        assert rooms <= STUDIO_NEEDS | STUDIO_ALSO_NEEDS.get(source, set()), source
    assert not {source for source, target in ARROWS if room(target) == "studio" and room(source) != "studio"} - {
        "nst_jax.cli.studio"
    }


@pytest.mark.parametrize(
    "statement",
    [
        "import nst_jax.recipes.published",
        "from nst_jax.cli.arguments import parse",
        "from nst_jax.studio.app import make_app; from nst_jax.studio.server import serve",
    ],
)
def test_settings_arguments_and_server_import_neither_numpy_nor_jax(statement):
    code = f"{statement}\nimport sys\nassert not {{'numpy', 'jax', 'PIL'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
