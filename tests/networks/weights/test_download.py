"""Downloads from several mirrors, some of which fail."""

import pytest

from nst_jax.networks.weights.download import DownloadError, download
from tests.networks.weights.mirrors import NOWHERE, Mirror, published


def test_the_file_comes_from_the_first_mirror(tmp_path, body, mirrors):
    mirrors += [Mirror(body), Mirror(404)]
    path = download(published(body, *(mirror.url for mirror in mirrors)), tmp_path)
    assert path.read_bytes() == body
    assert [mirror.requests for mirror in mirrors] == [1, 0]


@pytest.mark.parametrize("bad", [404, b"other bytes", 0])
def test_the_file_comes_from_the_second_mirror_if_the_first_fails(tmp_path, body, mirrors, bad):
    mirrors += [Mirror(bad or (body, 100)), Mirror(body)]
    path = download(published(body, *(mirror.url for mirror in mirrors)), tmp_path)
    assert path.read_bytes() == body
    assert [item.name for item in tmp_path.iterdir()] == ["network.h5"]


def test_a_broken_transfer_is_tried_again(tmp_path, body, mirrors):
    mirrors += [Mirror((body, 100), 503, body)]
    assert download(published(body, mirrors[0].url), tmp_path).read_bytes() == body
    assert mirrors[0].requests == 3


def test_wrong_checksums_leave_nothing_behind(tmp_path, body, mirrors):
    mirrors += [Mirror(b"other bytes")]
    with pytest.raises(DownloadError, match="wrong checksum"):
        download(published(body, mirrors[0].url), tmp_path)
    assert not list(tmp_path.iterdir())
    assert mirrors[0].requests == 3


def test_without_a_network_the_download_gives_up_at_once(tmp_path, body):
    with pytest.raises(DownloadError, match="could not be reached"):
        download(published(body, NOWHERE, NOWHERE), tmp_path)


def test_the_progress_bar_ends_at_the_size_of_the_file(tmp_path, body, mirrors):
    class Bar:
        total, bytes_read = 0, 0

        def update(self, amount):
            self.bytes_read += amount

        def reset(self):
            self.bytes_read = 0

        def close(self):
            assert self.bytes_read == self.total == len(body)
            closed.append(self)

    closed: list[Bar] = []
    mirrors += [Mirror(body)]
    download(published(body, mirrors[0].url), tmp_path, Bar)
    assert len(closed) == 1
