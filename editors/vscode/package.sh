#!/bin/sh
# Build the extension and pack it where the Python package takes it along:
# sessions_ls/editors/sessions.vsix. Needs node 20 or later, npm and python3.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --silent
npm run --silent package
