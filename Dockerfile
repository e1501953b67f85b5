# Two images from one file:  docker build --target web .   and   docker build --target worker .
# By argument:  DEVICE=cuda      a worker for NVIDIA cards (cpu unless said otherwise)
#               EXTRAS="s3"      lock files of requirements/ to install besides: s3, gcs, gguf, music, telemetry, several with spaces
#               VERSION, REVISION, SOURCE    what the image's labels say
# docs/how-to/operators/compose.md says how they are run; deploy/compose.yaml and deploy/k8s run them. A volume at /weights holds models that are
# not shipped, and what is downloaded from the Hugging Face hub (docs/how-to/operators/own-model.md).

FROM python:3.13-slim AS base
ARG VERSION=unreleased
ARG REVISION=unknown
ARG SOURCE=""
LABEL org.opencontainers.image.title="MoMA Lisa" \
      org.opencontainers.image.description="Walks through the latent space of a text-to-image model" \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.source=$SOURCE \
      org.opencontainers.image.licenses=Apache-2.0
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PATH=/venv/bin:$PATH \
    MOMA_INSTANCE=/data \
    HF_HOME=/weights/huggingface
RUN groupadd --system --gid 10001 moma && \
    useradd --system --uid 10001 --gid 10001 --home-dir /data --create-home moma && \
    install -d -o moma -g moma /data/media /weights
WORKDIR /srv/moma

# Packages are installed in stages of their own: of these the images take the finished environments and nothing else.
FROM base AS builder
# With SOURCE_DATE_EPOCH given, compiled files name their source by its hash rather than its time: the same twice.
ARG SOURCE_DATE_EPOCH
ARG EXTRAS=""
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements requirements
RUN python -m venv --without-pip /venv

FROM builder AS web-packages
# Of the 34 MB of what Babel knows of the world's languages, those that pages speak stay; of numpy, neither its tests
# nor what compiles extensions; of SQLAlchemy, Alembic, greenlet and fsspec, no tests; of all, no sources and headers
# of C. Models are downloaded by plain requests, so the hub's own protocol (11 MB) goes too.
RUN for lock in web $EXTRAS; do \
      pip --python /venv/bin/python install --requirement "requirements/$lock.txt" || exit 1; \
    done && \
    find /venv -path '*/babel/locale-data/*.dat' -not -name 'root.dat' -not -name 'en.dat' -not -name 'en_001.dat' \
      -not -name 'en_GB.dat' -not -name 'de.dat' -delete && \
    find /venv -type f '(' -path '*/numpy/*/tests/*' -o -path '*/numpy/f2py/*' -o -path '*/numpy/distutils/*' \
      -o -path '*/hf_xet*' -o -path '*/numpy/_core/include/*' \
      -o -path '*/sqlalchemy/testing/*' -o -path '*/alembic/testing/*' -o -path '*/greenlet/tests/*' \
      -o -path '*/fsspec/tests/*' \
      -o -name '*.a' -o -name '*.[ch]' -o -name '*.px[di]' -o -name '*.py[ix]' ')' -delete

FROM builder AS worker-packages
ARG DEVICE=cpu
# torch for processors alone has an index of its own; the one on PyPI brings CUDA.
RUN case "$DEVICE" in \
      cpu) export PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu ;; \
      cuda) ;; \
      *) echo "DEVICE is cpu or cuda, not $DEVICE." >&2; exit 1 ;; \
    esac && \
    for lock in worker $EXTRAS; do \
      pip --python /venv/bin/python install --requirement "requirements/$lock.txt" || exit 1; \
    done

# The web process: no torch, no diffusers, no transformers; of the model only what it reads about it.
FROM base AS web
COPY --from=web-packages /venv /venv
COPY app app
COPY sketch sketch
COPY migrations migrations
COPY templates templates
COPY static static
COPY deploy/gunicorn.conf.py deploy/gunicorn.conf.py
COPY models/families/sd1 models/families/sd1
COPY models/families/sd2 models/families/sd2
COPY models/families/sdxl models/families/sdxl
COPY models/house/house.json models/house/house.json
COPY models/house/lexicon.npz models/house/lexicon.npz
COPY models/house/sketch.json models/house/sketch.json
COPY models/house/sketchbook-more.zip models/house/sketchbook-more.zip
COPY models/house/sketchbook.zip models/house/sketchbook.zip
COPY models/meaning models/meaning
COPY models/styles models/styles
COPY wsgi.py wsgi.py
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["env", "no_proxy=127.0.0.1", \
         "python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "wsgi:app"]

# The worker: the model and what paints with it.
FROM base AS worker
COPY --from=worker-packages /venv /venv
COPY app app
COPY migrations migrations
COPY decoder decoder
COPY image_encoder image_encoder
COPY sketch sketch
COPY worker worker
COPY models models
COPY wsgi.py wsgi.py
USER 10001
VOLUME /data
HEALTHCHECK --interval=30s --timeout=20s --start-period=120s \
    CMD ["flask", "--app", "wsgi", "doctor"]
CMD ["python", "-m", "worker"]
