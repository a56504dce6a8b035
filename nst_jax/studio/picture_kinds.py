"""The kinds of picture files that are accepted, recognized by their first bytes before anything is decoded.

Everything else is refused without a decoder: documents and vector graphics such as SVG or PostScript, which can hold
programs, and kinds whose decoders are seldom used and little tested.
"""

HEAD_BYTES = 32
_SIGNATURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",  # JPEG
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\0",  # TIFF, and BigTIFF
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\xff\x0a",  # JPEG XL
    b"\0\0\0\x0cJXL \r\n\x87\n",
)
# The major brands of AVIF and HEIC.
_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"mif2")
SENTENCE = "This is no picture of a kind that can be used; give a JPEG, PNG, WebP, TIFF, GIF, BMP, AVIF or HEIC file."


def is_picture(head: bytes) -> bool:
    """Return whether a file may be a picture.

    Args:
        head: the first HEAD_BYTES bytes of the file, or all of a shorter one.
    """
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    if head[4:8] == b"ftyp":
        return head[8:12] in _BRANDS
    return head.startswith(_SIGNATURES)
