# One image for api, worker, notifier and console; the command says which.
FROM python:3.13.15-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements/runtime.txt /tmp/runtime.txt
RUN /opt/venv/bin/pip install --require-hashes --no-compile -r /tmp/runtime.txt \
 && /opt/venv/bin/pip uninstall -y pip \
 && /opt/venv/bin/python -m compileall -q /opt/venv

FROM python:3.13.15-slim-bookworm
RUN groupadd --gid 10001 plainview \
 && useradd --uid 10001 --gid plainview --home-dir /var/lib/plainview --no-create-home --shell /usr/sbin/nologin plainview \
 && install -d -o plainview -g plainview -m 0700 /var/lib/plainview \
 && install -d -o plainview -g plainview /run/plainview /badger \
      /secrets/alertmanager /secrets/console /secrets/grafana /secrets/notifier /secrets/postgres \
      /secrets/prometheus /secrets/redis /secrets/service
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/plainview
COPY app app
COPY telemetry telemetry
COPY dashboards dashboards
COPY alerts alerts
COPY stack stack
RUN /opt/venv/bin/python -m compileall -q .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PLAINVIEW_HOME=/var/lib/plainview
USER plainview
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["python", "-m", "stack.healthcheck", "http://127.0.0.1:8000/health/ready"]
CMD ["python", "-m", "app", "serve"]
