//! The data inventory: every column of every table, with its class, how long it is kept, whether a person's export has it, and what
//! erases it. A column that is missing here fails a test.

use isocial_model::Class::{
    self, AccountPii, Aggregate, ConfigPrivate, Derived, Engagement, PublicIdentity, PublicText,
    Secret, Telemetry,
};

/// Which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The deployment's own.
    Deployment,
    /// An organisation's.
    Organisation,
}

/// How long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// As long as the organisation (P-6.1, P-6.2).
    Organisation,
    /// As the organisation's retention settings and the network's cap say (P-6.4).
    Collected,
    /// While it is of use for running: leases, cursors, due times.
    Working,
    /// 13 months (ledger).
    Ledger,
    /// As long as the deployment.
    Deployment,
}

/// What erases a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// The post's own deletion or erasure, and whatever removes its last monitor.
    WithPost,
    /// The removal of what it belongs to: monitor, installation, account.
    WithOwner,
    /// The destruction of the organisation's key.
    WithOrganisation,
    /// Nothing: it holds no data of a person or an organisation, or a keyed hash that keeps something erased.
    Never,
}

/// One table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Which file.
    pub file: File,
    /// Its name.
    pub name: &'static str,
    /// How long rows are kept.
    pub kept: Kept,
    /// What erases them.
    pub erased: Erased,
    /// Whether an organisation's export of its own data has them (P-7.1).
    pub exported: bool,
    /// Its columns with their classes.
    pub columns: &'static [(&'static str, Class)],
}

const fn table(
    file: File,
    name: &'static str,
    kept: Kept,
    erased: Erased,
    exported: bool,
    columns: &'static [(&'static str, Class)],
) -> Table {
    Table {
        file,
        name,
        kept,
        erased,
        exported,
        columns,
    }
}

use Erased::{Never, WithOrganisation, WithOwner, WithPost};
use File::{Deployment as D, Organisation as O};

/// Every table.
#[rustfmt::skip]
pub const INVENTORY: &[Table] = &[
    table(D, "migrations", Kept::Deployment, Never, false, &[("version", Telemetry), ("name", Telemetry), ("applied", Telemetry)]),
    table(D, "organisations", Kept::Organisation, WithOrganisation, true, &[("row", Telemetry), ("id", Telemetry), ("slug", AccountPii), ("name", AccountPii), ("region", Telemetry), ("created", Telemetry), ("wrapped_key", Secret)]),
    table(D, "slugs", Kept::Deployment, Never, false, &[("hash", Telemetry)]),
    table(D, "removals", Kept::Working, WithOrganisation, false, &[("folder", Telemetry)]),
    table(D, "operator_tokens", Kept::Deployment, Never, false, &[("row", Telemetry), ("hash", Secret), ("created", Telemetry)]),
    table(D, "addresses", Kept::Organisation, WithOrganisation, false, &[("hash", Secret), ("org", Telemetry), ("source", Telemetry), ("made", Telemetry)]),
    table(D, "packages", Kept::Deployment, Never, false, &[("id", Telemetry), ("version", Telemetry), ("digest", Telemetry), ("kind", Telemetry), ("manifest", Telemetry), ("interface", Telemetry), ("kept", Telemetry)]),
    table(D, "withdrawn", Kept::Deployment, Never, false, &[("id", Telemetry), ("version", Telemetry), ("at", Telemetry)]),
    table(D, "components", Kept::Deployment, Never, false, &[("digest", Telemetry), ("bytes", Telemetry)]),
    table(D, "jobs", Kept::Working, WithOrganisation, false, &[("job", Telemetry), ("org", Telemetry), ("kind", Telemetry), ("subject", Telemetry), ("due", Telemetry), ("wake", Telemetry), ("lease_owner", Telemetry), ("lease_epoch", Telemetry), ("lease_until", Telemetry), ("seal", Telemetry)]),
    table(D, "stream_monitors", Kept::Organisation, WithOrganisation, false, &[("stream", Telemetry), ("org", Telemetry), ("monitor", Telemetry)]),
    table(D, "stream_cursors", Kept::Working, Never, false, &[("stream", Telemetry), ("cursor", ConfigPrivate), ("version", Telemetry)]),
    table(D, "postings", Kept::Organisation, WithOrganisation, false, &[("hash", PublicIdentity), ("org", Telemetry)]),
    table(D, "receipts", Kept::Ledger, Never, false, &[("seq", Telemetry), ("line", Telemetry), ("link", Telemetry), ("terms", Telemetry), ("at", Telemetry), ("calls", Telemetry)]),
    table(D, "receipt_terms", Kept::Ledger, Never, false, &[("id", Telemetry), ("terms", Telemetry)]),
    table(D, "ledger_end", Kept::Ledger, Never, false, &[("one", Telemetry), ("seq", Telemetry), ("link", Telemetry), ("chain", Telemetry)]),
    table(D, "heads", Kept::Ledger, WithOrganisation, true, &[("ledger", Telemetry), ("org", Telemetry), ("seq", Telemetry), ("link", Telemetry), ("at", Telemetry), ("signature", Telemetry), ("chain", Telemetry)]),
    table(D, "runs", Kept::Deployment, Never, false, &[("number", Telemetry), ("began", Telemetry), ("ended", Telemetry)]),

    table(O, "migrations", Kept::Organisation, WithOrganisation, false, &[("version", Telemetry), ("name", Telemetry), ("applied", Telemetry)]),
    table(O, "workspaces", Kept::Organisation, WithOrganisation, true, &[("id", Telemetry), ("name", ConfigPrivate), ("created", Telemetry)]),
    table(O, "monitors", Kept::Organisation, WithOrganisation, true, &[("row", Telemetry), ("id", Telemetry), ("workspace", Telemetry), ("name", ConfigPrivate), ("query", ConfigPrivate), ("sources", ConfigPrivate), ("settings", ConfigPrivate), ("enabled", ConfigPrivate), ("created", Telemetry)]),
    table(O, "installations", Kept::Organisation, WithOrganisation, true, &[("id", Telemetry), ("workspace", Telemetry), ("package_id", Telemetry), ("package_version", Telemetry), ("package_digest", Telemetry), ("kind", Telemetry), ("config", ConfigPrivate), ("consent", ConfigPrivate), ("enabled", ConfigPrivate), ("created", Telemetry)]),
    table(O, "credentials", Kept::Organisation, WithOwner, false, &[("installation", Telemetry), ("slot", Telemetry), ("sealed", Secret)]),
    table(O, "accounts", Kept::Organisation, WithOwner, true, &[("id", Telemetry), ("installation", Telemetry), ("config", ConfigPrivate), ("state", ConfigPrivate), ("every_seconds", ConfigPrivate), ("status", Telemetry), ("fault", Telemetry), ("last_step", Telemetry), ("created", Telemetry)]),
    table(O, "places", Kept::Working, WithOwner, false, &[("job", Telemetry), ("account", Telemetry), ("cursor", ConfigPrivate), ("cursor_version", Telemetry), ("lease_epoch", Telemetry)]),
    table(O, "tasks", Kept::Working, WithOwner, false, &[("account", Telemetry), ("key_hash", PublicIdentity), ("sealed", PublicIdentity), ("due", Telemetry)]),
    table(O, "posts", Kept::Collected, WithPost, true, &[("id", Telemetry), ("post_hash", PublicIdentity), ("network", Telemetry), ("kind", PublicText), ("text", PublicText), ("title", PublicText), ("content_warning", PublicText), ("language", PublicText), ("created", PublicText), ("edited", PublicText), ("ingested", Telemetry), ("at", PublicText), ("author_ref", PublicIdentity), ("adult", PublicText), ("likes", Engagement), ("reposts", Engagement), ("replies", Engagement), ("quotes", Engagement), ("views", Engagement), ("rating", PublicText), ("country", PublicText), ("sensitive", PublicText), ("hashtags", PublicText), ("links", PublicText), ("media", PublicText), ("attributes", PublicText), ("hidden", Telemetry), ("author_hidden", Telemetry), ("content_hash", PublicText), ("text_hash", PublicText), ("collected_by", Telemetry), ("analysed_by", Telemetry), ("recheck_at", Telemetry)]),
    table(O, "identities", Kept::Collected, WithPost, true, &[("post", Telemetry), ("author_ref", PublicIdentity), ("sealed", PublicIdentity)]),
    table(O, "analyses", Kept::Collected, WithPost, true, &[("post", Telemetry), ("pack", Telemetry), ("language", Derived), ("language_confidence", Derived), ("sentiment", Derived), ("negative", Derived), ("neutral", Derived), ("positive", Derived), ("score", Derived), ("detail", Derived), ("hash", Derived)]),
    table(O, "mentions", Kept::Collected, WithPost, true, &[("monitor", Telemetry), ("post", Telemetry), ("id", Telemetry), ("at", PublicText)]),
    table(O, "tokens", Kept::Collected, WithPost, false, &[("stream", PublicText)]),
    table(O, "counts", Kept::Collected, WithOwner, true, &[("monitor", Telemetry), ("unit", Telemetry), ("start", Aggregate), ("total", Aggregate), ("negative", Aggregate), ("neutral", Aggregate), ("positive", Aggregate), ("unknown", Aggregate)]),
    table(O, "counters", Kept::Organisation, WithOrganisation, true, &[("account", Telemetry), ("name", Telemetry), ("day", Telemetry), ("n", Telemetry)]),
    table(O, "coverage", Kept::Collected, WithOwner, true, &[("account", Telemetry), ("start", Telemetry), ("finish", Telemetry), ("complete", Telemetry), ("receipt", Telemetry)]),
    table(O, "tombstones", Kept::Organisation, WithOrganisation, false, &[("hash", PublicIdentity), ("reason", Telemetry), ("at", Telemetry)]),
    table(O, "receipts", Kept::Ledger, WithOrganisation, true, &[("seq", Telemetry), ("line", Telemetry), ("link", Telemetry), ("terms", Telemetry), ("at", Telemetry), ("calls", Telemetry)]),
    table(O, "receipt_terms", Kept::Ledger, WithOrganisation, true, &[("id", Telemetry), ("terms", Telemetry)]),
    table(O, "ledger_end", Kept::Ledger, WithOrganisation, true, &[("one", Telemetry), ("seq", Telemetry), ("link", Telemetry), ("chain", Telemetry)]),
    table(O, "restrictions", Kept::Organisation, WithOrganisation, true, &[("one", Telemetry), ("spec", ConfigPrivate), ("changed", Telemetry)]),
    table(O, "rules", Kept::Organisation, WithOwner, true, &[("id", Telemetry), ("monitor", Telemetry), ("name", ConfigPrivate), ("spec", ConfigPrivate), ("severity", ConfigPrivate), ("channels", ConfigPrivate), ("enabled", ConfigPrivate), ("created", Telemetry)]),
    table(O, "incidents", Kept::Collected, WithOwner, true, &[("id", Telemetry), ("rule", Telemetry), ("monitor", Telemetry), ("start", Derived), ("finish", Derived), ("n", Derived), ("expected", Derived), ("severity", ConfigPrivate), ("closed", Telemetry)]),
    table(O, "notices", Kept::Collected, WithOwner, true, &[("id", Telemetry), ("subject", Telemetry), ("channel", Telemetry), ("body", PublicText), ("status", Telemetry), ("attempts", Telemetry), ("next_at", Telemetry), ("lease_owner", Telemetry), ("lease_epoch", Telemetry), ("lease_until", Telemetry), ("problem", Telemetry), ("created", Telemetry), ("settled", Telemetry)]),
    table(O, "exports", Kept::Organisation, WithOrganisation, true, &[("id", Telemetry), ("format", Telemetry), ("title", ConfigPrivate), ("spec", ConfigPrivate), ("state", Telemetry), ("file", ConfigPrivate), ("n", Telemetry), ("bytes", Telemetry), ("sha256", Telemetry), ("problem", Telemetry), ("created", Telemetry), ("ended", Telemetry)]),
    table(O, "audit", Kept::Organisation, WithOrganisation, true, &[("seq", Telemetry), ("at", Telemetry), ("who", Telemetry), ("what", Telemetry), ("detail", Telemetry)]),
];
