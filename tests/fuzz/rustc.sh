#!/bin/sh
# cargo's wrapper for rustc: adds the compiler's coverage instrumentation to what is fuzzed and to nothing else (build scripts and
# macros would not link with it; the WebAssembly compiler would only be slow). These flags are stable; no nightly is needed.
rustc=$1
shift
name=
target=
last=
for arg; do
  [ "$last" = --crate-name ] && name=$arg
  [ "$last" = --target ] && target=$arg
  last=$arg
done
# Without a target it is part of a macro or of a build script.
[ -n "$target" ] || name=
case $name in
isocial_* | manifest | component* | admit_* | redact | toml* | winnow | serde_json | wasmparser | semver | unicode_normalization | postcard)
  exec "$rustc" "$@" --cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
  ;;
esac
exec "$rustc" "$@"
