//! Organisations and their workspaces.

use axum::{Json, extract::Path, http::StatusCode};
use isocial_model::OrgId;
use isocial_store::{NewOrganisation as Kept, Organisation, Region};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    access::{Entered, Operator},
    page::{Body, Listed},
    problem::Problem,
};

/// An organisation to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganisation {
    /// 2–40 of a–z, 0–9 and `-`, beginning with a letter; never given out twice.
    slug: String,
    /// As people read it; the slug if left out.
    name: Option<String>,
    /// Where its data is kept; `local` if left out.
    region: Option<String>,
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownOrganisation {
    /// Its id.
    id: String,
    /// Its slug.
    slug: String,
    /// Its name.
    name: String,
    /// Where its data is kept.
    region: String,
    /// When it was made · milliseconds since 1970.
    created: i64,
}

/// A workspace.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ShownWorkspace {
    /// Its id.
    #[serde(skip_deserializing)]
    id: String,
    /// Its name.
    name: String,
}

fn shown(org: Organisation) -> ShownOrganisation {
    ShownOrganisation {
        id: org.id.to_string(),
        slug: org.slug,
        name: org.name,
        region: org.region.name().into(),
        created: org.created.as_millis(),
    }
}

/// Lists all organisations.
pub(crate) async fn list(operator: Operator) -> Result<Json<Listed<ShownOrganisation>>, Problem> {
    let all = operator
        .host
        .deployment
        .organisations(&operator.session)
        .await?;
    Ok(Json(Listed::all(all.into_iter().map(shown).collect())))
}

/// Makes an organisation.
pub(crate) async fn create(
    operator: Operator,
    Body(new): Body<NewOrganisation>,
) -> Result<(StatusCode, Json<ShownOrganisation>), Problem> {
    let region = match new.region.as_deref() {
        None => Region::default(),
        Some(name) => Region::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = Region::ALL.iter().map(|r| r.name()).collect();
            Problem::invalid("/region", format!("expected one of {}", known.join(", ")))
        })?,
    };
    let kept = Kept {
        name: new.name.unwrap_or_else(|| new.slug.clone()),
        slug: new.slug,
        region,
    };
    let org = operator
        .host
        .deployment
        .create_organisation(&operator.session, &kept)
        .await?;
    Ok((StatusCode::CREATED, Json(shown(org))))
}

/// Destroys an organisation's key and removes its file.
pub(crate) async fn remove(
    operator: Operator,
    Path(org): Path<String>,
) -> Result<StatusCode, Problem> {
    let id: OrgId = org
        .parse()
        .map_err(|_| Problem::not_found("organisation"))?;
    operator.host.forget_id(&id);
    if operator
        .host
        .deployment
        .delete_organisation(&operator.session, &id)
        .await?
    {
        operator.host.forget_id(&id);
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("organisation"))
    }
}

/// Lists workspaces.
pub(crate) async fn workspaces(entered: Entered) -> Result<Json<Listed<ShownWorkspace>>, Problem> {
    let all = entered.tenant.db.workspaces().await?;
    let items = all
        .into_iter()
        .map(|w| ShownWorkspace {
            id: w.id.to_string(),
            name: w.name,
        })
        .collect();
    Ok(Json(Listed::all(items)))
}

/// Makes a workspace.
pub(crate) async fn create_workspace(
    entered: Entered,
    Body(new): Body<ShownWorkspace>,
) -> Result<(StatusCode, Json<ShownWorkspace>), Problem> {
    let id = entered.tenant.db.create_workspace(&new.name).await?;
    Ok((
        StatusCode::CREATED,
        Json(ShownWorkspace {
            id: id.to_string(),
            name: new.name,
        }),
    ))
}
