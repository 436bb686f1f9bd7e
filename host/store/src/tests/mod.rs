//! Tests of the repositories: real files in temporary folders, a clock that is moved by hand, seeded chance.

mod addresses;
mod alerts;
mod collecting;
mod faults;
mod isolation;
mod ledger;
mod taken_out;

use std::sync::{Arc, Mutex};

use isocial_model::{
    AccountId, Class, Entropy, InstallationId, Instant, Kind, Label, Labeled, MonitorId,
    PackageRef, WorkspaceId,
    language::{Analysis, Sentiment, SentimentLabel},
    post::{Author, Post, PostKey, Visibility},
    purpose::Purpose,
    receipt::{CallLine, Line, Receipt, Verdict},
    time::ManualClock,
};
use isocial_vault::Vault;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

use crate::{
    Deployment, NewOrganisation, OperatorSession, OrgDb, OrgScope, PageChange, PageCommit,
    PostWrite, Region, StoreError, StoreOptions,
    setup::{NewAccount, NewInstallation, NewMonitor},
};

/// 2026-01-05T00:00:00Z
pub(crate) const MONDAY: Instant = Instant(1_767_571_200_000);

pub(crate) struct Seeded(Mutex<ChaCha8Rng>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed))))
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill_bytes(bytes);
    }
}

pub(crate) struct Bed {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) deployment: Deployment,
    pub(crate) operator: OperatorSession,
}

pub(crate) fn vault(folder: &std::path::Path, seed: u64) -> Arc<Vault> {
    let options = StoreOptions::new(folder.join("data"));
    Arc::new(
        Vault::open(
            &folder.join("root.key"),
            options.is_new(),
            Seeded::new(seed),
        )
        .unwrap(),
    )
}

impl Bed {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }
    pub(crate) async fn with(change: impl FnOnce(&mut StoreOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(MONDAY.plus_ms(12 * Instant::HOUR_MS)));
        let mut options = StoreOptions::new(folder.path().join("data"));
        change(&mut options);
        let deployment = Deployment::open(options, vault(folder.path(), 1), clock.clone())
            .await
            .unwrap();
        let token = deployment.first_operator_token().await.unwrap().unwrap();
        let token = String::from_utf8(token.expose().to_vec()).unwrap();
        let operator = deployment
            .check_operator_token(&token)
            .await
            .unwrap()
            .unwrap();
        Self {
            folder,
            clock,
            deployment,
            operator,
        }
    }
    pub(crate) async fn org(&self, slug: &str) -> Org {
        let new = NewOrganisation {
            slug: slug.into(),
            name: format!("{slug} Ltd"),
            region: Region::Local,
        };
        let org = self
            .deployment
            .create_organisation(&self.operator, &new)
            .await
            .unwrap();
        let scope = self
            .deployment
            .enter_as_operator(&self.operator, &org.id)
            .await
            .unwrap()
            .unwrap();
        let db = self.deployment.org(&scope).await.unwrap();
        let workspace = db.create_workspace("Brand").await.unwrap();
        let installation = db
            .install(&installation(&workspace, Kind::Connector))
            .await
            .unwrap();
        let account = db
            .add_account(&NewAccount {
                installation: installation.clone(),
                config: r#"{"tag":"canaryhashtag"}"#.into(),
                every_seconds: 60,
            })
            .await
            .unwrap();
        let monitor = monitor(&db, &workspace, "Lumora").await;
        Org {
            scope,
            db,
            workspace,
            installation,
            account,
            monitor,
        }
    }
}

pub(crate) struct Org {
    pub(crate) scope: OrgScope,
    pub(crate) db: OrgDb,
    pub(crate) workspace: WorkspaceId,
    pub(crate) installation: InstallationId,
    pub(crate) account: AccountId,
    pub(crate) monitor: MonitorId,
}

pub(crate) async fn monitor(db: &OrgDb, workspace: &WorkspaceId, name: &str) -> MonitorId {
    db.create_monitor(&NewMonitor {
        workspace: workspace.clone(),
        name: name.into(),
        query: "lumora OR canaryquery".into(),
        sources: vec![],
        settings: "{}".into(),
    })
    .await
    .unwrap()
}

pub(crate) fn package(id: &str) -> PackageRef {
    PackageRef {
        id: id.into(),
        version: semver::Version::new(1, 0, 0),
        digest: "ab".repeat(32),
    }
}

pub(crate) fn installation(workspace: &WorkspaceId, kind: Kind) -> NewInstallation {
    NewInstallation {
        workspace: workspace.clone(),
        package: package("isocial/feed"),
        kind,
        config: r#"{"url":"https://canaryhost.example/feed"}"#.into(),
        grant: "{}".into(),
    }
}

pub(crate) fn receipt(function: &str) -> Receipt {
    Receipt {
        at: MONDAY,
        line: Line::Call(CallLine {
            plugin: package("isocial/feed"),
            kind: Kind::Connector,
            function: function.into(),
            purposes: vec![Purpose::Collection],
            contract: "0123456789abcdef".into(),
            fields: vec!["job.config".into()],
            items: 1,
            bytes_in: 10,
            redacted: std::collections::BTreeMap::new(),
            restricted_skipped: 0,
            items_out: 1,
            bytes_out: 20,
            dropped: std::collections::BTreeMap::new(),
            commitment: "00".repeat(16),
            verdict: Verdict::Ok,
            times: 1,
        }),
    }
}

pub(crate) fn post(id: &str, text: &str) -> Post {
    Post {
        network: "mastodon".into(),
        native_id: id.into(),
        text: Some(text.into()),
        url: Some(format!("https://canaryurl.example/{id}")),
        created: Some(MONDAY.plus_ms(9 * Instant::HOUR_MS)),
        author: Some(Author {
            native_id: Some("canaryauthorid".into()),
            handle: Some("canaryhandle".into()),
            display_name: Some("Canary Displayname".into()),
            ..Author::default()
        }),
        visibility: Visibility::Public,
        ..Post::default()
    }
}

pub(crate) fn analysis(label: SentimentLabel) -> Analysis {
    Analysis {
        by: "isocial/en@1.0.0".into(),
        language: Some(("en".into(), 0.75)),
        sentiment: Some(Sentiment {
            label,
            negative: 0.5,
            neutral: 0.25,
            positive: 0.25,
            score: -0.5,
        }),
        topics: vec![("price".into(), 0.5)],
        ..Analysis::default()
    }
}

pub(crate) fn write(post: Post, matched: &[&MonitorId]) -> PostWrite {
    let tokens = post.text.clone().unwrap_or_default().to_lowercase();
    PostWrite {
        post: Labeled::new(Label::of(Class::PublicIdentity, Some("mastodon")), post),
        tokens,
        matched: matched.iter().map(|m| (*m).clone()).collect(),
        unmatched: vec![],
        analysis: Some(analysis(SentimentLabel::Negative)),
        collected_by: Some(0),
        analysed_by: Some(1),
        recheck_at: None,
    }
}

pub(crate) fn upsert(post: Post, matched: &[&MonitorId]) -> PageChange {
    PageChange::Upsert(Box::new(write(post, matched)))
}

pub(crate) fn key(id: &str) -> PostKey {
    PostKey {
        network: "mastodon".into(),
        native_id: id.into(),
    }
}

pub(crate) fn page(changes: Vec<PageChange>) -> PageCommit {
    PageCommit {
        changes,
        receipts: vec![receipt("next"), receipt("analyze")],
        ..PageCommit::default()
    }
}

pub(crate) fn fault<T>(result: Result<T, StoreError>) -> StoreError {
    match result {
        Ok(_) => panic!("this should have been refused"),
        Err(e) => e,
    }
}
