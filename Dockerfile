# Two images from one file: docker build --target web .  and  docker build --target worker .
# docs/deploy.md says how they are run; deploy/compose.yaml runs them.

FROM python:3.13-slim AS base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PATH=/venv/bin:$PATH \
    MOMA_INSTANCE=/data
RUN useradd --system --uid 10001 --home-dir /data --create-home moma && install -d -o moma /data/media
WORKDIR /srv/moma

# The web process: no torch, no diffusers, no transformers; of the model only what it reads about it.
FROM base AS web
# Of the 34 MB of what Babel knows of the world's languages, those that pages speak stay.
COPY requirements/web.txt requirements/web.txt
RUN python -m venv --without-pip /venv && \
    pip --python /venv/bin/python install --requirement requirements/web.txt && \
    find /venv -path '*/babel/locale-data/*.dat' -not -name 'root.dat' -not -name 'en*.dat' -not -name 'de*.dat' -delete
COPY app app
COPY sketch sketch
COPY migrations migrations
COPY templates templates
COPY static static
COPY deploy/gunicorn.conf.py deploy/gunicorn.conf.py
COPY models/house/house.json models/house/house.json
COPY models/house/lexicon.npz models/house/lexicon.npz
COPY models/house/sketch.json models/house/sketch.json
COPY models/house/sketchbook.zip models/house/sketchbook.zip
COPY models/meaning models/meaning
COPY models/styles models/styles
COPY wsgi.py wsgi.py
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "wsgi:app"]

# The worker: the model and what paints with it. For an NVIDIA card leave TORCH_INDEX empty.
FROM base AS worker
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY requirements/worker.txt requirements/worker.txt
RUN python -m venv --without-pip /venv && \
    PIP_EXTRA_INDEX_URL=$TORCH_INDEX pip --python /venv/bin/python install --requirement requirements/worker.txt
COPY app app
COPY migrations migrations
COPY eye eye
COPY sketch sketch
COPY worker worker
COPY models models
COPY wsgi.py wsgi.py
USER 10001
VOLUME /data
HEALTHCHECK --interval=30s --timeout=20s --start-period=120s \
    CMD ["flask", "--app", "wsgi", "doctor"]
CMD ["python", "-m", "worker"]
