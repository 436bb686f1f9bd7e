//! `/metrics` for Prometheus: counts without names. No organisation, monitor, query or address is ever a label.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

use crate::{Shared, access::Operator, problem::Problem};

/// All counts since the start.
pub(crate) async fn metrics(
    _operator: Operator,
    State(shared): State<Shared>,
) -> Result<Response, Problem> {
    let mut registry = Registry::with_prefix("isocial");
    let host = &shared.host;
    for (name, help, value) in host.counters.each() {
        registry.register(name, help.trim_end_matches('.'), ConstCounter::new(value));
    }
    let calls: u64 = host.library.all().iter().map(|l| l.plugin.calls()).sum();
    registry.register("plugin_calls", "Calls of plugins", ConstCounter::new(calls));
    registry.register(
        "streams_open",
        "Streams that are open now",
        ConstGauge::new(host.streams.open() as i64),
    );
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|e| Problem::internal(&e))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
