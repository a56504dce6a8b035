"""What a worker gets before jax is imported, and programs that are handed on."""

import os
import subprocess
import sys
import time

import pytest

from nst_jax.cluster.compiled import CompiledPrograms
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.workers import WorkerNeeds, check_device, claim_cores, worker_environment
from nst_jax.errors import InputError
from nst_jax.objective.stored_programs import FOLDER


def test_the_memory_of_a_gpu_is_shared_and_its_number_left_to_ray():
    half = worker_environment(WorkerNeeds(cpus=4, gpus=0.5, least=1, most=2), {})
    assert half["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.450"
    assert "JAX_PLATFORMS" not in half
    assert "CUDA_VISIBLE_DEVICES" not in half
    whole = worker_environment(WorkerNeeds(cpus=4, gpus=2, least=1, most=2), {})
    assert whole["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.900"


@pytest.mark.parametrize("name", ["XLA_PYTHON_CLIENT_MEM_FRACTION", "XLA_CLIENT_MEM_FRACTION"])
def test_the_memory_that_the_user_sets_is_taken_under_either_name_and_under_no_second_one(name):
    made = worker_environment(WorkerNeeds(cpus=4, gpus=1, least=1, most=2), {name: "0.3"})
    assert {key: value for key, value in made.items() if "MEM_FRACTION" in key} == {name: "0.3"}


def test_a_worker_without_a_gpu_computes_on_the_cpu_and_what_the_user_set_stays():
    needs = WorkerNeeds(cpus=4, gpus=0, least=1, most=2)
    made = worker_environment(needs, {"TF_CPP_MIN_LOG_LEVEL": "0", "JAX_PLATFORMS": ""})
    assert made["JAX_PLATFORMS"] == "cpu"
    assert made["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert made["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"


def test_a_gpu_that_jax_does_not_see_is_a_sentence():
    check_device(WorkerNeeds(cpus=1, gpus=0, least=1, most=1))
    with pytest.raises(InputError, match="jax computes on the CPU there"):
        check_device(WorkerNeeds(cpus=1, gpus=1, least=1, most=1))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2, reason="one core")
def test_workers_of_one_machine_have_cores_of_their_own(tmp_path):
    code = (
        "import os, sys\nfrom nst_jax.cluster.workers import claim_cores\n"
        "claim_cores(1)\nprint(*os.sched_getaffinity(0), flush=True)\nsys.stdin.read()"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": environment, "text": True}
    with subprocess.Popen(command, **options) as one, subprocess.Popen(command, **options) as two:
        cores = {one.stdout.readline(), two.stdout.readline()}
        one.communicate()
        two.communicate()
    assert len(cores) == 2
    assert all(len(each.split()) == 1 for each in cores)
    assert claim_cores(10_000) == sorted(os.sched_getaffinity(0))


def test_programs_have_the_same_names_in_every_folder(tmp_path):
    """So that a program which was compiled on one machine is found on another."""
    code = "from nst_jax import process\nprocess.configure()\nimport jax\njax.jit(lambda x: x * 2)(1.0)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_COMPILATION_CACHE")}
    found = []
    for folder in (tmp_path / "a", tmp_path / "elsewhere" / "b"):
        command = [sys.executable, "-c", code]
        subprocess.run(command, check=True, env=environment | {"NST_JAX_CACHE": str(folder)})
        found.append({path.name for path in folder.rglob("*-cache")})
    assert found[0] == found[1] != set()


def test_programs_are_handed_from_machine_to_machine(tmp_path):
    output = Storage(str(tmp_path / "out"))
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "old-cache").write_bytes(b"of another run")
    (first / "old-atime").write_bytes(b"12345678")
    os.utime(first / "old-atime", (1, 1))
    programs = CompiledPrograms(output, first, "NVIDIA H100/80 GB")
    (first / "jit_step-1-cache").write_bytes(b"program")
    (first / "jit_step-1-atime").write_bytes(time.time_ns().to_bytes(8, "little"))
    (first / "half-cache").write_bytes(b"without a time")
    (first / FOLDER).mkdir()
    for name in ("new", "unused"):
        (first / FOLDER / name).write_bytes(b"stored")
    os.utime(first / FOLDER / "unused", (1, 1))
    programs.publish()
    assert CompiledPrograms(output, second, "NVIDIA H100/80 GB").fetch() == 2
    found = {path.relative_to(second).as_posix() for path in second.rglob("*") if path.is_file()}
    assert found == {"jit_step-1-atime", "jit_step-1-cache", f"{FOLDER}/new"}
    assert (second / "jit_step-1-cache").read_bytes() == b"program"
    assert (second / FOLDER / "new").read_bytes() == b"stored"
    assert CompiledPrograms(output, second, "NVIDIA H100/80 GB").fetch() == 0
    assert CompiledPrograms(output, tmp_path / "third", "another card").fetch() == 0
    assert CompiledPrograms(output, None, "NVIDIA H100/80 GB").fetch() == 0
