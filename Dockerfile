# syntax=docker/dockerfile:1
# The program with all that a worker of a cluster needs, from the package index alone.
#   docker build -t nst-jax .                            for processors
#   docker build -t nst-jax:cuda --build-arg EXTRAS=cluster,cuda .    for NVIDIA GPUs, with CUDA from the same index
# docs/guides/cluster.md says how to run it.
ARG PYTHON=3.12
FROM python:${PYTHON}-slim AS build
ARG EXTRAS=cluster
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY nst_jax ./nst_jax
COPY examples ./examples
COPY weights ./weights
# One environment of its own, which the next stage copies without pip's cache and the sources. KubeRay asks Ray's
# dashboard for its health and hands jobs to it; it is in Ray's extra `default`.
RUN python -m venv /opt/nst-jax \
    && /opt/nst-jax/bin/pip install --no-cache-dir ".[${EXTRAS}]" "ray[default]>=2.60"

FROM python:${PYTHON}-slim
COPY --from=build /opt/nst-jax /opt/nst-jax
# Ray starts workers by `python` and `ray`, which must be those of the environment.
ENV PATH=/opt/nst-jax/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RAY_USAGE_STATS_ENABLED=0 \
    NST_JAX_CACHE=/home/worker/.cache/nst-jax
RUN useradd --create-home --uid 1000 worker
USER 1000
WORKDIR /home/worker
ENTRYPOINT ["nst-jax"]
CMD ["--help"]
