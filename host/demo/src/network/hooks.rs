//! The receiver of the demo's alerts.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State as Shared,
    http::{HeaderMap, StatusCode},
};

use super::{Delivery, state::State};

/// `POST /hooks/alerts`
pub(super) async fn alerts(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let field = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let status = state.deliver(|answered| Delivery {
        received: state.clock.now(),
        id: field("webhook-id"),
        timestamp: field("webhook-timestamp"),
        signature: field("webhook-signature"),
        content_type: field("content-type"),
        body: body.to_vec(),
        answered,
    });
    StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT)
}
