"""The guide to many machines: short ways, whose files and commands are well formed."""

import re
import subprocess

import pytest
import tyro

from nst_jax.cli.arguments import parse
from nst_jax.cli.cluster_options import ClusterSettings, RunCommand, StatusCommand, cluster_step
from tests.documents.markdown import DOCUMENTS, ROOT, blocks
from tests.documents.shell import commands

GUIDE = DOCUMENTS["docs/guides/cluster.md"]
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]}
WAYS = ("One machine", "Ray on virtual machines", "KubeRay", "Slurm")
MOST_LINES = 40


def code(way: str, language: str) -> str:
    """Return the only block of a language in the section on a way."""
    (found,) = [block.code for block in blocks(SECTIONS[way]) if block.language == language]
    return found


def settings_of(words: list[str]) -> ClusterSettings:
    """Parse a command, and return its options for many machines."""
    assert words[0] == "nst-jax"
    step = cluster_step(words[1:])
    if step == "run":
        return tyro.cli(RunCommand, args=words[3:]).machines
    if step == "status":
        tyro.cli(StatusCommand, args=words[3:])
        return ClusterSettings()
    return parse(words[3:] if step else words[1:]).machines


@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_short(way):
    assert len(SECTIONS[way].splitlines()) <= MOST_LINES


def test_all_commands_can_be_parsed():
    shell = [words for block in blocks(GUIDE) if block.language == "bash" for words in commands(block.code)]
    own = [words for words in shell if words[0] == "nst-jax"]
    assert len(own) >= 7
    for words in own:
        settings_of(words)


def test_the_job_of_kuberay_is_well_formed():
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(code("KubeRay", "text"))
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    entry = settings_of(job["spec"]["entrypoint"].split())
    cluster = job["spec"]["rayClusterSpec"]
    (group,) = cluster["workerGroupSpecs"]
    # Only a text is taken for a version, which decides how the operator asks for the health of Ray.
    assert re.fullmatch(r"\d+\.\d+\.\d+", cluster["rayVersion"])
    head = cluster["headGroupSpec"]
    assert head["rayStartParams"] == {"num-cpus": "0"}
    for pod in (head, group):
        (container,) = pod["template"]["spec"]["containers"]
        assert container["image"] == "nst-jax:cuda"
    # Without it, there are as many workers as at the beginning.
    assert cluster["enableInTreeAutoscaling"] is True
    # A worker of ours fits into a worker of Ray, with something left for Ray itself.
    limits = container["resources"]["limits"]
    assert entry.worker_range == (group["minReplicas"], group["maxReplicas"])
    assert entry.gpus_per_worker == float(limits["nvidia.com/gpu"])
    assert 0 < entry.cpus_per_worker < float(limits["cpu"])


def test_the_script_of_slurm_is_one(tmp_path):
    script = tmp_path / "job.sh"
    script.write_text(code("Slurm", "text"))
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # Run with a program in place of srun, each task makes its own part of the same number.
    program = 'srun() { echo "$@"; }; . "$0"'
    for number in ("1", "64"):
        environment = {"SLURM_ARRAY_TASK_ID": number, "SLURM_ARRAY_TASK_COUNT": "64"}
        done = subprocess.run(["bash", "-euc", program, script], capture_output=True, text=True, env=environment)
        assert settings_of(done.stdout.split()).part == (int(number), 64)
    lines = re.findall(r"^#SBATCH --([a-z-]+)(?:=(\S+))?$", script.read_text(), re.MULTILINE)
    assert dict(lines)["array"] == "1-64"


def test_the_image_copies_all_that_its_installation_needs():
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    sources = {word for words in copies for word in words}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == allowed
    assert {"pyproject.toml", "README.md", "LICENSE", "nst_jax", "examples", "weights"} == sources
    assert all((ROOT / name).exists() for name in sources)
