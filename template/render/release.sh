#!/bin/sh
# Render runs this once before a deploy; a failure keeps the running version. Releases at the same
# time take turns: api/migrations/env.py.
set -eu
cd /srv/api
exec alembic upgrade head
