"""Contact sheet of a run: the contents at the left, the styles at the top, the results between them."""

from collections.abc import Sequence
from pathlib import Path

from nst_jax import images
from nst_jax.batch.listing import Content
from nst_jax.errors import InputError
from nst_jax.images.contact_sheet import Cell, sheet
from nst_jax.images.writing import check_dimensions, save

# Long side of a picture on the sheet in pixels, if no more than SIDE // TILE are side by side.
TILE = 256
# The longest side of the sheet in pixels.
SIDE = 16_000


def write_sheet(path: Path, contents: Sequence[Content], styles: Sequence[Path], results: list[list[Path]]) -> None:
    """Write the contact sheet; results that do not exist, since they failed, leave their cell empty.

    Args:
        path: the file.
        contents: the contents, one for each row.
        styles: the styles; one for each column, or several that are mixed in one column.
        results: for each column, the files of the results.

    Raises:
        InputError: when the file cannot be written.
    """
    columns = len(results)
    tile = min(TILE, SIDE // (max(columns, len(contents)) + 1) - 32)
    if tile < 16:
        raise InputError(f"A sheet of {len(contents)} x {columns} pictures is too large; leave --sheet out.")
    top: list[Cell | None] = [None]
    top += [_cell(style, tile, style.stem) for style in styles] if len(styles) == columns else [None] * columns
    rows = [top] if any(top) else []
    for index, content in enumerate(contents):
        rows.append([_cell(content.path, tile, content.path.stem), *(_cell(each[index], tile) for each in results)])
    rows = [row for row in rows if any(row)]
    image = sheet(rows, tile)
    check_dimensions(path, *image.shape[:2])
    save(path, image)


def _cell(path: Path, tile: int, label: str = "") -> Cell | None:
    """Return an image in the size of the sheet, so that no more than one image is in memory at its full size."""
    try:
        return Cell(images.shrink(images.read(path).rgb, tile), label)
    except InputError:
        return None
