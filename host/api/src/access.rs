//! Access: what a request has proven. A handler asks for the proof as a parameter and cannot forget it.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path},
    http::{header, request::Parts},
};
use isocial_model::OrgId;
use isocial_pipeline::{Host, tenant::Tenant};
use isocial_store::{OperatorSession, OrgScope};

use crate::{Shared, problem::Problem, problem::ProblemType};

/// Somebody who has shown the operator's token.
pub(crate) struct Operator {
    pub(crate) session: OperatorSession,
    pub(crate) host: Arc<Host>,
}

impl FromRequestParts<Shared> for Operator {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let refuse = || {
            Problem::new(
                ProblemType::Unauthenticated,
                "send `Authorization: Bearer <the operator's token>`",
            )
        };
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(refuse)?;
        let session = shared
            .host
            .deployment
            .check_operator_token(token.trim())
            .await?
            .ok_or_else(refuse)?;
        Ok(Self {
            session,
            host: Arc::clone(&shared.host),
        })
    }
}

/// One organisation, entered: named by the path, proven by the token. Another's and a missing one are the same 404.
pub(crate) struct Entered {
    pub(crate) host: Arc<Host>,
    pub(crate) scope: OrgScope,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) shared: Shared,
}

impl FromRequestParts<Shared> for Entered {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let operator = Operator::from_request_parts(parts, shared).await?;
        let Path(path) = Path::<Vec<(String, String)>>::from_request_parts(parts, shared)
            .await
            .map_err(|_| Problem::not_found("organisation"))?;
        let id = path
            .iter()
            .find(|(name, _)| name == "org")
            .and_then(|(_, id)| id.parse::<OrgId>().ok())
            .ok_or_else(|| Problem::not_found("organisation"))?;
        let scope = operator
            .host
            .deployment
            .enter_as_operator(&operator.session, &id)
            .await?
            .ok_or_else(|| Problem::not_found("organisation"))?;
        let tenant = operator.host.tenant(&scope).await?;
        Ok(Self {
            host: operator.host,
            scope,
            tenant,
            shared: shared.clone(),
        })
    }
}
