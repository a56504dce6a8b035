"""The shape of an image from its file's header alone."""

from PIL import Image

from nst_jax import images


def test_the_header_gives_the_shape_that_reading_gives_for_every_orientation(tmp_path):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.jpg"
        Image.new("RGB", (30, 20)).save(path, exif=exif)
        assert images.shape_of(path) == images.read(path).rgb.shape[:2]
