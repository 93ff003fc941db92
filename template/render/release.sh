#!/bin/sh
# Render runs this once before a deploy; a failure keeps the running version.
set -eu
cd /srv/api
exec alembic upgrade head
