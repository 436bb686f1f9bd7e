//! Addresses of sources: where a network delivers by itself. Shown once, when one is made.

use axum::{Json, extract::Path, http::StatusCode};
use isocial_model::AccountId;
use isocial_pipeline::address::{self, AddressError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::Entered,
    page::Body,
    problem::{Problem, ProblemType},
};

/// An address to be made, in place of the one that the source may have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAddress {
    /// What the network signs its deliveries with, 16 to 199 bytes; sealed at once and never shown again. It becomes the credential of the
    /// connector's installation. Left out: the one that is there.
    secret: Option<String>,
}

impl std::fmt::Debug for NewAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewAddress(…)")
    }
}

/// An address, the only time that it is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeAddress {
    /// Give it to the network, and to nobody else.
    address: String,
}

impl std::fmt::Debug for MadeAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MadeAddress(…)")
    }
}

/// That a source has an address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownAddress {
    /// Since when · milliseconds since 1970.
    made: i64,
}

fn source(id: &str) -> Result<AccountId, Problem> {
    id.parse().map_err(|_| Problem::not_found("source"))
}

/// Makes the address of a source, in place of the one that it may have.
pub(crate) async fn create(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
    Body(new): Body<NewAddress>,
) -> Result<(StatusCode, Json<MadeAddress>), Problem> {
    let deployment = &entered.host.deployment;
    let secret = new.secret.as_deref();
    let path = address::make(deployment, &entered.scope, &source(&id)?, secret).await?;
    let base = &entered.host.settings.own_base;
    let address = format!("{base}{}", String::from_utf8_lossy(path.expose()));
    Ok((StatusCode::CREATED, Json(MadeAddress { address })))
}

/// Says since when a source has its address, never which.
pub(crate) async fn show(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<ShownAddress>, Problem> {
    let made = entered
        .host
        .deployment
        .address_made(&entered.scope, &source(&id)?)
        .await?
        .ok_or_else(|| Problem::not_found("address"))?;
    Ok(Json(ShownAddress {
        made: made.as_millis(),
    }))
}

/// Withdraws the address of a source.
pub(crate) async fn remove(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let withdrawn = entered
        .host
        .deployment
        .withdraw_address(&entered.scope, &source(&id)?)
        .await?;
    if withdrawn {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("address"))
    }
}

impl From<AddressError> for Problem {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Store(error) => error.into(),
            AddressError::NoSource => Self::not_found("source"),
            AddressError::NoSecret(_) | AddressError::Secret(_) => {
                Self::invalid("/secret", error.to_string())
            }
            AddressError::TakesNone(_) => Self::new(ProblemType::Conflict, error.to_string()),
            other => Self::internal(&other),
        }
    }
}
