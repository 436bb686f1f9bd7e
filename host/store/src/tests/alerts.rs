//! Jobs, notices, exports, packages: leases, fences, once only.

use isocial_model::{
    Instant, JobId, Kind,
    channel::{Notice, Severity},
};

use super::{Bed, MONDAY, Org, Seeded, fault, installation, package, receipt};
use crate::{
    JobKind, Lane, StoreError,
    alerts::{Incident, NewNotice, NewRule, NoticeStatus, Settlement, Subject},
    exports::{ExportEnd, ExportState},
    packages::Package,
};

#[tokio::test]
async fn a_job_is_held_by_one_worker_and_comes_back() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let now = crate::Deployment::clock(&bed.deployment).now();
    let d = &bed.deployment;
    let job = d
        .schedule(&org.scope, JobKind::Collect, org.account.as_str(), now)
        .await
        .unwrap();
    assert_eq!(
        d.schedule(
            &org.scope,
            JobKind::Collect,
            org.account.as_str(),
            now.plus_ms(9)
        )
        .await
        .unwrap(),
        job
    );
    d.schedule(&org.scope, JobKind::Retain, "", now.plus_ms(60_000))
        .await
        .unwrap();
    let mut first = d.lease_due(Lane::Work, "one", 1_000, 10).await.unwrap();
    assert_eq!(first.len(), 1);
    let mut first = first.remove(0);
    assert_eq!(
        (first.job(), first.kind(), first.subject(), first.epoch()),
        (&job, JobKind::Collect, org.account.as_str(), 1)
    );
    assert_eq!(first.scope(), org.scope);
    assert!(
        d.lease_due(Lane::Work, "two", 1_000, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(d.renew(&mut first, 2_000).await.unwrap());
    bed.clock.advance(1_500);
    assert!(
        d.lease_due(Lane::Work, "two", 1_000, 10)
            .await
            .unwrap()
            .is_empty()
    );
    bed.clock.advance(1_000);
    // Its holder is slow: another takes over, and the first one's word no longer counts.
    let second = d
        .lease_due(Lane::Work, "two", 1_000, 10)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(second.epoch(), 2);
    assert!(!d.renew(&mut first, 2_000).await.unwrap());
    assert!(!d.complete(&first, None).await.unwrap());
    // Woken while leased: due again at once, although its worker says much later.
    d.schedule(
        &org.scope,
        JobKind::Collect,
        org.account.as_str(),
        now.plus_ms(10),
    )
    .await
    .unwrap();
    assert!(
        d.complete(&second, Some(now.plus_ms(600_000)))
            .await
            .unwrap()
    );
    let third = d
        .lease_due(Lane::Work, "one", 1_000, 10)
        .await
        .unwrap()
        .remove(0);
    assert!(
        d.complete(&third, Some(now.plus_ms(600_000)))
            .await
            .unwrap()
    );
    assert_eq!(
        d.next_due(Lane::Work).await.unwrap(),
        Some(now.plus_ms(60_000))
    );
    assert_eq!(d.jobs(&org.scope).await.unwrap().len(), 2);
    // Woken while leased, and done for good: still due once more.
    bed.clock.advance(600_000);
    let leases = d.lease_due(Lane::Work, "one", 1_000, 10).await.unwrap();
    let collect = leases
        .iter()
        .find(|l| l.kind() == JobKind::Collect)
        .unwrap();
    d.schedule(&org.scope, JobKind::Collect, org.account.as_str(), now)
        .await
        .unwrap();
    assert!(d.complete(collect, None).await.unwrap());
    let again = d
        .lease_due(Lane::Work, "one", 1_000, 10)
        .await
        .unwrap()
        .remove(0);
    assert!(d.complete(&again, None).await.unwrap());
    assert_eq!(d.jobs(&org.scope).await.unwrap().len(), 1);
    let other = bed.org("other").await;
    d.unschedule(&other.scope, &d.jobs(&org.scope).await.unwrap()[0].0)
        .await
        .unwrap();
    assert_eq!(d.jobs(&org.scope).await.unwrap().len(), 1);
}

fn notice() -> Notice {
    Notice {
        idempotency_key: "set by the store".into(),
        attempt: 7,
        rule: "Crisis".into(),
        monitor: "Lumora".into(),
        severity: Severity::Critical,
        event: "spike".into(),
        count: 40,
        expected: Some(4.0),
        start: MONDAY,
        end: MONDAY.plus_ms(60_000),
        link: "https://our.example/incidents/1".into(),
        excerpts: vec!["…".into()],
        attributes: vec![],
    }
}

async fn incident(org: &Org) -> (Incident, Vec<NewNotice>) {
    let channel = org
        .db
        .install(&installation(&org.workspace, Kind::AlertChannel))
        .await
        .unwrap();
    let rule = NewRule {
        monitor: org.monitor.clone(),
        name: "Crisis".into(),
        spec: r#"{"kind":"spike"}"#.into(),
        severity: Severity::Critical,
        channels: vec![channel.clone()],
    };
    let rule = org.db.create_rule(&rule).await.unwrap();
    let incident = Incident {
        id: org.db.incident_id(&rule, MONDAY),
        rule,
        monitor: org.monitor.clone(),
        start: MONDAY,
        end: MONDAY.plus_ms(60_000),
        count: 40,
        expected: Some(4.0),
        severity: Severity::Critical,
        closed: false,
    };
    let notices = vec![NewNotice {
        subject: Subject::Incident(incident.id.clone()),
        channel,
        notice: notice(),
        due: None,
    }];
    (incident, notices)
}

#[tokio::test]
async fn an_incident_tells_each_channel_once() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let (first, notices) = incident(&org).await;
    assert_eq!(org.db.keep_incident(&first, &notices).await.unwrap(), 1);
    let longer = Incident {
        end: MONDAY.plus_ms(120_000),
        count: 90,
        closed: true,
        ..first.clone()
    };
    assert_eq!(org.db.keep_incident(&longer, &notices).await.unwrap(), 0);
    assert_eq!(
        org.db.incidents(Some(&org.monitor), 10).await.unwrap(),
        [longer]
    );
    assert!(!org.db.enqueue_notice(&notices[0]).await.unwrap());
    assert_eq!(org.db.rules(Some(&org.monitor)).await.unwrap().len(), 1);

    let leased = org.db.lease_notices("w", 1_000, 5).await.unwrap().remove(0);
    assert_eq!(
        (
            leased.notice.attempt,
            leased.notice.idempotency_key.as_str()
        ),
        (1, leased.id.as_str())
    );
    assert!(
        org.db
            .lease_notices("v", 1_000, 5)
            .await
            .unwrap()
            .is_empty()
    );
    // The worker died: the same notice with the same key, as a second attempt.
    bed.clock.advance(1_001);
    let again = org.db.lease_notices("v", 1_000, 5).await.unwrap().remove(0);
    assert_eq!(
        (again.notice.attempt, &again.notice.idempotency_key),
        (2, &leased.notice.idempotency_key)
    );
    assert!(
        !org.db
            .settle_notice(&leased, &Settlement::Delivered, &[receipt("judge")])
            .await
            .unwrap()
    );
    assert_eq!(org.db.receipt_count().await.unwrap(), 0);
    let later = Settlement::Retry {
        at: bed.deployment.clock().now().plus_ms(5_000),
        reason: "status 503".into(),
    };
    assert!(
        org.db
            .settle_notice(&again, &later, &[receipt("judge")])
            .await
            .unwrap()
    );
    assert!(
        org.db
            .lease_notices("w", 1_000, 5)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        org.db.next_notice().await.unwrap(),
        Some(bed.deployment.clock().now().plus_ms(5_000))
    );
    bed.clock.advance(5_000);
    let last = org.db.lease_notices("w", 1_000, 5).await.unwrap().remove(0);
    assert!(
        org.db
            .settle_notice(&last, &Settlement::Delivered, &[receipt("judge")])
            .await
            .unwrap()
    );
    assert!(
        !org.db
            .settle_notice(&last, &Settlement::Delivered, &[])
            .await
            .unwrap()
    );
    let kept = org
        .db
        .notices(Some(NoticeStatus::Delivered), 5)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (kept.attempts, kept.problem, kept.settled.is_some()),
        (3, None, true)
    );
    assert_eq!(org.db.receipt_count().await.unwrap(), 2);
    assert!(
        org.db
            .notices(Some(NoticeStatus::Pending), 5)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_notice_that_is_given_up_stays_to_be_seen() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let (_, notices) = incident(&org).await;
    let test = NewNotice {
        subject: Subject::Test(1),
        ..notices[0].clone()
    };
    assert!(org.db.enqueue_notice(&test).await.unwrap());
    let leased = org.db.lease_notices("w", 1_000, 5).await.unwrap().remove(0);
    let dead = Settlement::Dead {
        reason: "é".repeat(200),
    };
    assert!(org.db.settle_notice(&leased, &dead, &[]).await.unwrap());
    let kept = org
        .db
        .notices(Some(NoticeStatus::Dead), 5)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(
        (kept.problem.map(|p| p.len()), kept.subject.as_str()),
        (Some(256), "test/1")
    );
    assert_eq!(org.db.totals().await.unwrap().dead, 1);
    let nobody = NewNotice {
        channel: isocial_model::InstallationId::random(&*Seeded::new(3)),
        ..test
    };
    assert!(matches!(
        fault(org.db.enqueue_notice(&nobody).await),
        StoreError::Unknown { what: "channel" }
    ));
}

#[tokio::test]
async fn an_export_ends_once_and_leaves_its_audit_line() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let format = org
        .db
        .install(&installation(&org.workspace, Kind::ExportFormat))
        .await
        .unwrap();
    let id = org
        .db
        .create_export(&format, "All", r#"{"columns":["text"]}"#, "operator")
        .await
        .unwrap();
    assert!(org.db.begin_export(&id).await.unwrap());
    assert!(org.db.begin_export(&id).await.unwrap());
    let done = ExportEnd::Done {
        file: "all.csv".into(),
        rows: 7,
        bytes: 99,
        sha256: "ab".repeat(32),
    };
    assert!(
        org.db
            .end_export(&id, &done, &[receipt("write")])
            .await
            .unwrap()
    );
    assert!(
        !org.db
            .end_export(&id, &done, &[receipt("write")])
            .await
            .unwrap()
    );
    assert!(!org.db.begin_export(&id).await.unwrap());
    let export = org.db.export(&id).await.unwrap().unwrap();
    assert_eq!(
        (export.state, export.rows, export.file.as_deref()),
        (ExportState::Done, 7, Some("all.csv"))
    );
    let lines = org.db.audit_events(0, 10).await.unwrap();
    assert_eq!(
        lines.iter().map(|l| l.what.as_str()).collect::<Vec<_>>(),
        ["export-asked", "export-done"]
    );
    assert_eq!(org.db.receipt_count().await.unwrap(), 1);
    assert_eq!(
        org.db
            .export(&JobId::random(&*Seeded::new(1)))
            .await
            .unwrap(),
        None
    );
    assert!(matches!(
        fault(
            org.db
                .create_export(&format, "x", "no json", "operator")
                .await
        ),
        StoreError::Invalid { .. }
    ));
}

#[tokio::test]
async fn the_same_version_with_other_bytes_is_refused() {
    let bed = Bed::new().await;
    let kept = Package {
        package: package("isocial/feed"),
        kind: Kind::Connector,
        manifest: "{}".into(),
        interface: "isocial:plugin@0.1.0".into(),
    };
    bed.deployment
        .keep_package(&kept, b"component")
        .await
        .unwrap();
    bed.deployment
        .keep_package(&kept, b"component")
        .await
        .unwrap();
    let mut other = kept.clone();
    other.package.digest = "cd".repeat(32);
    assert!(matches!(
        fault(bed.deployment.keep_package(&other, b"other").await),
        StoreError::Invalid { .. }
    ));
    assert_eq!(
        bed.deployment.packages().await.unwrap(),
        std::slice::from_ref(&kept)
    );
    assert_eq!(
        bed.deployment.package(&kept.package).await.unwrap(),
        Some(kept.clone())
    );
    assert_eq!(bed.deployment.package(&other.package).await.unwrap(), None);
    assert_eq!(
        bed.deployment
            .component(&kept.package.digest)
            .await
            .unwrap()
            .as_deref(),
        Some(&b"component"[..])
    );
    let due: Option<Instant> = bed.deployment.next_due(Lane::Work).await.unwrap();
    assert_eq!(due, None);
}
