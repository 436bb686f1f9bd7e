//! Keys in use: an organisation's ring and the deployment's own.

use std::sync::Arc;

use isocial_model::{
    Entropy, InstallationId, OrgId, Secret,
    key::{CodeKey, Hash128, NotSealed, OrgKeys},
};
use zeroize::Zeroizing;

use crate::{
    derive::{Key, Sealer, mac, mac_matches, mac128, subkey},
    sign::HeadSigner,
};

/// The raw key of one encrypted SQLite file. Shown to nobody but the connection that opens the file.
pub struct DatabaseKey(Key);

impl DatabaseKey {
    /// The value of `pragma key`: a raw 256-bit key, so that no password derivation runs at each open.
    pub fn pragma_value(&self) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "\"x'{}'\"",
            *Zeroizing::new(hex::encode(self.0.as_ref()))
        ))
    }
}

impl std::fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseKey(…)")
    }
}

/// A sealed credential: bytes to keep, of which nothing can be read.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential(Vec<u8>);

impl SealedCredential {
    /// Takes kept bytes back.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    /// The bytes to keep.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SealedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedCredential(…)")
    }
}

/// One organisation's keys, in use (B5, B9, B17).
pub struct OrgKeyring {
    org: OrgId,
    entropy: Arc<dyn Entropy>,
    database: Key,
    pseudonym: Key,
    pairwise: Key,
    chain: Key,
    commit: Key,
    values: Sealer,
    credentials: Sealer,
}

impl OrgKeyring {
    pub(crate) fn new(org: OrgId, key: &[u8; 32], entropy: Arc<dyn Entropy>) -> Self {
        Self {
            org,
            entropy,
            database: subkey(key, "org/database"),
            pseudonym: subkey(key, "org/pseudonym"),
            pairwise: subkey(key, "org/pairwise"),
            chain: subkey(key, "org/receipt-chain"),
            commit: subkey(key, "org/commitment"),
            values: Sealer::new(&subkey(key, "org/values")),
            credentials: Sealer::new(&subkey(key, "org/credentials")),
        }
    }

    /// Whose keys these are.
    pub fn org(&self) -> &OrgId {
        &self.org
    }

    /// The key of the organisation's own file.
    pub fn database_key(&self) -> DatabaseKey {
        DatabaseKey(self.database.clone())
    }

    /// Seals a credential for one slot of one installation: it opens nowhere else.
    pub fn seal_credential(
        &self,
        installation: &InstallationId,
        slot: &str,
        secret: &Secret,
    ) -> SealedCredential {
        SealedCredential(self.credentials.seal(
            &*self.entropy,
            &credential_place(installation, slot),
            secret.expose(),
        ))
    }

    /// Opens a credential for the slot and installation it was sealed for.
    pub fn open_credential(
        &self,
        installation: &InstallationId,
        slot: &str,
        sealed: &SealedCredential,
    ) -> Result<Secret, NotSealed> {
        self.credentials
            .unseal(&credential_place(installation, slot), &sealed.0)
            .map(Secret::new)
    }
}

fn credential_place(installation: &InstallationId, slot: &str) -> Vec<u8> {
    // An installation's id has a fixed length, so the two parts cannot run into each other.
    format!("credential/{installation}/{slot}").into_bytes()
}

impl std::fmt::Debug for OrgKeyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrgKeyring")
            .field("org", &self.org)
            .finish_non_exhaustive()
    }
}

impl OrgKeys for OrgKeyring {
    fn post_hash(&self, network: &str, native_id: &str) -> Hash128 {
        mac128(
            &self.pseudonym,
            &[b"post", network.as_bytes(), native_id.as_bytes()],
        )
    }
    fn author_ref(&self, network: &str, author: &str) -> Hash128 {
        mac128(
            &self.pseudonym,
            &[b"author", network.as_bytes(), author.as_bytes()],
        )
    }
    fn pairwise_ref(&self, plugin: &str, author_ref: &Hash128) -> Hash128 {
        mac128(&self.pairwise, &[plugin.as_bytes(), author_ref])
    }
    fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        self.values.seal(&*self.entropy, place.as_bytes(), plain)
    }
    fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealed> {
        self.values.unseal(place.as_bytes(), sealed)
    }
    fn chain(&self, previous: &[u8; 32], line: &[u8]) -> [u8; 32] {
        mac(&self.chain, &[previous, line])
    }
    fn commit(&self, payload: &[u8]) -> Hash128 {
        mac128(&self.commit, &[payload])
    }
}

/// The deployment's own keys: its file, its ledger, its compiled code, and keyed hashes of what would name a person or a slug.
pub struct DeploymentKeyring {
    entropy: Arc<dyn Entropy>,
    database: Key,
    posting: Key,
    rows: Key,
    slugs: Key,
    pairwise: Key,
    chain: Key,
    commit: Key,
    code: Key,
    values: Sealer,
    signer: HeadSigner,
}

impl DeploymentKeyring {
    pub(crate) fn new(root: &[u8; 32], entropy: Arc<dyn Entropy>) -> Self {
        Self {
            entropy,
            database: subkey(root, "deployment/database"),
            posting: subkey(root, "deployment/posting"),
            rows: subkey(root, "deployment/rows"),
            slugs: subkey(root, "deployment/slugs"),
            pairwise: subkey(root, "deployment/pairwise"),
            chain: subkey(root, "deployment/receipt-chain"),
            commit: subkey(root, "deployment/commitment"),
            code: subkey(root, "deployment/compiled-code"),
            values: Sealer::new(&subkey(root, "deployment/values")),
            signer: HeadSigner::new(&subkey(root, "deployment/ledger-heads")),
        }
    }

    /// The key of the deployment's own file.
    pub fn database_key(&self) -> DatabaseKey {
        DatabaseKey(self.database.clone())
    }
    /// Keyed hash of a post's name, for the index that says which organisations hold it.
    pub fn posted(&self, network: &str, native_id: &str) -> Hash128 {
        mac128(
            &self.posting,
            &[b"post", network.as_bytes(), native_id.as_bytes()],
        )
    }
    /// Keyed hash of an author's name, for the same index.
    pub fn posted_by(&self, network: &str, author: &str) -> Hash128 {
        mac128(
            &self.posting,
            &[b"author", network.as_bytes(), author.as_bytes()],
        )
    }
    /// Keyed hash of a slug, so that a freed one is known as used without being kept.
    pub fn slug(&self, slug: &str) -> Hash128 {
        mac128(&self.slugs, &[slug.as_bytes()])
    }
    /// MAC over a row's parts, so that a row that was moved to another organisation is found out (HT-11).
    pub fn row(&self, table: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut all = Vec::with_capacity(parts.len() + 1);
        all.push(table.as_bytes());
        all.extend_from_slice(parts);
        mac(&self.rows, &all)
    }
    /// Seals a value for one place of the deployment's file.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        self.values.seal(&*self.entropy, place.as_bytes(), plain)
    }
    /// Opens a value that was sealed for this place.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealed> {
        self.values.unseal(place.as_bytes(), sealed)
    }
    /// The next link of the deployment's receipt chain.
    pub fn chain(&self, previous: &[u8; 32], line: &[u8]) -> [u8; 32] {
        mac(&self.chain, &[previous, line])
    }
    /// Signs heads of ledgers.
    pub fn signer(&self) -> &HeadSigner {
        &self.signer
    }
}

impl std::fmt::Debug for DeploymentKeyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeploymentKeyring(…)")
    }
}

/// The keys of a shared stream's door: what it hashes and chains belongs to no organisation and matches none of theirs.
impl OrgKeys for DeploymentKeyring {
    fn post_hash(&self, network: &str, native_id: &str) -> Hash128 {
        self.posted(network, native_id)
    }
    fn author_ref(&self, network: &str, author: &str) -> Hash128 {
        self.posted_by(network, author)
    }
    fn pairwise_ref(&self, plugin: &str, author_ref: &Hash128) -> Hash128 {
        mac128(&self.pairwise, &[plugin.as_bytes(), author_ref])
    }
    fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        Self::seal(self, place, plain)
    }
    fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, NotSealed> {
        Self::unseal(self, place, sealed)
    }
    fn chain(&self, previous: &[u8; 32], line: &[u8]) -> [u8; 32] {
        Self::chain(self, previous, line)
    }
    fn commit(&self, payload: &[u8]) -> Hash128 {
        mac128(&self.commit, &[payload])
    }
}

impl CodeKey for DeploymentKeyring {
    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.code, parts)
    }
    fn verify(&self, parts: &[&[u8]], given: &[u8; 32]) -> bool {
        mac_matches(&self.code, parts, given)
    }
}
