//! Organisations: made, listed and destroyed by an operator.

use isocial_model::{Instant, OrgId};

use crate::{Deployment, StoreError, scope::OperatorSession};

/// Where an organisation's data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Region {
    /// The operator's own place: the only one of a deployment that names none.
    #[default]
    Local,
    /// `us-east`
    UsEast,
    /// `us-west`
    UsWest,
    /// `eu-frankfurt`
    EuFrankfurt,
    /// `eu-ireland`
    EuIreland,
    /// `ap-singapore`
    ApSingapore,
    /// `ap-tokyo`
    ApTokyo,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 7] = [
        Self::Local,
        Self::UsEast,
        Self::UsWest,
        Self::EuFrankfurt,
        Self::EuIreland,
        Self::ApSingapore,
        Self::ApTokyo,
    ];
    /// The name in paths, configuration and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::UsEast => "us-east",
            Self::UsWest => "us-west",
            Self::EuFrankfurt => "eu-frankfurt",
            Self::EuIreland => "eu-ireland",
            Self::ApSingapore => "ap-singapore",
            Self::ApTokyo => "ap-tokyo",
        }
    }
    /// The region of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// An organisation to be made.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    /// 2–40 of a–z, 0–9 and `-`, beginning with a letter; never given out twice.
    pub slug: String,
    /// As people read it · 1–200 bytes.
    pub name: String,
    /// Where its data is kept.
    pub region: Region,
}

/// An organisation as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Where its data is kept.
    pub region: Region,
    /// When it was made.
    pub created: Instant,
}

impl Deployment {
    /// Makes an organisation with a key and a file of its own.
    pub async fn create_organisation(
        &self,
        operator: &OperatorSession,
        new: &NewOrganisation,
    ) -> Result<Organisation, StoreError> {
        let _ = (operator, new);
        unimplemented!()
    }
    /// All organisations, by slug.
    pub async fn organisations(&self, operator: &OperatorSession) -> Result<Vec<Organisation>, StoreError> {
        let _ = operator;
        unimplemented!()
    }
    /// One organisation by its slug.
    pub async fn organisation_by_slug(
        &self,
        operator: &OperatorSession,
        slug: &str,
    ) -> Result<Option<Organisation>, StoreError> {
        let _ = (operator, slug);
        unimplemented!()
    }
    /// Destroys an organisation's key, then removes its files and rows. False if there is none of this id.
    pub async fn delete_organisation(&self, operator: &OperatorSession, org: &OrgId) -> Result<bool, StoreError> {
        let _ = (operator, org);
        unimplemented!()
    }
}
