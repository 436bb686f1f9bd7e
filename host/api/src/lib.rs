//! The HTTP surface: routes under `/api/v1`, described by OpenAPI, errors as problem+json (RFC 9457), health and metrics.
//!
//! Lives here: what a request must prove, and how values look outside. Not here: what happens then (`pipeline`), which fields of
//! a post people may see (`gate::present`).
//!
//! Without the operator's token nothing but health and the description answers, and the addresses that networks deliver to, each for
//! its own source.

mod access;
mod describe;
mod inbound;
mod metrics;
mod page;
mod problem;
mod v1;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use isocial_pipeline::{Host, inbound::Turnstile};
use tokio_util::sync::CancellationToken;

pub use describe::Description;
pub use problem::{Problem, ProblemType};

/// Largest request body · bytes. A query is at most 8 KiB; configurations at most 16.
const BODY_BYTES: usize = 256 * 1024;
/// Longest time that a request may take. Live streams are no requests in this sense: their head is answered at once.
const REQUEST: std::time::Duration = std::time::Duration::from_secs(30);
/// The same where a component is sent: the sandbox may take two minutes to compile a stranger's, and no thread of the server waits.
const COMPONENT: std::time::Duration = std::time::Duration::from_secs(150);

/// What every route is given.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) host: Arc<Host>,
    pub(crate) stop: CancellationToken,
    pub(crate) turnstile: Arc<Turnstile>,
}

/// All routes.
pub fn router(host: Arc<Host>, stop: CancellationToken) -> Router {
    let turnstile = Arc::new(Turnstile::new(
        host.settings.deliveries_per_minute,
        host.settings.deliveries_at_once,
    ));
    let shared = Shared {
        host,
        stop,
        turnstile,
    };
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .route("/api/v1/openapi.json", get(describe::openapi))
        .nest("/api/v1", v1::router())
        .merge(inbound::router())
        .fallback(|| async { Problem::not_found("route") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                ProblemType::MethodNotAllowed,
                "this address exists, and not for this method",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(bounded))
        .with_state(shared)
}

/// Serves until `stop` is cancelled; requests in hand are answered first.
pub async fn serve(
    host: Arc<Host>,
    listener: tokio::net::TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let app = router(host, stop.clone());
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

/// Ready as soon as the deployment's file answers.
async fn ready(axum::extract::State(shared): axum::extract::State<Shared>) -> Response {
    match shared
        .host
        .deployment
        .next_due(isocial_store::Lane::Work)
        .await
    {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the data folder does not answer\n",
            )
                .into_response()
        }
    }
}

/// No request takes longer than its bound, and no answer is kept by caches or framed by other pages.
async fn bounded(request: axum::extract::Request, next: middleware::Next) -> Response {
    let component =
        request.method() == axum::http::Method::POST && request.uri().path() == "/api/v1/plugins";
    let most = if component { COMPONENT } else { REQUEST };
    let mut response = match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            ProblemType::Timeout,
            format!("the request took longer than {} s", most.as_secs()),
        )
        .into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
