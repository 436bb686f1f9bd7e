//! Errors as RFC 9457 has them: a stable type, a title, what happened, what to do. Nothing of the inside for 5xx.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use isocial_pipeline::{JobError, enable::EnableError, tenant::PlugError};
use isocial_store::StoreError;
use serde::Serialize;

/// Every type of problem, with its slug, status and title. A test holds this table against the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemType {
    /// No token, or one that does not open.
    Unauthenticated,
    /// It does not exist, or not for you.
    NotFound,
    /// Another method is expected.
    MethodNotAllowed,
    /// The request is not what was expected.
    Invalid,
    /// It contradicts what is there.
    Conflict,
    /// It took too long.
    Timeout,
    /// The disk is full.
    Full,
    /// Something inside went wrong.
    Internal,
}

impl ProblemType {
    /// All types.
    pub const ALL: [Self; 8] = [
        Self::Unauthenticated,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Invalid,
        Self::Conflict,
        Self::Timeout,
        Self::Full,
        Self::Internal,
    ];
    /// Slug, status and title.
    pub const fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Unauthenticated => (
                "unauthenticated",
                StatusCode::UNAUTHORIZED,
                "A token is needed",
            ),
            Self::NotFound => ("not-found", StatusCode::NOT_FOUND, "There is no such thing"),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "Another method is expected",
            ),
            Self::Invalid => (
                "invalid",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The request is not what was expected",
            ),
            Self::Conflict => (
                "conflict",
                StatusCode::CONFLICT,
                "It contradicts what is there",
            ),
            Self::Timeout => (
                "timeout",
                StatusCode::SERVICE_UNAVAILABLE,
                "It took too long",
            ),
            Self::Full => (
                "full",
                StatusCode::INSUFFICIENT_STORAGE,
                "There is no room to keep it",
            ),
            Self::Internal => (
                "internal",
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something inside went wrong",
            ),
        }
    }
}

/// One mistake in the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldProblem {
    /// JSON pointer or name of the field.
    pub(crate) field: String,
    /// What is wrong and what was expected.
    pub(crate) detail: String,
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

impl Problem {
    /// A problem of this type.
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        let (slug, status, title) = kind.row();
        Self {
            kind: format!("/problems/{slug}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }
    /// Something that does not exist, or not for this caller: the same answer.
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemType::NotFound, format!("there is no such {what}"))
    }
    /// A mistake at one field.
    pub fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(
            ProblemType::Invalid,
            "correct the fields below and send it again",
        );
        problem.errors.push(FieldProblem {
            field: field.into(),
            detail: detail.into(),
        });
        problem
    }
    /// Something inside; the cause is logged here and nowhere shown.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %error, "a request failed inside");
        Self::new(ProblemType::Internal, "the cause is in the server's log")
    }
    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full { .. } => Self::new(
                ProblemType::Full,
                "nothing was kept; ask the operator for room, then try again",
            ),
            StoreError::Gone => Self::not_found("organisation"),
            StoreError::Taken { .. } => Self::new(ProblemType::Conflict, error.to_string()),
            StoreError::Invalid { what, ref problem } => {
                Self::invalid(pointer_of(what), problem.clone())
            }
            StoreError::Unknown { what } => Self::not_found(what),
            other => Self::internal(&other),
        }
    }
}

/// Where in a request the value stands that the store calls by this name. What stands in none keeps its name.
fn pointer_of(what: &'static str) -> &'static str {
    match what {
        "the organisation's short name" => "/slug",
        "the name" => "/name",
        "the query" => "/query",
        "the configuration" => "/config",
        "the monitor's settings" => "/settings",
        other => other,
    }
}

impl From<EnableError> for Problem {
    fn from(error: EnableError) -> Self {
        match error {
            EnableError::Store(error) => error.into(),
            EnableError::Config(ref config) => {
                Self::invalid(format!("/config{}", config.pointer), config.problem.clone())
            }
            EnableError::Query(ref errors) => {
                let mut problem = Self::new(ProblemType::Invalid, "the query cannot be used");
                for error in errors.errors() {
                    problem.errors.push(FieldProblem {
                        field: "/query".into(),
                        detail: error.to_string(),
                    });
                }
                problem
            }
            EnableError::NetworkTaken { .. } => Self::new(ProblemType::Conflict, error.to_string()),
            EnableError::Host(_) => Self::invalid("/hosts", error.to_string()),
            EnableError::Restriction(_) => Self::invalid("/at_most", error.to_string()),
            EnableError::Unknown(what) => Self::not_found(what),
            other => Self::invalid("package", other.to_string()),
        }
    }
}

impl From<PlugError> for Problem {
    fn from(error: PlugError) -> Self {
        match error {
            PlugError::Store(error) => error.into(),
            PlugError::Absent(_) => Self::not_found("installation"),
            other => Self::new(ProblemType::Conflict, other.to_string()),
        }
    }
}

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Store(error) => error.into(),
            JobError::Plug(error) => error.into(),
            other => Self::internal(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_own_slug() {
        let mut slugs: Vec<_> = ProblemType::ALL.iter().map(|t| t.row().0).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ProblemType::ALL.len());
    }

    #[test]
    fn an_inner_error_shows_nothing_of_itself() {
        let inner = std::io::Error::other("seeded-canary");
        assert!(
            !serde_json::to_string(&Problem::internal(&inner))
                .unwrap()
                .contains("canary")
        );
    }
}
