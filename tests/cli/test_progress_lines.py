"""How times and rates are said."""

import pytest

from nst_jax.cli.progress_lines import describe_seconds, describe_setup, describe_speed, describe_time


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.9, "1 h 0 min"),
        (11_520, "3 h 12 min"),
        (90_000, "1 d 1 h"),
        (4_600_000, "53 d 5 h"),
    ],
)
def test_a_time_has_its_two_largest_units(seconds, text):
    assert describe_seconds(seconds) == text


def test_the_time_of_a_run():
    assert describe_time(None) == "time left not known yet"
    assert describe_time(61.0) == "1 min 1 s left"
    assert describe_time(61.0, has_ended=True) == "took 1 min 1 s"


def test_a_slow_rate_is_by_the_hour():
    assert describe_speed(0.5) == "30.0 pictures/minute"
    assert describe_speed(0.01) == "36.0 pictures/hour"


def test_several_devices_are_counted():
    network = {"name": "vgg19", "sha256": "0123456789abcdef", "preprocessing": "caffe"}
    versions = {"jax": "1.2.3", "flax": "4.5.6"}
    assert describe_setup(network, ["H100"], versions) == (
        "network: vgg19 (0123456789ab), input convention caffe\ndevice: H100; jax 1.2.3, flax 4.5.6"
    )
    assert "device: 2 x H100;" in describe_setup(network, ["H100", "H100"], versions)
