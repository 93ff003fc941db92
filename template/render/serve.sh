#!/bin/sh
# exec makes the server PID 1, so that it gets SIGTERM and can finish its requests.
# --release-first is for the free plan, which has no step before a deploy.
set -eu
if [ "${1:-}" = "--release-first" ]; then
  /srv/render/release.sh
fi
cd /srv/api
exec uvicorn app.main:app --host 0.0.0.0 --port "${PORT:-10000}" --timeout-graceful-shutdown 50
