//! What an organisation withholds from every plugin of its own.

use axum::Json;
use isocial_gate::Restrictions;
use isocial_model::Purpose;
use isocial_pipeline::enable;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{access::Entered, page::Body, problem::Problem};

/// What is withheld, whatever a plugin asks for and was granted. It can only take away.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownRestrictions {
    /// Fields with the most that is given of them: `post.author:pairwise-ref`, or `post.place:none` for nothing.
    #[serde(default)]
    at_most: Vec<String>,
    /// Purposes for which nothing is given, such as `analysis/emotion`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    no_purposes: Vec<Purpose>,
    /// Redacted text lacks persons' names as well, as far as a list of given names knows them.
    #[serde(default)]
    strict_redaction: bool,
}

/// Shows what is withheld. `GET …/installations/{id}/rights` shows what that leaves to a plugin.
pub(crate) async fn show(entered: Entered) -> Result<Json<ShownRestrictions>, Problem> {
    let kept = match entered.tenant.db.restrictions().await? {
        Some(text) => serde_json::from_str(&text).map_err(|e| Problem::internal(&e))?,
        None => Restrictions::default(),
    };
    Ok(Json(ShownRestrictions {
        at_most: kept.at_most,
        no_purposes: kept.no_purposes,
        strict_redaction: kept.strict_redaction,
    }))
}

/// Withholds this from the next step of each job on, in place of what was withheld before.
pub(crate) async fn set(
    entered: Entered,
    Body(given): Body<ShownRestrictions>,
) -> Result<Json<ShownRestrictions>, Problem> {
    let new = Restrictions {
        at_most: given.at_most.clone(),
        no_purposes: given.no_purposes.clone(),
        strict_redaction: given.strict_redaction,
    };
    let db = &entered.tenant.db;
    enable::restrict(&entered.host, &entered.scope, db, &new, "operator").await?;
    Ok(Json(given))
}
