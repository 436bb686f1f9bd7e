//! `/api/v1`: one file a noun; every path carries the organisation.

mod addresses;
mod exports;
mod incidents;
mod installations;
mod mentions;
mod monitors;
mod organisations;
mod plugins;
mod receipts;
mod restrictions;
mod rules;
mod sources;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{delete, get, post},
};

use crate::Shared;

pub(crate) use self::{
    addresses::{MadeAddress, NewAddress, ShownAddress},
    exports::{AskedExport, ShownExport},
    incidents::{ShownIncident, ShownNotice},
    installations::{
        GivenCredential, NewInstallation, ShownHealth, ShownInstallation, ShownLogLine,
    },
    mentions::{ShownBucket, ShownMention},
    monitors::{NewMonitor, ShownMonitor},
    organisations::{NewOrganisation, ShownOrganisation},
    plugins::{ShownExplanation, ShownPlugin},
    receipts::{ShownReceipt, ShownVerdict},
    restrictions::ShownRestrictions,
    rules::{NewRule, ShownRule},
    sources::{NewSource, ShownSource},
};

/// All routes. `describe` lists the same ones; a test holds the two against each other.
pub(crate) fn router() -> Router<Shared> {
    let org = Router::new()
        .route("/", delete(organisations::remove))
        .route(
            "/workspaces",
            get(organisations::workspaces).post(organisations::create_workspace),
        )
        .route(
            "/installations",
            get(installations::list).post(installations::create),
        )
        .route("/installations/{id}", delete(installations::remove))
        .route(
            "/installations/{id}/rights",
            get(plugins::explain_installed),
        )
        .route("/installations/{id}/log", get(installations::log))
        .route("/sources", get(sources::list).post(sources::create))
        .route(
            "/sources/{id}/address",
            get(addresses::show)
                .post(addresses::create)
                .delete(addresses::remove),
        )
        .route("/monitors", get(monitors::list).post(monitors::create))
        .route(
            "/monitors/{id}",
            get(monitors::show).delete(monitors::remove),
        )
        .route("/monitors/{id}/timeline", get(mentions::timeline))
        .route("/mentions", get(mentions::list))
        .route("/mentions/live", get(mentions::live))
        .route("/mentions/{id}", get(mentions::show))
        .route(
            "/restrictions",
            get(restrictions::show).put(restrictions::set),
        )
        .route("/rules", get(rules::list).post(rules::create))
        .route("/rules/{id}", delete(rules::remove))
        .route("/incidents", get(incidents::list))
        .route("/notices", get(incidents::notices))
        .route("/exports", get(exports::list).post(exports::create))
        .route("/exports/{id}", get(exports::show))
        .route("/exports/{id}/file", get(exports::file))
        .route("/receipts", get(receipts::list))
        .route("/receipts/verdict", get(receipts::verdict))
        .route("/receipts/file", get(receipts::file));
    Router::new()
        .route(
            "/organisations",
            get(organisations::list).post(organisations::create),
        )
        .route("/plugins/{publisher}/{name}/rights", get(plugins::explain))
        .route("/receipts", get(receipts::list_shared))
        .route("/receipts/verdict", get(receipts::verdict_shared))
        .route("/receipts/file", get(receipts::file_shared))
        .route("/receipts/key", get(receipts::key))
        .route(
            "/plugins",
            get(plugins::list)
                .post(plugins::create)
                .layer(DefaultBodyLimit::max(plugins::COMPONENT_BYTES)),
        )
        .route(
            "/plugins/{publisher}/{name}/{version}",
            delete(plugins::remove),
        )
        .route("/queries/check", post(monitors::check))
        .nest("/organisations/{org}", org)
}
