"""Description of the machine and the software that a result was measured with."""

import datetime
import importlib.metadata
import platform
from pathlib import Path

import jax

from nst_jax.devices import usable_cores

PACKAGES = ("jax", "jaxlib", "torch")


def machine() -> dict[str, str | int]:
    """Return the device, the processor and its usable cores, the versions of Python and packages, and the date."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "device": jax.devices()[0].device_kind,
        "processor": _processor(),
        "cores": len(usable_cores()),
        "python": platform.python_version(),
        **versions,
        "date": str(datetime.date.today()),
    }


def described(facts: dict[str, str | int]) -> str:
    """Format the facts returned by `machine` as one line of text."""
    versions = ", ".join(f"{name} {facts[name]}" for name in ("python", *PACKAGES) if name in facts)
    return f"{facts['device']}, {facts['processor']}, {facts['cores']} cores; {versions}; {facts['date']}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
