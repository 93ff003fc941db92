#!/bin/sh
# Render runs this once before a deploy; if it fails, the running version stays. Releases that
# overlap wait for each other: api/migrations/env.py.
set -eu
cd /srv/api
exec alembic upgrade head
