"""Folders on many machines, `--cluster` and `--shard`, and the commands `nst-jax cluster plan`, `run` and `status`."""

import dataclasses
import os
import sys
import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import tyro

from nst_jax.cli.arguments import Command, parse
from nst_jax.cli.cluster_options import (
    HELP,
    LOCAL,
    OVERVIEW,
    PLAN_DESCRIPTION,
    ClusterSettings,
    RunCommand,
    StatusCommand,
    cluster_step,
)
from nst_jax.cli.events import Events
from nst_jax.cli.failures import describe_failure
from nst_jax.cli.signals import StopRequests
from nst_jax.cluster.addresses import is_address
from nst_jax.cluster.storage import Storage, require_packages
from nst_jax.errors import InputError

if TYPE_CHECKING:
    from nst_jax.cluster.plan import Plan

# Without Ray, the shards need these packages.
STORAGE_PACKAGES = ("fsspec", "pyarrow")
# Workers of a cluster whose size is not known when its work is planned.
USUAL_WORKERS = 16
# The most failures that are printed; all of them are in the list of failures.
MOST_FAILURES = 20


def run_cluster(command: Command, events: Events, stop: StopRequests) -> int:
    """Plan the pictures of a command that are not planned yet, and make all that are missing.

    Args:
        command: the command line, with --cluster or --shard.
        events: as for `run_folder`.
        stop: as for `run_folder`.

    Returns:
        The exit code, as that of `run_folder`.

    Raises:
        InputError: for errors that the user can correct.
    """
    machines = command.machines
    _require(machines)
    output, plan = _plan(command, keep=bool(machines.shard))
    stop.check()
    quiet = command.quiet or command.json_lines
    return _make(output, plan, machines, quiet, command.verbose, events, stop)


def run_step(words: list[str], events: Events, stop: StopRequests) -> int:
    """Run `nst-jax cluster plan`, `run` or `status`, or print what they are for.

    Args:
        words: the words of the command line, from "cluster" on.
        events: as for `run_folder`.
        stop: as for `run_folder`.

    Returns:
        The exit code.

    Raises:
        InputError: for errors that the user can correct.
    """
    step = cluster_step(words)
    if step == HELP:
        print(OVERVIEW)
        return 0
    if step == "plan":
        command = parse(words[2:], "nst-jax cluster plan", PLAN_DESCRIPTION)
        require_packages("A plan", STORAGE_PACKAGES)
        from nst_jax.cluster.shard_size import shard_count

        output, plan = _plan(command, keep=False)
        if not command.quiet and not command.json_lines:
            shards = shard_count(plan)
            print(f"{plan.pictures} pictures in {shards} shards are planned in {output.address}{_passed_over(plan)}")
        return 0
    if step == "status":
        query = tyro.cli(StatusCommand, prog="nst-jax cluster status", args=words[2:])
        require_packages("The state of a run", STORAGE_PACKAGES)
        from nst_jax.cli.cluster_progress import print_status

        return print_status(_existing(query.output)[0], query.price, events if query.json_lines else None)
    order = tyro.cli(RunCommand, prog="nst-jax cluster run", args=words[2:])
    machines = order.machines
    if not machines.is_used:
        machines = dataclasses.replace(machines, cluster=LOCAL)
    _require(machines)
    return _make(*_existing(order.output), machines, order.quiet or order.json_lines, False, events, stop)


def _require(machines: ClusterSettings) -> None:
    if machines.cluster:
        require_packages("--cluster")
    else:
        require_packages("--shard", STORAGE_PACKAGES)


def _plan(command: Command, keep: bool) -> tuple[Storage, "Plan"]:
    """Plan the pictures of a command.

    Args:
        command: the command line.
        keep: whether a plan that exists is taken as it is, without looking for new pictures.
    """
    from nst_jax.cli.inputs import split_words
    from nst_jax.cli.option_checks import check_several_options
    from nst_jax.cluster.inputs import find_pictures
    from nst_jax.cluster.plan import make_plan, read_plan
    from nst_jax.cluster.run_settings import RunSettings, check_output, claim, copy_network, copy_styles
    from nst_jax.cluster.shard_size import shard_size
    from nst_jax.objective.blending import mixture_weights

    check_several_options(command)
    if command.sheet:
        raise InputError("A contact sheet is for pictures of this machine; leave --sheet out.")
    contents, styles = split_words(command)
    output = _output(command, contents)
    check_output(output)
    files = command.files
    network = copy_network(output, command.recipe)
    groups, folders = copy_styles(output, styles, command.recipe.blends)
    mixture_weights(command.recipe, len(groups[0]))
    settings = RunSettings(
        recipe=command.recipe,
        styles=groups,
        folders=folders,
        network=network,
        format=files.format,
        bit_depth=files.bit_depth,
        dpi=files.dpi,
        batch_size=command.batch_size,
    )
    claim(output, settings)
    before = read_plan(output)
    if before and keep:
        return output, before
    found = find_pictures(contents, output)
    machines = command.machines
    workers = _expected_workers(machines)
    gpus = machines.gpus_per_worker != 0 and machines.cluster != LOCAL
    size = machines.shard_size or shard_size(command.recipe, len(found.key), workers, gpus, command.batch_size)
    plan, _ = make_plan(output, settings, found, size)
    return output, plan


def _expected_workers(machines: ClusterSettings) -> int:
    if machines.part:
        return machines.part[1]
    if machines.worker_range:
        return machines.worker_range[1]
    return 1 if machines.cluster == LOCAL else USUAL_WORKERS


def _output(command: Command, contents: Sequence[str]) -> Storage:
    if command.output:
        return Storage(command.output)
    if any(map(is_address, contents)):
        raise InputError("The results need a place; give a folder or an address as -o.")
    name = os.path.basename(os.path.abspath(contents[0])) if len(contents) == 1 else "pictures"
    return Storage(f"{os.path.splitext(name)[0]}_stylized")


def _existing(address: str) -> tuple[Storage, "Plan"]:
    """Return an output that has a plan."""
    from nst_jax.cluster.plan import existing_plan

    output = Storage(address)
    return output, existing_plan(output)


def _make(
    output: Storage,
    plan: "Plan",
    machines: ClusterSettings,
    quiet: bool,
    verbose: bool,
    events: Events,
    stop: StopRequests,
) -> int:
    """Make what is missing, and return the exit code."""
    from nst_jax.cli.cluster_progress import show_run
    from nst_jax.cluster.ledger import manifest, reopen
    from nst_jax.cluster.shard_size import warn_of_idle
    from nst_jax.cluster.status import FAILED_KEY, failures, pending_shards, read_status, write_failures

    mine = _own_shards(plan, machines.part)
    if machines.part:
        warn_of_idle(plan, machines.part[1], "part", "--shard I/")
    if machines.retry_failed:
        for name, entry in list(manifest(output)):
            if name.failed and name.shard in mine:
                reopen(output, entry)
    pending = [shard for shard in pending_shards(output, plan) if shard in mine]
    before = read_status(output, plan)
    stop.sentence = f"Stopped with {before.done} pictures done; the same command goes on from there."
    if pending:
        with show_run(output, plan, before.done, machines, quiet, verbose, events, stop) as run:
            run(pending, f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}")
    status = read_status(output, plan)
    failed = failures(output, plan)
    stop.sentence = f"Stopped with {status.done} pictures done; the same command goes on from there."
    if stop.requested is None or status.is_finished:
        write_failures(output, failed)
    for outcome in failed[:MOST_FAILURES]:
        print(f"failed: {describe_failure(outcome.input, outcome.reason)}", file=sys.stderr)
    if len(failed) > MOST_FAILURES:
        print(f"failed: {len(failed) - MOST_FAILURES} more, see {output.describe(FAILED_KEY)}", file=sys.stderr)
    events.emit("folders", pictures=status.done, folders=[output.address], skipped=plan.skipped)
    if stop.requested is not None and not status.is_finished:
        print(stop.sentence, file=sys.stderr)
        return stop.exit_code
    if not quiet:
        nothing = "" if pending else "; there was nothing left to do"
        print(f"{status.done} pictures are in {output.address}{nothing}{_passed_over(plan)}")
    missing = [shard for shard in pending_shards(output, plan) if shard in mine]
    if missing:
        print(f"{len(missing)} shards are not finished; the same command goes on with them.", file=sys.stderr)
    return 1 if failed or missing else 0


def _own_shards(plan: "Plan", part: tuple[int, int] | None) -> set[str]:
    names = list(plan.shard_names())
    return set(names if part is None else names[part[0] - 1 :: part[1]])


def _passed_over(plan: "Plan") -> str:
    return f"; {plan.skipped} files passed over" if plan.skipped else ""
