"""Events: in order, bounded in memory, and told again after a lost connection."""

import asyncio
import json
import sys

import pytest

from nst_jax.studio.events import MEMORY, Events

pytestmark = pytest.mark.anyio


def parsed(text: str) -> tuple[int, str, dict]:
    lines = dict(line.split(": ", 1) for line in text.strip().splitlines())
    return int(lines["id"]), lines["event"], json.loads(lines["data"])


async def take(follower, count: int) -> list[tuple[int, str, dict]]:
    found = []
    while len(found) < count:
        text = await asyncio.wait_for(anext(follower), 5)
        if text.startswith("id:"):
            found.append(parsed(text))
    return found


async def test_a_follower_gets_what_comes_after_it_and_no_more():
    events = Events()
    events.publish("job", {"n": 0})
    follower = events.follow(None)
    assert (await anext(follower)).startswith("retry:")
    events.publish("job", {"n": 1})
    events.publish("job", {"n": 2})
    assert [data["n"] for _, _, data in await take(follower, 2)] == [1, 2]


async def test_a_page_that_comes_back_gets_what_it_has_missed():
    events = Events()
    events.publish("job", {"n": 1})
    last = events.sequence
    events.publish("job", {"n": 2})
    events.publish("deleted", {"job": "x"})
    found = await take(events.follow(last), 2)
    assert [kind for _, kind, _ in found] == ["job", "deleted"]
    assert last < found[0][0] < found[1][0] == events.sequence


@pytest.mark.parametrize("last", [0, 5, 10**17])
async def test_a_page_that_has_missed_too_much_is_told_to_begin_anew(last):
    events = Events()
    for number in range(MEMORY + 10):
        events.publish("job", {"n": number})
    follower = events.follow(last)
    assert (await take(follower, 1))[0][1] == "reset"
    events.publish("job", {"n": -1})
    assert (await take(follower, 1))[0][2] == {"n": -1}


async def test_memory_is_bounded_however_slowly_a_page_reads():
    events = Events()
    follower = events.follow(None)
    await anext(follower)
    for number in range(20_000):
        events.publish("progress", {"job": "a", "step": number})
        events.publish("progress", {"job": "b", "step": number})
    assert len(events._events) == 2
    for number in range(20_000):
        events.publish("job", {"n": number})
    assert len(events._events) == MEMORY
    assert sys.getsizeof(events._events) < 10_000
    assert (await take(follower, 1))[0][1] == "reset"


async def test_of_progress_only_the_latest_is_told():
    events = Events()
    last = events.sequence
    for step in range(5):
        events.publish("progress", {"job": "a", "step": step})
    ((_, _, data),) = await take(events.follow(last), 1)
    assert data["step"] == 4


async def test_there_is_a_sign_of_life_while_nothing_happens():
    events = Events()
    follower = events.follow(None, heartbeat=0.001)
    await anext(follower)
    assert (await asyncio.wait_for(anext(follower), 5)).startswith(":")


async def test_the_end_of_the_server_ends_all_followers():
    events = Events()
    followers = [events.follow(None) for _ in range(7)]
    for follower in followers:
        await anext(follower)
    waiting = [asyncio.ensure_future(anext(follower, "ended")) for follower in followers]
    await asyncio.sleep(0)
    events.close()
    assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == ["ended"] * 7


def test_numbers_never_repeat_after_a_restart():
    assert Events(last=10**15).sequence > 10**15
    first = Events()
    first.publish("job", {})
    assert Events(first.sequence).sequence > first.sequence
