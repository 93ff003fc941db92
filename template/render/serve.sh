#!/bin/sh
# exec makes the server PID 1, so that it gets SIGTERM and can finish its requests.
# --release-first is for the free plan, which has no step before a deploy.
set -eu
if [ "${1:-}" = "--release-first" ]; then
  /srv/render/release.sh
fi
cd /srv/api
workers="${WEB_CONCURRENCY:-1}"
# With several workers uvicorn ends with 0 when none of them can start.
[ "$workers" = 1 ] || python -c "import app.main"
# No proxy headers: anyone can send them, and nothing here reads the client's address from them.
exec uvicorn app.main:app --host 0.0.0.0 --port "${PORT:-10000}" --workers "$workers" \
  --no-proxy-headers --no-server-header --timeout-graceful-shutdown 50
