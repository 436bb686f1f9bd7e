//! What people are shown of a package before they trust it.

use isocial_model::contract::{Contract, HostRule, Slot};
use serde::Serialize;

use crate::{config::ConfigSchema, inbound::InboundRule, package::Package};

/// Everything about a package, without running it; the JSON of `isocial plugin inspect --json`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inspection<'a> {
    /// `publisher/name`.
    pub id: &'a str,
    /// Its version.
    pub version: String,
    /// Its kind.
    pub kind: &'static str,
    /// The interface that it was made for.
    pub interface: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// What it does.
    pub description: &'a str,
    /// SPDX expression.
    pub licence: &'a str,
    /// Bytes of the component.
    pub size: usize,
    /// SHA-256 of the component, lower-case hex.
    pub digest: &'a str,
    /// What it imports.
    pub imports: &'a [String],
    /// What it exports.
    pub exports: &'a [String],
    /// Networks, of a connector.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub networks: &'a [String],
    /// Languages, of a language pack.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub languages: &'a [String],
    /// One a function.
    pub contracts: Vec<InspectedContract<'a>>,
    /// Credentials that it names and never sees.
    pub credentials: &'a [Slot],
    /// How deliveries to it are verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound: Option<&'a InboundRule>,
    /// What can be set.
    pub config: &'a ConfigSchema,
}

/// What a function may be given and may reach.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct InspectedContract<'a> {
    /// The exported function.
    pub function: &'a str,
    /// Why it is given anything.
    pub purposes: Vec<&'static str>,
    /// Fields at their precision.
    pub input: Vec<String>,
    /// Hosts that it may reach, with the reason.
    pub egress: &'a [HostRule],
    /// Items a call.
    pub batch_max: u32,
    /// What the destination keeps.
    pub retention: &'a str,
    /// Where the data goes.
    pub region: &'a str,
}

impl<'a> From<&'a Contract> for InspectedContract<'a> {
    fn from(contract: &'a Contract) -> Self {
        Self {
            function: &contract.function,
            purposes: contract.purposes.iter().map(|p| p.name()).collect(),
            input: contract
                .input
                .iter()
                .map(|right| right.to_string())
                .collect(),
            egress: &contract.egress,
            batch_max: contract.batch_max,
            retention: &contract.retention,
            region: &contract.region,
        }
    }
}

impl<'a> Inspection<'a> {
    pub(crate) fn of(package: &'a Package) -> Self {
        let manifest = package.manifest();
        Self {
            id: &manifest.id,
            version: manifest.version.to_string(),
            kind: manifest.kind.name(),
            interface: &manifest.interface,
            name: &manifest.name,
            description: &manifest.description,
            licence: &manifest.licence,
            size: package.size(),
            digest: &package.reference().digest,
            imports: package.imports(),
            exports: package.exports(),
            networks: &manifest.networks,
            languages: &manifest.languages,
            contracts: manifest
                .contracts
                .iter()
                .map(InspectedContract::from)
                .collect(),
            credentials: &manifest.credentials,
            inbound: manifest.inbound.as_ref(),
            config: &manifest.config,
        }
    }
}
