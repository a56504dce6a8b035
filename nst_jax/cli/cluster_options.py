"""The options for many machines, and the commands `nst-jax cluster run` and `nst-jax cluster status`."""

import dataclasses
import os
import re
from collections.abc import Iterable
from typing import Annotated

import tyro

from nst_jax.cluster.addresses import is_address
from nst_jax.errors import InputError

STEPS = ("plan", "run", "status")
HELP = "help"
OVERVIEW = """usage: nst-jax cluster plan CONTENT ... --style STYLE ... -o OUTPUT [options]
       nst-jax cluster run OUTPUT [options]
       nst-jax cluster status OUTPUT [options]

Stylize folders on many machines in steps, of which each can be repeated. CONTENT, STYLE and OUTPUT may be paths or
addresses such as s3://bucket/folder.

  plan    List the photographs, divide them into shards, and write that and the settings into OUTPUT.
  run     Make what is planned and missing, by workers of Ray (--cluster), or as one part of several (--shard).
  status  Print how far the run is, from any machine.

Each of them has a --help of its own. The command nst-jax itself does the first two in one step if it is given
--cluster or --shard: nst-jax CONTENT ... --style STYLE ... -o OUTPUT --cluster local."""
PLAN_DESCRIPTION = """List the photographs of folders, divide them into shards, and write that and the settings into the
output, for nst-jax cluster run.

It takes the words and options of nst-jax. Photographs, styles and --output may be addresses such as s3://bucket/folder.
Repeated, it plans the photographs that were added or have changed since."""
LOCAL = "local"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """Many pictures on many machines: photographs, styles and --output may be addresses such as s3://bucket/folder."""

    cluster: Annotated[str, tyro.conf.arg(metavar="WHERE", help_behavior_hint="")] = ""
    """Stylize a folder by workers of Ray (pip install 'nst-jax[cluster]'), which share the work and replace dead ones.
    local: workers on this machine. auto: the Ray cluster that this machine belongs to. HOST:PORT: another one.
    Without it, this program does all of the work itself."""

    shard: Annotated[str, tyro.conf.arg(metavar="I/N", help_behavior_hint="")] = ""
    """Make the I-th of N parts of a folder, counted from 1, without Ray: for arrays of Slurm and jobs of Kubernetes.
    All N commands are the same but for I; each can be run again and makes only what is missing."""

    shard_size: int = 0
    """Number of pictures that a worker takes at a time with --cluster or --shard.
    0 takes as many as last about five minutes. It counts for pictures that are not planned yet."""

    workers: Annotated[str, tyro.conf.arg(metavar="MIN:MAX", help_behavior_hint="")] = ""
    """Number of workers of --cluster, or the least and the most, between which Ray chooses.
    By default one for each GPU, or one for each machine where there are none."""

    gpus_per_worker: float | None = None
    """GPUs of each worker of --cluster; 0.5 has two share one, 0 computes on processors.
    By default 1 if the cluster has GPUs."""

    cpus_per_worker: int = 0
    """Processor cores of each worker of --cluster; 0 takes the share of a machine."""

    retry_failed: tyro.conf.FlagCreatePairsOff[bool] = False
    """With --cluster or --shard, also try the photographs again that failed before."""

    price: float = 0.0
    """Price of one worker for an hour, in any currency, to show what a run with --cluster or --shard costs."""

    def __post_init__(self) -> None:
        if self.cluster and self.shard:
            raise InputError("--cluster and --shard exclude each other; give one of them.")
        if self.cluster.startswith("ray://"):
            raise InputError(
                "Ray's client (ray://) is not made for long runs; give --cluster auto on a machine of the cluster, or "
                "HOST:PORT with the port of the head, which is 6379 by default."
            )
        if self.cluster.startswith(("http://", "https://")):
            raise InputError(
                "Jobs are handed to a cluster by Ray itself: `ray job submit --address "
                f"{self.cluster} -- nst-jax ... --cluster auto`."
            )
        if self.cluster not in ("", LOCAL, "auto") and not re.fullmatch(r"[^\s/]+:\d+", self.cluster):
            raise InputError(f"--cluster takes local, auto or HOST:PORT, not {self.cluster}.")
        for name, value in (("shard-size", self.shard_size), ("cpus-per-worker", self.cpus_per_worker)):
            if value < 0:
                raise InputError(f"--{name} takes a number, or 0 to have it chosen, not {value}.")
        if not 0 <= self.price < float("inf"):
            raise InputError(f"--price takes the price of an hour, not {self.price}.")
        gpus = self.gpus_per_worker
        if gpus is not None and not (gpus == 0 or 0.05 <= gpus < 1 or (gpus >= 1 and gpus == int(gpus))):
            raise InputError(f"--gpus-per-worker takes 0, a part such as 0.5, or a whole number, not {gpus}.")
        if not (self.cluster or self.shard) and (self.workers or self.retry_failed):
            name = "--workers" if self.workers else "--retry-failed"
            raise InputError(f"{name} works with --cluster or --shard; add one of them.")
        _ = self.part, self.worker_range  # raises InputError

    @property
    def is_used(self) -> bool:
        """Whether a folder is stylized by shards."""
        return bool(self.cluster or self.shard)

    @property
    def part(self) -> tuple[int, int] | None:
        """The number of this part, from 1, and the number of parts; None without --shard.

        Raises:
            InputError: when it is something else.
        """
        if not self.shard:
            return None
        match = re.fullmatch(r"(\d+)/(\d+)", self.shard, re.ASCII)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise InputError(f"--shard takes I/N with I from 1 to N, such as 3/8, not {self.shard}.")
        return int(match[1]), int(match[2])

    @property
    def worker_range(self) -> tuple[int, int] | None:
        """The least and the largest number of workers; None for as many as there is room for.

        Raises:
            InputError: when it is something else.
        """
        if not self.workers:
            return None
        match = re.fullmatch(r"(\d+)(?::(\d+))?", self.workers, re.ASCII)
        least, most = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= least <= most:
            raise InputError(f"--workers takes a number, or MIN:MAX such as 1:64, not {self.workers}.")
        return least, most


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunCommand:
    """Make the pictures that `nst-jax cluster plan` has planned, or those that are missing."""

    output: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="OUTPUT")]
    """The path or address that the plan was made for."""

    machines: tyro.conf.OmitArgPrefixes[ClusterSettings] = dataclasses.field(default_factory=ClusterSettings)

    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print only warnings and errors."""

    json_lines: Annotated[tyro.conf.FlagCreatePairsOff[bool], tyro.conf.arg(name="json")] = False
    """Print events for programs on standard output, one JSON object per line."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StatusCommand:
    """Print how far a run is, from any machine that can read its output."""

    output: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="OUTPUT")]
    """The path or address that the plan was made for."""

    price: float = 0.0
    """Price of one worker for an hour, in any currency."""

    json_lines: Annotated[tyro.conf.FlagCreatePairsOff[bool], tyro.conf.arg(name="json")] = False
    """Print one JSON object instead of lines for people."""


def check_paths(words: Iterable[str]) -> None:
    """Check that no word is an address where only this machine's files can be used.

    Raises:
        InputError: for the first address.
    """
    for word in words:
        if is_address(word):
            raise InputError(f"{word} is an address and no path; give --cluster local, or --shard 1/1, to use it.")


def cluster_step(words: list[str]) -> str:
    """Return which step a command line asks for: "plan", "run", "status" or "help"; empty for none of them.

    A photograph and a style of these names can be given as ./cluster and ./plan.

    Raises:
        InputError: when it asks for a step that does not exist.
    """
    if words[:1] != ["cluster"]:
        return ""
    following = words[1] if len(words) > 1 else ""
    if following in STEPS:
        return following
    if following in ("-h", "--help"):
        return HELP
    # A photograph of this name is given with a style, and both exist.
    if following.startswith("-") or (following and (os.path.exists("cluster") or os.path.exists(following))):
        return ""
    wrong = f", not {following}" if following else ""
    raise InputError(f"nst-jax cluster takes one of the words plan, run and status{wrong}; see its --help.")
