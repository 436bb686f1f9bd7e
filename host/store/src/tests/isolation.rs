//! Tenants: no way from one organisation to another, and none back from deletion.

use isocial_model::{Instant, MonitorId, OrgId, Secret, post::PostKey};

use super::{Bed, Seeded, fault, page, post, upsert};
use crate::{
    JobKind, Lane, MentionFilter, NewOrganisation, PageChange, Region, StoreError, streams::Posting,
};

fn sendable<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn futures_may_move_between_threads() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let db = org.db.clone();
    let monitor = org.monitor.clone();
    let outcome = tokio::spawn(async move {
        let outcome = sendable(db.commit_page(page(vec![upsert(post("1", "x"), &[&monitor])])))
            .await
            .unwrap();
        sendable(db.mentions(&MentionFilter::default(), None, 5))
            .await
            .unwrap();
        sendable(db.content_digest()).await.unwrap();
        sendable(db.verify_ledger()).await.unwrap();
        outcome
    })
    .await
    .unwrap();
    assert_eq!(outcome.inserted, 1);
    sendable(bed.deployment.org(&org.scope)).await.unwrap();
    sendable(bed.deployment.lease_due(Lane::Work, "w", 1, 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn two_organisations_share_nothing() {
    let bed = Bed::new().await;
    let (one, two) = (bed.org("one").await, bed.org("two").await);
    one.db
        .commit_page(page(vec![upsert(post("1", "secretword"), &[&one.monitor])]))
        .await
        .unwrap();
    one.db
        .set_credential(&one.installation, "token", &Secret::new(b"s".to_vec()))
        .await
        .unwrap();
    // Ids of the first mean nothing in the second.
    assert_eq!(two.db.totals().await.unwrap().posts, 0);
    assert_eq!(two.db.monitor(&one.monitor).await.unwrap(), None);
    assert_eq!(two.db.account(&one.account).await.unwrap(), None);
    assert!(
        two.db
            .credential(&one.installation, "token")
            .await
            .unwrap()
            .is_none()
    );
    let mention = one
        .db
        .mentions(&MentionFilter::default(), None, 5)
        .await
        .unwrap()
        .items
        .remove(0);
    assert!(two.db.mention(&mention.id).await.unwrap().is_none());
    let other = page(vec![upsert(post("1", "secretword"), &[&one.monitor])]);
    assert_eq!(two.db.commit_page(other).await.unwrap().inserted, 0);
    // The same post and author have unrelated hashes.
    two.db
        .commit_page(page(vec![upsert(post("1", "secretword"), &[&two.monitor])]))
        .await
        .unwrap();
    let theirs = two
        .db
        .mentions(&MentionFilter::default(), None, 5)
        .await
        .unwrap()
        .items
        .remove(0);
    assert_ne!(
        (theirs.post_hash, theirs.author_ref),
        (mention.post_hash, mention.author_ref)
    );
    // A file of one in the place of the other's does not open.
    bed.deployment.close().await;
    let folder = bed.folder.path().join("data/organisations/local");
    std::fs::copy(
        folder.join(one.db.id().as_str()).join("store.db"),
        folder.join(two.db.id().as_str()).join("store.db"),
    )
    .unwrap();
    let options = crate::StoreOptions::new(bed.folder.path().join("data"));
    let again = crate::Deployment::open(
        options,
        super::vault(bed.folder.path(), 9),
        bed.clock.clone(),
    )
    .await
    .unwrap();
    assert!(matches!(
        fault(again.org(&two.scope).await),
        StoreError::WrongKey { .. }
    ));
}

#[tokio::test]
async fn forged_ids_and_tokens_open_nothing() {
    let bed = Bed::new().await;
    bed.org("lumora").await;
    for bad in [
        "../../etc",
        "org_../../../../../../../../x",
        "org_AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "CON",
        "org_' or 1=1 --aaaaaaaaaa",
    ] {
        assert!(bad.parse::<OrgId>().is_err());
    }
    let unknown = OrgId::random(&*Seeded::new(77));
    assert_eq!(
        bed.deployment
            .enter_as_operator(&bed.operator, &unknown)
            .await
            .unwrap(),
        None
    );
    for token in [
        "",
        "ist_",
        "' or 1=1 --",
        &format!("ist_{}", "a".repeat(52)),
    ] {
        assert!(
            bed.deployment
                .check_operator_token(token)
                .await
                .unwrap()
                .is_none()
        );
    }
    for slug in [
        "",
        "a",
        "A",
        "1a",
        "a b",
        "a/b",
        "..",
        "ünï",
        &"a".repeat(41),
    ] {
        let new = NewOrganisation {
            slug: slug.into(),
            name: "X".into(),
            region: Region::Local,
        };
        assert!(matches!(
            fault(
                bed.deployment
                    .create_organisation(&bed.operator, &new)
                    .await
            ),
            StoreError::Invalid { .. }
        ));
    }
}

#[tokio::test]
async fn a_withdrawn_token_ends_its_sessions() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    assert!(
        bed.deployment
            .first_operator_token()
            .await
            .unwrap()
            .is_none()
    );
    let token = bed
        .deployment
        .create_operator_token(&bed.operator)
        .await
        .unwrap();
    let token = String::from_utf8(token.expose().to_vec()).unwrap();
    let session = bed
        .deployment
        .check_operator_token(&token)
        .await
        .unwrap()
        .unwrap();
    let mut tx = bed.deployment.file().write().await.unwrap();
    sqlx::query("delete from operator_tokens where row > 1")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        bed.deployment
            .enter_as_operator(&session, org.db.id())
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_deleted_organisation_is_gone_for_good() {
    let bed = Bed::new().await;
    let (one, two) = (bed.org("one").await, bed.org("two").await);
    let folder = bed
        .folder
        .path()
        .join("data/organisations/local")
        .join(one.db.id().as_str());
    bed.deployment
        .schedule(&one.scope, JobKind::Collect, "x", Instant(0))
        .await
        .unwrap();
    bed.deployment
        .watch_stream(&one.scope, "jetstream", &one.monitor)
        .await
        .unwrap();
    one.db
        .commit_page(page(vec![upsert(post("1", "x"), &[&one.monitor])]))
        .await
        .unwrap();
    one.db.sign_head().await.unwrap();
    assert!(folder.join("store.db").exists());
    assert!(
        bed.deployment
            .delete_organisation(&bed.operator, one.db.id())
            .await
            .unwrap()
    );
    assert!(!folder.exists());
    assert!(
        !bed.deployment
            .delete_organisation(&bed.operator, one.db.id())
            .await
            .unwrap()
    );
    // An old scope and an old handle both fail; nothing is made anew.
    assert!(matches!(
        fault(bed.deployment.org(&one.scope).await),
        StoreError::Gone
    ));
    assert!(matches!(fault(one.db.totals().await), StoreError::Gone));
    assert!(matches!(
        fault(
            one.db
                .commit_page(page(vec![upsert(post("2", "x"), &[&one.monitor])]))
                .await
        ),
        StoreError::Gone
    ));
    assert!(matches!(
        fault(
            bed.deployment
                .schedule(&one.scope, JobKind::Collect, "x", Instant(0))
                .await
        ),
        StoreError::Gone
    ));
    assert!(!folder.exists());
    assert_eq!(
        bed.deployment
            .lease_due(Lane::Work, "w", 1_000, 10)
            .await
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        bed.deployment
            .stream_monitors("jetstream")
            .await
            .unwrap()
            .len(),
        0
    );
    assert!(
        bed.deployment
            .holders(&Posting::Post(super::key("1")))
            .await
            .unwrap()
            .is_empty()
    );
    // Its name is never given out again (HT-30), and the other one lives.
    let again = NewOrganisation {
        slug: "one".into(),
        name: "X".into(),
        region: Region::Local,
    };
    assert!(matches!(
        fault(
            bed.deployment
                .create_organisation(&bed.operator, &again)
                .await
        ),
        StoreError::Taken { .. }
    ));
    let left = bed.deployment.organisations(&bed.operator).await.unwrap();
    assert_eq!(
        left.iter().map(|o| o.slug.as_str()).collect::<Vec<_>>(),
        ["two"]
    );
    assert_eq!(two.db.monitors().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_removal_that_was_cut_short_is_finished_at_the_next_start() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let relative = format!("organisations/local/{}", org.db.id());
    let mut tx = bed.deployment.file().write().await.unwrap();
    sqlx::query("delete from organisations")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("insert into removals (folder) values ($1)")
        .bind(&relative)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    bed.deployment.close().await;
    let options = crate::StoreOptions::new(bed.folder.path().join("data"));
    assert!(options.folder.join(&relative).exists());
    let vault = super::vault(bed.folder.path(), 9);
    let again = crate::Deployment::open(options.clone(), vault, bed.clock.clone())
        .await
        .unwrap();
    assert!(!options.folder.join(&relative).exists());
    assert!(again.organisations(&bed.operator).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_job_that_was_moved_to_another_organisation_is_not_executed() {
    let bed = Bed::new().await;
    let (one, two) = (bed.org("one").await, bed.org("two").await);
    bed.deployment
        .schedule(
            &one.scope,
            JobKind::Collect,
            one.account.as_str(),
            Instant(0),
        )
        .await
        .unwrap();
    let mut tx = bed.deployment.file().write().await.unwrap();
    sqlx::query("update jobs set org = (select row from organisations where id = $1)")
        .bind(two.db.id().as_str())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(
        fault(bed.deployment.lease_due(Lane::Work, "w", 1_000, 10).await),
        StoreError::ForgedJob { .. }
    ));
}

#[tokio::test]
async fn a_match_enters_only_by_a_registered_monitor() {
    let bed = Bed::new().await;
    let (one, two) = (bed.org("one").await, bed.org("two").await);
    let nobody = MonitorId::random(&*Seeded::new(4));
    for (scope, monitor) in [(&two.scope, &one.monitor), (&one.scope, &nobody)] {
        assert!(matches!(
            fault(
                bed.deployment
                    .watch_stream(scope, "jetstream", monitor)
                    .await
            ),
            StoreError::Unknown { what: "monitor" }
        ));
    }
    bed.deployment
        .watch_stream(&one.scope, "jetstream", &one.monitor)
        .await
        .unwrap();
    bed.deployment
        .watch_stream(&one.scope, "jetstream", &one.monitor)
        .await
        .unwrap();
    let registered = bed.deployment.stream_monitors("jetstream").await.unwrap();
    assert_eq!(registered.len(), 1);
    let scope = bed
        .deployment
        .scope_for_match(&registered[0])
        .await
        .unwrap();
    assert_eq!(scope.as_ref(), Some(&one.scope));
    bed.deployment
        .unwatch_stream(&one.scope, "jetstream", &one.monitor)
        .await
        .unwrap();
    assert_eq!(
        bed.deployment
            .scope_for_match(&registered[0])
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn the_posting_index_never_says_too_little() {
    let bed = Bed::new().await;
    let (one, two) = (bed.org("one").await, bed.org("two").await);
    one.db
        .commit_page(page(vec![upsert(post("1", "x"), &[&one.monitor])]))
        .await
        .unwrap();
    two.db
        .commit_page(page(vec![
            upsert(post("1", "x"), &[&two.monitor]),
            upsert(post("2", "y"), &[]),
        ]))
        .await
        .unwrap();
    let renamed = PageChange::Replaced {
        old: super::key("1"),
        new_id: "9".into(),
    };
    one.db.commit_page(page(vec![renamed])).await.unwrap();
    let holders = |posting: Posting| {
        let deployment = bed.deployment.clone();
        async move { deployment.holders(&posting).await.unwrap().len() }
    };
    assert_eq!(holders(Posting::Post(super::key("1"))).await, 2);
    assert_eq!(holders(Posting::Post(super::key("2"))).await, 0);
    assert_eq!(holders(Posting::Post(super::key("9"))).await, 1);
    assert_eq!(
        holders(Posting::Author("mastodon".into(), "canaryauthorid".into())).await,
        2
    );
    let elsewhere = PostKey {
        network: "bluesky".into(),
        native_id: "1".into(),
    };
    assert_eq!(holders(Posting::Post(elsewhere)).await, 0);
    assert_eq!(
        bed.deployment.stream_cursor("jetstream").await.unwrap(),
        (None, 0)
    );
    assert!(
        bed.deployment
            .move_stream_cursor("jetstream", 0, b"c1")
            .await
            .unwrap()
    );
    assert!(
        !bed.deployment
            .move_stream_cursor("jetstream", 0, b"c2")
            .await
            .unwrap()
    );
    assert!(
        bed.deployment
            .move_stream_cursor("jetstream", 1, b"c2")
            .await
            .unwrap()
    );
    assert_eq!(
        bed.deployment.stream_cursor("jetstream").await.unwrap(),
        (Some(b"c2".to_vec()), 2)
    );
}

#[tokio::test]
async fn only_so_many_files_stay_open() {
    let bed = Bed::with(|o| o.open_organisations = 2).await;
    let mut scopes = Vec::new();
    for name in ["one", "two", "three", "four"] {
        scopes.push(bed.org(name).await.scope);
        assert!(bed.deployment.inner.open.len() <= 2);
    }
    // What somebody holds stays open beyond the bound; what nobody holds is closed at the next opening.
    let mut held = Vec::new();
    for scope in &scopes {
        held.push(bed.deployment.org(scope).await.unwrap());
    }
    assert_eq!(bed.deployment.inner.open.len(), 4);
    for db in &held {
        assert_eq!(db.monitors().await.unwrap().len(), 1);
    }
    drop(held);
    bed.deployment.org(&scopes[0]).await.unwrap();
    assert_eq!(bed.deployment.inner.open.len(), 2);
}
