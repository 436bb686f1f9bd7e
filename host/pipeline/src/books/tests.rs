//! What waits is written when it is due, what was dropped reaches the ledger, and a run's lines add up to the sandbox's counter.

use std::sync::Arc;

use isocial_egress::{Egress, EgressConfig};
use isocial_gate::{Door, DoorSpec, EgressGrant};
use isocial_model::{
    Clock, Entropy, Instant, Kind, PackageRef,
    language::Tasks,
    post::{Post, Visibility},
    receipt::{EgressLine, Line, Receipt, Verdict},
    time::ManualClock,
};
use isocial_sandbox::{Sandbox, SandboxConfig};
use isocial_store::{
    Deployment, NewOrganisation, OrgDb, OrgScope, Region, StoreOptions,
    ledger::{Completeness, Integrity},
};
use isocial_vault::{OsEntropy, Vault};

use super::{FOLD_MS, OrgBooks, close, settle, tick};
use crate::{Host, Parts, Probe, Settings, worker};

const NOON: Instant = Instant(1_767_614_400_000);

struct Bed {
    _folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    host: Arc<Host>,
    scope: OrgScope,
    db: OrgDb,
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOON));
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let key = folder.path().join("root.key");
        let vault = Arc::new(Vault::open(&key, true, Arc::clone(&entropy)).unwrap());
        let config = SandboxConfig {
            pool: 4,
            threads: 1,
            ..SandboxConfig::default()
        };
        let sandbox = Sandbox::new(config, vault.deployment().clone()).unwrap();
        let world: Arc<dyn Clock> = clock.clone();
        let egress = Egress::new(EgressConfig::default(), Arc::clone(&world)).unwrap();
        let options = StoreOptions::new(folder.path().join("data"));
        let deployment = Deployment::open(options, vault, Arc::clone(&world))
            .await
            .unwrap();
        let token = deployment.first_operator_token().await.unwrap().unwrap();
        let token = String::from_utf8(token.expose().to_vec()).unwrap();
        let operator = deployment.check_operator_token(&token).await.unwrap();
        let operator = operator.unwrap();
        let new = NewOrganisation {
            slug: "lumora".into(),
            name: "Lumora".into(),
            region: Region::Local,
        };
        let org = deployment.create_organisation(&operator, &new).await;
        let scope = deployment
            .enter_as_operator(&operator, &org.unwrap().id)
            .await
            .unwrap()
            .unwrap();
        let db = deployment.org(&scope).await.unwrap();
        let host = Host::new(Parts {
            deployment,
            sandbox,
            egress,
            clock: world,
            entropy,
            settings: Settings::default(),
            probe: Probe::none(),
        })
        .unwrap();
        Self {
            _folder: folder,
            clock,
            host,
            scope,
            db,
        }
    }

    fn books(&self) -> Arc<OrgBooks> {
        self.host.books.of(&self.scope)
    }

    async fn lines(&self) -> Vec<Receipt> {
        let kept = self.db.receipts(0, 1_000).await.unwrap();
        kept.into_iter().map(|k| k.receipt).collect()
    }
}

/// A door as an installation of this organisation has it.
fn door(bed: &Bed, books: &OrgBooks) -> Door {
    let contract = serde_json::json!({
        "function": "analyze", "purposes": ["analysis/sentiment"], "input": ["post.text:redacted"], "batch-max": 128,
    });
    let spec = DoorSpec {
        package: package(),
        kind: Kind::LanguagePack,
        contracts: vec![serde_json::from_value(contract).unwrap()],
        layers: vec![],
        keys: bed.db.keys(),
        clock: bed.clock.clone(),
        network: None,
        topics: vec![],
        own_handles: vec![],
        egress: EgressGrant::default(),
        spreadsheet: false,
        own_base: "https://track.example/".into(),
    };
    Door::new(spec)
        .unwrap()
        .with_abandoned(Arc::clone(&books.abandoned))
}

fn package() -> PackageRef {
    PackageRef {
        id: "acme/vi".into(),
        version: "1.0.0".parse().unwrap(),
        digest: "ab".repeat(32),
    }
}

fn post() -> isocial_model::Labeled<Post> {
    let post = Post {
        network: "sample".into(),
        native_id: "1".into(),
        text: Some("a bell".into()),
        visibility: Visibility::Public,
        ..Post::default()
    };
    let label = isocial_model::Label::of(isocial_model::Class::PublicText, Some("sample"));
    isocial_model::Labeled::new(label, post)
}

fn polled(at: Instant) -> Receipt {
    Receipt {
        at,
        line: Line::Egress(EgressLine {
            plugin: package(),
            method: "GET".into(),
            host: "feed.example:443".into(),
            credential: None,
            bytes_out: 1,
            bytes_in: 2,
            result: "304".into(),
            times: 1,
        }),
    }
}

fn times(lines: &[Receipt]) -> Vec<u32> {
    lines
        .iter()
        .filter_map(|r| match &r.line {
            Line::Egress(egress) => Some(egress.times),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_receipt_that_is_dropped_open_reaches_the_ledger_after_its_door_is_gone() {
    let bed = Bed::new().await;
    let books = bed.books();
    let door = door(&bed, &books);
    let tasks = Tasks {
        sentiment: true,
        ..Tasks::default()
    };
    let (passed, open) = door.project_documents(&[post()], &[], tasks).unwrap();
    // The job is given up while the call waits for a thread.
    let ticket = open.ticket();
    drop((open, passed, door));
    assert!(!ticket.begin());
    // What is read of the organisation's configuration is forgotten; its books are not.
    bed.host.forget(&bed.db);
    tick(&bed.host).await;
    let lines = bed.lines().await;
    let [
        Receipt {
            line: Line::Call(call),
            ..
        },
    ] = &lines[..]
    else {
        panic!("one line: {lines:?}")
    };
    assert_eq!((&call.verdict, call.times), (&Verdict::Abandoned, 0));
    assert_eq!(call.fields, ["post.text:redacted"]);
    tick(&bed.host).await;
    assert_eq!(bed.lines().await.len(), 1);
}

#[tokio::test]
async fn empty_polls_wait_a_minute_at_most_and_then_are_one_line() {
    let bed = Bed::new().await;
    let books = bed.books();
    let source = isocial_model::AccountId::random(&OsEntropy);
    for _ in 0..5 {
        books.fold(&bed.db, &source, vec![polled(bed.clock.now())]);
        bed.clock.advance(10_000);
        tick(&bed.host).await;
    }
    assert!(bed.lines().await.is_empty());
    bed.clock.advance(FOLD_MS - 50_000);
    tick(&bed.host).await;
    assert_eq!(times(&bed.lines().await), [5]);
    // A call that finds something takes what waits with it.
    books.fold(&bed.db, &source, vec![polled(bed.clock.now())]);
    assert_eq!(times(&books.folded(&source)), [1]);
    assert!(books.folded(&source).is_empty());
    // A clean stop writes what waits.
    books.fold(&bed.db, &source, vec![polled(bed.clock.now())]);
    settle(&bed.host).await.unwrap();
    assert_eq!(times(&bed.lines().await), [5, 1]);
    let verdict = bed.db.verify_ledger().await.unwrap();
    assert_eq!(verdict.head.map(|h| h.head.seq), Some(2));
}

#[tokio::test]
async fn what_could_not_be_written_is_owed_and_a_clean_end_adds_up() {
    let bed = Bed::new().await;
    let run = worker::begin(&bed.host).await.unwrap();
    let books = bed.books();
    books.owe(vec![polled(NOON)]);
    tick(&bed.host).await;
    assert_eq!(times(&bed.lines().await), [1]);
    close(&bed.host, run).await.unwrap();
    // No call was taken and none has a line: there is nothing to read.
    assert_eq!(bed.lines().await.len(), 1);
    let verdict = bed.db.verify_ledger().await.unwrap();
    assert_eq!(verdict.integrity, Integrity::Intact);
    assert_eq!(verdict.completeness, Completeness::Complete);
    assert!(verdict.reconciled.holds());
}

#[tokio::test]
async fn a_call_line_that_the_sandbox_has_not_counted_is_found_at_the_end_of_the_run() {
    let bed = Bed::new().await;
    let run = worker::begin(&bed.host).await.unwrap();
    let books = bed.books();
    let door = door(&bed, &books);
    let tasks = Tasks {
        sentiment: true,
        ..Tasks::default()
    };
    let (_passed, open) = door.project_documents(&[post()], &[], tasks).unwrap();
    // As if something had made a call around the sandbox that has the counter.
    books.owe(vec![door.fail(isocial_gate::Stopped::Trap, open)]);
    close(&bed.host, run).await.unwrap();
    let reconciled = bed.db.verify_ledger().await.unwrap().reconciled;
    assert_eq!(reconciled.off, [(2, 0, 1)]);
}

#[tokio::test]
async fn old_lines_go_by_the_job_of_the_day() {
    let bed = Bed::new().await;
    let books = bed.books();
    books.owe(vec![polled(NOON)]);
    tick(&bed.host).await;
    bed.host.tenant(&bed.scope).await.unwrap();
    bed.clock.advance(397 * Instant::DAY_MS);
    let ran = worker::drain(&bed.host, || {}).await.unwrap();
    assert!(ran >= 1);
    let lines = bed.lines().await;
    assert!(
        matches!(
            &lines[..],
            [Receipt {
                line: Line::Checkpoint(_),
                ..
            }]
        ),
        "{lines:?}"
    );
    let verdict = bed.db.verify_ledger().await.unwrap();
    assert_eq!(verdict.integrity, Integrity::Intact);
}
