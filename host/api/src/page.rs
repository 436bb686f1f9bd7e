//! Lists: a cursor, never an offset; the same envelope everywhere. And bodies, whose mistakes are problems like all others.

use axum::{
    extract::{FromRequest, FromRequestParts, Query, Request, rejection::JsonRejection},
    http::request::Parts,
};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{Shared, problem::Problem};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Send as `after` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T> Listed<T> {
    /// A list that is whole.
    pub(crate) fn all(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, shared).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::invalid(
                "content-type",
                "expected `application/json`",
            )),
            Err(error) => Err(Problem::invalid("body", error.body_text())),
        }
    }
}

/// Query parameters.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Parameters<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, shared).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(error) => Err(Problem::invalid("query", error.body_text())),
        }
    }
}
