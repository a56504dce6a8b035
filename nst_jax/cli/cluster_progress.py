"""Runs of shards with their progress on the terminal, and the answer of `nst-jax cluster status`."""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nst_jax.cli.cluster_options import ClusterSettings
from nst_jax.cli.events import Events
from nst_jax.cli.folder_progress import FolderDisplay, describe_count, describe_numbers
from nst_jax.cli.progress import PLAIN_LINE_SECONDS, stderr_is_terminal
from nst_jax.cli.progress_lines import describe_setup, describe_time
from nst_jax.cli.signals import StopRequests
from nst_jax.cluster.driver import Driver, DriverTask
from nst_jax.cluster.ledger import NO_DRIVER, Ledger
from nst_jax.cluster.plan import Plan
from nst_jax.cluster.shard_size import warn_of_idle
from nst_jax.cluster.status import Status, read_status
from nst_jax.cluster.storage import Storage
from nst_jax.errors import InputError
from nst_jax.files import cache_dir

Run = Callable[[Sequence[str], str], None]
# The state is read again after so many times the seconds that reading it took, so that a large one is read seldom.
READING_SHARE = 20.0


@contextlib.contextmanager
def show_run(
    output: Storage,
    plan: Plan,
    already: int,
    machines: ClusterSettings,
    quiet: bool,
    verbose: bool,
    events: Events,
    stop: StopRequests,
) -> Iterator[Run]:
    """Yield a function that makes shards and shows the progress meanwhile; it takes their names and that of the run.

    Args:
        output: the output.
        plan: its plan.
        already: the number of pictures that are done.
        machines: the options.
        quiet: whether to print nothing.
        verbose: whether to print also the network and the device, if this process makes the shards.
        events: as for `run_folder`.
        stop: as for `run_folder`.
    """
    with contextlib.ExitStack() as stack:
        line = None
        if stderr_is_terminal() and not quiet:
            from nst_jax.cli.live_progress import show_folder_line

            line = stack.enter_context(show_folder_line())
        progress = _Progress(output, plan, machines.price, line, quiet, events)
        if already:
            progress.say(f"{already} pictures are in {output.address} already.")
        if machines.cluster:
            yield lambda _, name: _run_on_ray(output, plan, machines, name, progress, stop)
        else:
            yield lambda shards, _: _run_here(output, shards, progress, stop, verbose)


def print_status(output: Storage, price: float, events: Events | None) -> int:
    """Print the state of a run.

    Args:
        output: the output.
        price: of a worker for an hour; 0 shows no cost.
        events: prints it as JSON; None prints it for people.

    Returns:
        The exit code: 1 if pictures have failed.
    """
    status = read_status(output)
    if events is not None:
        facts = dataclasses.asdict(status) | {"seconds_left": status.seconds_left}
        events.emit("status", **facts, **({"cost": status.cost(price)} if price else {}))
    else:
        print(f"{status.done} of {status.pictures} pictures are done, {status.failed} failed")
        print(f"{status.shards_done} of {status.shards} shards are finished, {status.running} begun")
        if status.last_seen is not None and not status.is_finished:
            print(f"{describe_status(status, 0)}; a worker wrote something {status.last_seen:.0f} s ago")
        if price:
            so_far, whole = status.cost(price)
            print(f"cost so far {so_far:.2f}, in the end {whole:.2f}")
    return 1 if status.failed else 0


def describe_status(status: Status, price: float) -> str:
    """Return failures, rate, time left and cost of a run on one line."""
    time_text = "finished" if status.is_finished else describe_time(status.seconds_left)
    text = describe_numbers(status.failed, status.rate, time_text)
    if price:
        so_far, whole = status.cost(price)
        text += f", cost {so_far:.2f} of {whole:.2f}"
    return text


class _Progress:
    """Shows the state of a run as its output tells it."""

    def __init__(self, output: Storage, plan: Plan, price: float, line: Any, quiet: bool, events: Events):
        self._output, self._plan, self._price, self._events = output, plan, price, events
        self._line, self._shown = line, 0
        self._display = FolderDisplay(line, quiet)
        self._since, self._next = time.time(), 0.0

    def say(self, text: str) -> None:
        self._display.say(text)

    def update(self, last: bool = False) -> None:
        """Show the state if it is time, or if this is the last time."""
        now = time.monotonic()
        if now < self._next and not last:
            return
        status = read_status(self._output, self._plan, self._since)
        taken = time.monotonic() - now
        self._next = now + max(PLAIN_LINE_SECONDS, READING_SHARE * taken)
        finished = status.done + status.failed
        fraction = finished / status.pictures if status.pictures else 1.0
        self._events.emit("progress", done=status.done, failed=status.failed, total=status.pictures, fraction=fraction)
        numbers = describe_status(status, self._price)
        count = describe_count(status.done, status.pictures)
        if self._line:
            self._line.draw(fraction, count, numbers)
        elif finished != self._shown:
            self._shown = finished
            self.say(f"{count} done, {numbers}")


def _run_on_ray(
    output: Storage, plan: Plan, machines: ClusterSettings, name: str, progress: _Progress, stop: StopRequests
) -> None:
    task = DriverTask(
        address=output.given,
        where=machines.cluster,
        name=name,
        workers=machines.worker_range,
        cpus=machines.cpus_per_worker,
        gpus=machines.gpus_per_worker,
    )
    programs: set[str] = set()
    with contextlib.closing(Driver(task, cache_dir() / "cluster" / f"{name}.log")) as driver:
        ended = False
        stop.must_save()
        while not ended and stop.requested is None:
            events, ended = driver.events(0.5)
            for event in events:
                kind = event.pop("event")
                if kind == "workers":
                    device = f"{event['gpus']:g} GPUs and " if event["gpus"] else ""
                    progress.say(f"up to {event['most']} workers with {device}{event['cpus']} cores each")
                    warn_of_idle(plan, event["most"], "worker", "--workers ")
                elif kind == "shard":
                    programs |= set(event["programs"].split())
                elif kind == "error":
                    raise InputError(event["message"])
                elif stop.requested is None:
                    raise RuntimeError(f"{event['message']}; see {driver.log}")
            progress.update(last=ended)
        # A signal to all processes, as schedulers send it, ends the driver too.
        if ended and driver.exit_code() and stop.requested is None:
            raise InputError(
                f"The process that drives Ray has ended early; {driver.log} may say why. The same command goes on."
            )
    if stop.requested is None and programs:
        progress.say(f"programs were compiled for {len(programs)} shapes of batches")


def _run_here(output: Storage, shards: Sequence[str], progress: _Progress, stop: StopRequests, verbose: bool) -> None:
    """Make shards in this process."""
    from nst_jax import process

    # Before anything that imports jax, whose log it silences.
    process.configure()
    from nst_jax.cluster.worker_setup import make_runner
    from nst_jax.devices import device_kinds
    from nst_jax.engine.provenance import network_facts, versions

    runner, programs = make_runner(output)
    if verbose:
        progress.say(describe_setup(network_facts(runner.weights), device_kinds(), versions()))
    programs.fetch()
    for shard in shards:
        with contextlib.closing(runner.run(Ledger(output, shard, NO_DRIVER))) as run:
            for _ in run:
                stop.must_save()
                progress.update()
                if stop.requested is not None:
                    break
        if stop.requested is not None:
            return
        programs.publish()
    progress.update(last=True)
