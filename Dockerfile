# The image of an exchange's pods, of Ray's head and of the operator (docs/kubernetes.md).
#
#   docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:… --build-arg RUST=rust:1.95-slim-bookworm@sha256:… .
#
# Both have to be given, by digest: what a tag names changes. No registry could be reached where this file was
# written, so that it can't name the digests; `docker buildx imagetools inspect python:3.11-slim-bookworm` does.
ARG BASE
ARG RUST

# The native engine: one binary for every Python from 3.11 on, so that no Python is needed here.
FROM ${RUST} AS engine
WORKDIR /build
COPY engine/Cargo.toml engine/Cargo.lock ./
COPY engine/src ./src
RUN PYO3_NO_PYTHON=1 cargo build --release --locked --lib --features extension-module

FROM ${BASE} AS installed
WORKDIR /build
COPY requirements/build.txt requirements/run.txt ./requirements/
RUN python3 -m venv /opt/bulkhead \
    && /opt/bulkhead/bin/python -m pip install --no-cache-dir --require-hashes \
        -r requirements/build.txt -r requirements/run.txt
COPY pyproject.toml setup.py cli.py LICENSE ./
COPY actors ./actors
COPY bulkhead ./bulkhead
COPY chaos ./chaos
COPY commands ./commands
COPY engine/Cargo.toml ./engine/Cargo.toml
COPY k8s ./k8s
# Without cargo the wheel has no engine; the one that was built above is put beside it.
RUN /opt/bulkhead/bin/python -m pip install --no-cache-dir --no-build-isolation --no-deps . \
    && /opt/bulkhead/bin/python -m pip uninstall --yes --quiet setuptools-rust uv pip
COPY --from=engine /build/target/release/lib_engine.so /tmp/_engine.abi3.so
# -P: of the two that are here the installed one is meant, not the sources in this folder.
RUN mv /tmp/_engine.abi3.so "$(/opt/bulkhead/bin/python -P -c 'import bulkhead; print(bulkhead.__path__[0])')/" \
    && /opt/bulkhead/bin/python -P -c 'import bulkhead._engine'

FROM ${BASE}
LABEL org.opencontainers.image.title="bulkhead" \
      org.opencontainers.image.description="A trading exchange as log-backed, deterministic actors" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=installed /opt/bulkhead /opt/bulkhead
# The base brings a pip: nothing is installed into what runs.
# A login shell, with which KubeRay may be told to start Ray, has only the system's own folders on its path.
RUN python3 -m pip uninstall --yes --quiet --root-user-action ignore pip setuptools wheel \
    && ln -s /opt/bulkhead/bin/bulkhead /opt/bulkhead/bin/kopf /opt/bulkhead/bin/ray /usr/local/bin/ \
    && groupadd --gid 10001 bulkhead \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin bulkhead \
    && mkdir /exchange && chown 10001:10001 /exchange
ENV PATH=/opt/bulkhead/bin:/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    RAY_USAGE_STATS_ENABLED=0
WORKDIR /exchange
USER 10001:10001
CMD ["bulkhead", "--help"]
