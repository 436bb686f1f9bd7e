#!/usr/bin/env bash
# Builds one fuzz target on stable Rust and runs it: tests/fuzz/run.sh TARGET [SECONDS]
#
# New inputs go to target/corpus/TARGET, findings to target/findings; the committed corpus is read and never written.
set -euo pipefail
cd "$(dirname "$0")"
target=${1:?usage: run.sh manifest|component|component_sandbox|admit_connector|admit_language|admit_channel|admit_export|redact [SECONDS]}
seconds=${2:-600}

features=()
[ "$target" = component_sandbox ] && features=(--features sandbox)
# With a target named, what macros and build scripts are made of is built apart, without instrumentation.
machine=$(rustc -vV | sed -n 's/^host: //p')
RUSTC_WRAPPER="$PWD/rustc.sh" cargo build --release --locked --quiet --target "$machine" --target-dir target/covered --bin "$target" "${features[@]}"

seeds=corpus/${target%_sandbox}
mkdir -p "target/corpus/$target" target/findings "$seeds"
dictionary=()
[ -f "$target.dict" ] && dictionary=("-dict=$target.dict")
exec "target/covered/$machine/release/$target" "target/corpus/$target" "$seeds" "${dictionary[@]}" \
  -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
  -artifact_prefix="target/findings/$target-"
