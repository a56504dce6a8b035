"""The studio: everything that the routes of the server work with."""

import dataclasses

from nst_jax.studio.events import Events
from nst_jax.studio.folder import DataFolder
from nst_jax.studio.picture_files import PictureFiles
from nst_jax.studio.pictures import Pictures
from nst_jax.studio.store import Store

MAX_BODY_BYTES = 50 * 2**20
MAX_PIXELS = 100_000_000
MAX_QUEUE = 20


@dataclasses.dataclass(frozen=True)
class Studio:
    """What is kept while the server runs.

    Attributes:
        folder: the files.
        store: the records.
        events: what the pages are told.
        files: the picture worker.
        pictures: uploads, drawings and samples.
        network: the network of jobs that choose none.
    """

    folder: DataFolder
    store: Store
    events: Events
    files: PictureFiles
    pictures: Pictures
    network: str
