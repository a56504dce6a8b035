"""Color spaces that files name without an ICC profile, and their conversion to sRGB.

PNG files name them by the chunks cICP, gAMA and cHRM (PNG specification, third edition, 11.3.2), AVIF and HEIF files by
code points (ITU-T H.273).
"""

import dataclasses
import struct
import warnings
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from nst_jax.images.kinds import Stream
from nst_jax.images.picture import PictureWarning

# x and y of white, red, green and blue (CIE 1931).
Chromaticities = tuple[float, float, float, float, float, float, float, float]
Matrix = Float[np.ndarray, "3 3"]
Values = Float[np.ndarray, "*_"]

D65, C, DCI = (0.3127, 0.329), (0.31, 0.316), (0.314, 0.351)
SRGB: Chromaticities = (*D65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
# ITU-T H.273, table 2.
PRIMARIES: dict[int, Chromaticities] = {
    1: SRGB,
    4: (*C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    8: (*C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046),
    11: (*DCI, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    22: (*D65, 0.63, 0.34, 0.295, 0.605, 0.155, 0.077),
}
# ITU-T H.273, table 3: the exponents that turn values into light. The curves of BT.601, BT.709 and BT.2020 (1, 6, 14,
# 15) describe cameras; pictures that are tagged with them are displayed like sRGB by common viewers.
EXPONENTS: dict[int, float | Literal["sRGB"]] = {
    1: "sRGB", 4: 2.2, 5: 2.8, 6: "sRGB", 8: 1.0, 13: "sRGB", 14: "sRGB", 15: "sRGB",
}  # fmt: skip
UNSPECIFIED = 2
# The gAMA that PNG files of sRGB have is 0.45455; chromaticities are stored with a few digits.
SRGB_GAMMA = (0.45, 0.46)
SAME_CHROMATICITY = 0.003
PLAUSIBLE_GAMMA = (0.1, 10.0)
# The cone responses of the Bradford transform, which adapts colors to another white.
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
# A file's color box is in its first kilobytes; the pixels follow.
_HEADER_BYTES = 1 << 16


@dataclasses.dataclass(frozen=True)
class ColorSpace:
    """A color space.

    Attributes:
        exponent: the exponent that turns values into light, or "sRGB" for the curve of sRGB.
        chromaticities: of white and the primaries.
    """

    exponent: float | Literal["sRGB"] = "sRGB"
    chromaticities: Chromaticities = SRGB

    def to_srgb(self, values: Values) -> Values:
        """Convert colors to sRGB; what sRGB cannot show is clipped.

        Args:
            values: (..., 3) in [0, 1].
        """
        if self == ColorSpace():
            return values
        light = _srgb_light(values) if self.exponent == "sRGB" else np.asarray(values, np.float64) ** self.exponent
        if self.chromaticities != SRGB:
            light = light @ _conversion(self.chromaticities).T
        light = np.clip(light, 0, 1)
        curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        return np.clip(curve, 0, 1).astype(np.float32)


def space_of_png(info: Mapping[Any, Any], name: str) -> ColorSpace:
    """Return the color space that gAMA and cHRM of a PNG file name.

    Args:
        info: what Pillow read from the file: "gamma", "chromaticity", "srgb".
        name: the file's name for warnings.

    Returns:
        The color space; that of sRGB if the file names none, or one that is impossible, with a warning.
    """
    if "srgb" in info:
        return ColorSpace()
    gamma, chromaticities = info.get("gamma"), info.get("chromaticity", SRGB)
    exponent: float | Literal["sRGB"] = "sRGB"
    if gamma is not None and not PLAUSIBLE_GAMMA[0] <= gamma <= PLAUSIBLE_GAMMA[1]:
        _warn(f"The gamma {gamma:g} in {name} is impossible; its colors are taken as sRGB.")
        return ColorSpace()
    if gamma is not None and not SRGB_GAMMA[0] <= gamma <= SRGB_GAMMA[1]:
        exponent = 1 / gamma
    if np.abs(np.subtract(chromaticities, SRGB)).max() <= SAME_CHROMATICITY:
        chromaticities = SRGB
    elif not _are_possible(chromaticities):
        _warn(f"The primary colors in {name} are impossible; they are taken as those of sRGB.")
        chromaticities = SRGB
    return ColorSpace(exponent, chromaticities)


def space_of_code_points(codes: tuple[int, int, int] | None, name: str) -> ColorSpace | None:
    """Return the color space that code points of ITU-T H.273 name.

    Args:
        codes: primaries, transfer function and 1 for the full range, 0 for the narrow range of video; None without.
        name: the file's name for warnings.

    Returns:
        The color space; None if nothing is specified, or for what cannot be converted, with a warning.
    """
    if codes is None or codes[:2] == (UNSPECIFIED, UNSPECIFIED):
        return None
    primaries, transfer, full_range = codes
    chromaticities = PRIMARIES.get(1 if primaries == UNSPECIFIED else primaries)
    exponent = EXPONENTS.get(13 if transfer == UNSPECIFIED else transfer)
    if chromaticities is None or exponent is None or not full_range:
        kind = {16: "HDR with the curve PQ", 18: "HDR with the curve HLG"}.get(transfer, f"the code points {codes}")
        _warn(f"The color space of {name}, {kind}, cannot be converted; its colors are taken as sRGB.")
        return None
    return ColorSpace(exponent, chromaticities)


def png_code_points(stream: Stream) -> tuple[int, int, int] | None:
    """Return the code points in the chunk cICP of a PNG file, which has precedence over all others; None without."""
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"cICP" and length == 4 and len(data := stream.read(4)) == 4:
            primaries, transfer, matrix, full_range = data
            # Values are RGB in a PNG file, so the matrix must be 0.
            return primaries, transfer, full_range if matrix == 0 else 0
        if kind in (b"IDAT", b"IEND"):
            break
        stream.seek(length + 4, 1)
    return None


def heif_code_points(stream: Stream) -> tuple[int, int, int] | None:
    """Return the code points in the color box of an AVIF or HEIF file (ISO/IEC 14496-12, 12.1.5); None without."""
    stream.seek(0)
    _, found, rest = stream.read(_HEADER_BYTES).partition(b"colrnclx")
    if not found or len(rest) < 4:
        return None
    primaries, transfer = struct.unpack(">HH", rest[:4])
    # The decoder has already converted from the narrow range, which belongs to luma and chroma here.
    return primaries, transfer, 1


def _srgb_light(values: Values) -> Values:
    values = np.asarray(values, np.float64)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _conversion(chromaticities: Chromaticities) -> Matrix:
    """Return the matrix from linear light with these primaries to that of sRGB."""
    source, target = _to_xyz(chromaticities), _to_xyz(SRGB)
    cones = [_BRADFORD @ matrix.sum(1) for matrix in (source, target)]
    adaptation = np.linalg.inv(_BRADFORD) @ np.diag(cones[1] / cones[0]) @ _BRADFORD
    return np.linalg.inv(target) @ adaptation @ source


def _to_xyz(chromaticities: Chromaticities) -> Matrix:
    """Return the matrix from linear RGB to XYZ, in which white has a luminance of 1."""
    x, y = np.reshape(chromaticities, (4, 2)).T
    white, *primaries = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    matrix = np.stack(primaries, axis=1)
    return matrix * np.linalg.solve(matrix, white)


def _are_possible(chromaticities: Chromaticities) -> bool:
    x, y = np.reshape(chromaticities, (4, 2)).T
    white, red, green, blue = np.stack([x, y], axis=1)
    # White must lie within the triangle of the primaries, whose corners must not be on one line.
    corners = np.stack([red, green, blue], axis=1)
    system = np.vstack([corners, np.ones(3)])
    if (y <= 0).any() or abs(np.linalg.det(system)) < 1e-4:
        return False
    return bool((np.linalg.solve(system, [*white, 1]) > 0).all())


def _warn(message: str) -> None:
    warnings.warn(message, PictureWarning, stacklevel=4)
