#!/bin/sh
# One command: compiles pack.py to a component and makes the package: ./build.sh [FOLDER]
#
# componentize-py is found on the path (`pip install -r requirements.txt`) or in the folder of test tools, `isocial` by ISOCIAL_BIN or
# on the path.
set -eu
cd "$(dirname "$0")"
out=${1:-target}
PATH="${ISOCIAL_TEST_TOOLS:-.}/py/bin:$PATH"
mkdir -p "$out"
# Python's own imports of the system are replaced by stubs that trap; what is left to import is `log`.
PYTHONDONTWRITEBYTECODE=1 componentize-py --quiet --wit-path ../../wit --world language-plugin \
  componentize --stub-wasi --python-path . --output "$out/dutch-pack.component" pack
"${ISOCIAL_BIN:-isocial}" plugin build . --component "$out/dutch-pack.component" --out "$out"
