#!/bin/sh
# exec makes the server PID 1, so that it receives SIGTERM and finishes its requests.
# --release-first is for the free plan, which has no pre-deploy step.
set -eu
if [ "${1:-}" = "--release-first" ]; then
  /srv/render/release.sh
fi
cd /srv/api
workers="${WEB_CONCURRENCY:-1}"
# With several workers, uvicorn exits with 0 if none of them can start.
[ "$workers" = 1 ] || python -c "import app.main"
# Proxies keep connections for later requests. Closed here first, the next request there would fail.
keep_alive_seconds=120
# No proxy headers: anyone can send them, and nothing here needs the client's address.
exec uvicorn app.main:app --host 0.0.0.0 --port "${PORT:-10000}" --workers "$workers" \
  --no-proxy-headers --no-server-header --timeout-graceful-shutdown 50 \
  --timeout-keep-alive "$keep_alive_seconds" --http render.api.protocol:LimitedProtocol
