"""The cost of many pictures, calculated from measured rates."""

from typing import NamedTuple

# What a storage takes for a million requests to write and to read one object, in dollars.
WRITES, READS = 5.0, 0.4
# A part of the time goes to the last shards and to workers that start or die.
SPARE = 1.05


class Row(NamedTuple):
    """The cost of a number of pictures by one method on one kind of worker.

    Attributes:
        worker: what a worker is, and where its rate comes from.
        rate: pictures per second of one worker.
        pictures: the number of pictures.
        hours: hours of one worker.
        dollars: the price of these hours.
        requests: the price of the storage's requests, in dollars.
        days: the time of the given number of workers.
    """

    worker: str
    rate: float
    pictures: int
    hours: float
    dollars: float
    requests: float
    days: float


def cost(worker: str, rate: float, pictures: int, price: float, workers: int) -> Row:
    """Return the cost of pictures.

    Args:
        worker: the name of the case.
        rate: pictures per second of one worker.
        pictures: the number of pictures.
        price: of one worker for an hour, in dollars.
        workers: the number of workers.
    """
    hours = pictures / rate / 3600 * SPARE
    # One object is read and one written for each picture; listing and the notes of shards are few beside them.
    requests = pictures / 1e6 * (WRITES + READS)
    return Row(worker, rate, pictures, hours, hours * price, requests, hours / 24 / workers)


def rates(results: dict[str, dict[str, object]], size: int) -> dict[str, float]:
    """Return the rates that the files of results hold, by the name of the worker.

    Args:
        results: the contents of the files `fast.json`, `batches.json` and `gpu.json`, of which each may be missing, by
            their stems.
        size: side of the pictures in pixels.
    """
    found: dict[str, float] = {}
    for stem, data in results.items():
        rows, machine = data["rows"], data["machine"]
        assert isinstance(rows, list)
        assert isinstance(machine, dict)
        for row in rows:
            if row["size"] != size:
                continue
            if stem == "fast":
                found[f"{machine['cores']} cores, fast ({stem}.json)"] = 1 / row["ours"]
            elif stem == "batches":
                name = f"{machine['cores']} cores, {row['network']} ({stem}.json)"
                found[name] = max(found.get(name, 0.0), row["pictures_per_minute"] / 60)
            elif stem == "gpu" and row["pictures_per_second"]:
                name = f"{machine['device']}, {row['method']} ({stem}.json)"
                found[name] = max(found.get(name, 0.0), row["pictures_per_second"])
    return found
