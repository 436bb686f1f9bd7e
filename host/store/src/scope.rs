//! Scopes: proof that somebody may enter one organisation. Nothing outside this file can make one (B19).

use isocial_model::{MonitorId, OrgId, Secret};

use crate::{Deployment, StoreError};

/// Proof that an operator's token was shown. Made only by [`Deployment::check_operator_token`].
#[derive(Debug, Clone)]
pub struct OperatorSession {
    token: i64,
}

/// Proof that one organisation may be entered. There is no other way to an [`crate::OrgDb`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrgScope {
    org: OrgId,
}

impl OrgScope {
    /// Which organisation: for logs and cache keys, never to look rows up by.
    pub fn org(&self) -> &OrgId {
        &self.org
    }
    /// Inside this crate only: from a row that has just been proven.
    pub(crate) fn proven(org: OrgId) -> Self {
        Self { org }
    }
}

/// A monitor that reads a shared stream, as registered. Made only by [`Deployment::stream_monitors`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamMonitor {
    pub(crate) stream: String,
    pub(crate) org: OrgId,
    pub(crate) monitor: MonitorId,
}

impl StreamMonitor {
    /// The organisation: to group by.
    pub fn org(&self) -> &OrgId {
        &self.org
    }
    /// The monitor.
    pub fn monitor(&self) -> &MonitorId {
        &self.monitor
    }
    /// The stream.
    pub fn stream(&self) -> &str {
        &self.stream
    }
}

impl Deployment {
    /// Makes the first operator token, to be shown once. `None` if there is one already.
    pub async fn first_operator_token(&self) -> Result<Option<Secret>, StoreError> {
        unimplemented!()
    }
    /// Makes a further operator token, to be shown once.
    pub async fn create_operator_token(&self, operator: &OperatorSession) -> Result<Secret, StoreError> {
        let _ = operator;
        unimplemented!()
    }
    /// Whose token this is, if it is one.
    pub async fn check_operator_token(&self, token: &str) -> Result<Option<OperatorSession>, StoreError> {
        let _ = token;
        unimplemented!()
    }
    /// Enters an organisation as operator. `None` if there is no such organisation.
    pub async fn enter_as_operator(
        &self,
        operator: &OperatorSession,
        org: &OrgId,
    ) -> Result<Option<OrgScope>, StoreError> {
        let _ = (operator.token, org);
        unimplemented!()
    }
    /// Registers a monitor of this organisation as a reader of a shared stream. Once is enough.
    pub async fn watch_stream(&self, scope: &OrgScope, stream: &str, monitor: &MonitorId) -> Result<(), StoreError> {
        let _ = (scope, stream, monitor);
        unimplemented!()
    }
    /// Takes a monitor off a shared stream.
    pub async fn unwatch_stream(&self, scope: &OrgScope, stream: &str, monitor: &MonitorId) -> Result<(), StoreError> {
        let _ = (scope, stream, monitor);
        unimplemented!()
    }
    /// Every monitor that reads a shared stream, of all organisations.
    pub async fn stream_monitors(&self, stream: &str) -> Result<Vec<StreamMonitor>, StoreError> {
        let _ = stream;
        unimplemented!()
    }
    /// Enters the organisation of a registered monitor, if it still is one.
    pub async fn scope_for_match(&self, monitor: &StreamMonitor) -> Result<Option<OrgScope>, StoreError> {
        let _ = monitor;
        unimplemented!()
    }
}
