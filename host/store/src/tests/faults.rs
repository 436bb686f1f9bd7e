//! Bad circumstances: wrong key, full disk, locks, links, newer files, plain text on disk.

use std::{path::Path, sync::Arc};

use isocial_model::{InstallationId, Secret, connector::TaskItem, time::ManualClock};

use super::{Bed, MONDAY, fault, page, post, upsert, vault};
use crate::{Deployment, PageCommit, StoreError, StoreOptions};

fn raw(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            raw(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[tokio::test]
async fn no_seeded_word_is_in_any_raw_file() {
    let bed = Bed::new().await;
    let org = bed.org("canaryslug").await;
    org.db
        .set_credential(
            &org.installation,
            "token",
            &Secret::new(b"canarysecret".to_vec()),
        )
        .await
        .unwrap();
    let commit = PageCommit {
        account: Some(org.account.clone()),
        state: Some(b"canarystate".to_vec()),
        tasks: vec![TaskItem {
            key: "canarytask".into(),
            payload: b"canarypayload".to_vec(),
            due: None,
        }],
        ..page(
            (0..50)
                .map(|n| {
                    upsert(
                        post(&format!("canaryid{n}"), "canarytext lumora"),
                        &[&org.monitor],
                    )
                })
                .collect(),
        )
    };
    org.db.commit_page(commit).await.unwrap();
    // While the log is still there, and after it went into the file.
    for closed in [false, true] {
        if closed {
            bed.deployment.close().await;
        }
        let mut files = Vec::new();
        raw(&bed.folder.path().join("data"), &mut files);
        assert!(files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000);
        assert!(
            closed
                || files
                    .iter()
                    .any(|(name, bytes)| name.ends_with("store.db-wal") && !bytes.is_empty())
        );
        for (name, bytes) in &files {
            for word in [
                &b"canary"[..],
                b"Canary",
                b"SQLite format",
                b"lumora",
                b"Lumora",
                b"create table",
            ] {
                assert!(
                    !bytes.windows(word.len()).any(|w| w == word),
                    "{} in {name}",
                    String::from_utf8_lossy(word)
                );
            }
        }
    }
}

/// Everything that names a person or a post lies in the identities, sealed: taking them away leaves no name in any row (P-2.2.3).
#[tokio::test]
async fn without_the_identities_no_row_names_anybody() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let commit = PageCommit {
        account: Some(org.account.clone()),
        tasks: vec![TaskItem {
            key: "canaryauthorid".into(),
            payload: b"canaryauthorid".to_vec(),
            due: None,
        }],
        ..page(vec![upsert(
            post("canarynativeid", "lumora"),
            &[&org.monitor],
        )])
    };
    org.db.commit_page(commit).await.unwrap();
    let mut conn = org.db.file().read().await.unwrap();
    for table in crate::inventory::INVENTORY
        .iter()
        .filter(|t| t.file == crate::inventory::File::Organisation)
    {
        for (column, _) in table.columns {
            // Names from our own table, none from outside.
            let sql = format!("select cast({column} as text) as v from {}", table.name);
            let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut *conn)
                .await
                .unwrap();
            for row in rows {
                let bytes: Option<Vec<u8>> = sqlx::Row::try_get_unchecked(&row, "v").unwrap();
                let text = String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned();
                for name in [
                    "canaryhandle",
                    "canaryauthorid",
                    "canarynativeid",
                    "canaryurl",
                    "Displayname",
                ] {
                    assert!(!text.contains(name), "{name} in {}.{column}", table.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_inventory_names_every_column_and_no_other() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    for (file, database) in [
        (crate::inventory::File::Deployment, bed.deployment.file()),
        (crate::inventory::File::Organisation, org.db.file()),
    ] {
        let mut conn = database.read().await.unwrap();
        let rows = sqlx::query(
            "select m.name as t, c.name as c from sqlite_schema m join pragma_table_info(m.name) c \
             where m.type = 'table' and m.name not like 'sqlite_%' and m.name not like 'tokens!_%' escape '!'",
        )
        .fetch_all(&mut *conn)
        .await
        .unwrap();
        let mut real: Vec<(String, String)> = rows
            .iter()
            .map(|r| (sqlx::Row::get(r, "t"), sqlx::Row::get(r, "c")))
            .collect();
        let mut classified: Vec<(String, String)> = crate::inventory::INVENTORY
            .iter()
            .filter(|t| t.file == file)
            .flat_map(|t| {
                t.columns
                    .iter()
                    .map(|(c, _)| (t.name.to_owned(), (*c).to_owned()))
            })
            .collect();
        real.sort();
        classified.sort();
        assert_eq!(real, classified);
    }
}

#[tokio::test]
async fn another_root_key_opens_nothing_and_changes_nothing() {
    let bed = Bed::new().await;
    bed.org("lumora").await;
    bed.deployment.close().await;
    let options = StoreOptions::new(bed.folder.path().join("data"));
    let other = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(MONDAY));
    let error =
        fault(Deployment::open(options.clone(), vault(other.path(), 2), clock.clone()).await);
    assert!(
        matches!(&error, StoreError::WrongKey { file } if file == "deployment.db"),
        "{error:?}"
    );
    // No database at all.
    let path = bed.folder.path().join("data/deployment.db");
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, vec![7u8; 8192]).unwrap();
    let right = Arc::new(
        isocial_vault::Vault::open(
            &bed.folder.path().join("root.key"),
            false,
            super::Seeded::new(3),
        )
        .unwrap(),
    );
    let error = fault(Deployment::open(options.clone(), right.clone(), clock.clone()).await);
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error:?}");
    // The right key and the right file: all is still there.
    std::fs::write(&path, good).unwrap();
    let again = Deployment::open(options, right, clock).await.unwrap();
    assert_eq!(
        again.first_operator_token().await.unwrap().map(|_| ()),
        None
    );
}

#[tokio::test]
async fn a_full_file_says_so_and_loses_nothing() {
    let bed = Bed::with(|o| o.max_pages = Some(120)).await;
    let org = bed.org("lumora").await;
    let mut kept = 0;
    let error = loop {
        let changes = (0..20)
            .map(|n| {
                upsert(
                    post(&format!("{kept}-{n}"), &"x".repeat(900)),
                    &[&org.monitor],
                )
            })
            .collect();
        let before = org.db.content_digest().await.unwrap();
        match org.db.commit_page(page(changes)).await {
            Ok(outcome) => kept += outcome.inserted,
            Err(error) => {
                assert_eq!(org.db.content_digest().await.unwrap(), before);
                break error;
            }
        }
        assert!(kept < 10_000, "the cap was never met");
    };
    assert!(
        matches!(&error, StoreError::Full { file } if file.ends_with("store.db")),
        "{error:?}"
    );
    assert!(kept > 0);
    let totals = org.db.totals().await.unwrap();
    assert_eq!((totals.posts, totals.without_receipt), (kept, 0));
    assert_eq!(org.db.check_counts().await.unwrap(), 0);
    // And what was deleted makes room again.
    let gone = (0..20)
        .map(|n| crate::PageChange::Delete(super::key(&format!("0-{n}"))))
        .collect();
    org.db
        .commit_page(PageCommit {
            changes: gone,
            ..PageCommit::default()
        })
        .await
        .unwrap();
    assert_eq!(org.db.totals().await.unwrap().posts, kept - 20);
}

#[tokio::test]
async fn the_deployments_file_has_a_cap_of_its_own() {
    // An organisation's cap says nothing about the file that holds the packages …
    let bed = Bed::with(|o| o.max_pages = Some(120)).await;
    let package = |id: &str| crate::packages::Package {
        package: super::package(id),
        kind: isocial_model::Kind::Connector,
        manifest: "{}".into(),
        interface: "isocial:plugin/connector@0.1.0".into(),
    };
    let large = vec![7u8; 1 << 20];
    bed.deployment
        .keep_package(&package("acme/large"), &large)
        .await
        .unwrap();
    // … and its own cap is its own.
    let bed = Bed::with(|o| o.deployment_max_pages = Some(120)).await;
    let error = fault(
        bed.deployment
            .keep_package(&package("acme/large"), &large)
            .await,
    );
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(bed.deployment.packages().await.unwrap().is_empty());
    let org = bed.org("lumora").await;
    let changes = (0..200)
        .map(|n| {
            upsert(
                post(&n.to_string(), &format!("{n} {}", "x".repeat(4_000))),
                &[&org.monitor],
            )
        })
        .collect();
    assert_eq!(
        org.db.commit_page(page(changes)).await.unwrap().inserted,
        200
    );
}

#[tokio::test]
async fn a_file_that_another_process_holds_is_locked() {
    let bed = Bed::with(|o| o.busy_timeout_ms = 50).await;
    let org = bed.org("lumora").await;
    let options = StoreOptions {
        busy_timeout_ms: 50,
        ..StoreOptions::new(bed.folder.path().join("data"))
    };
    let other = Deployment::open(options, vault(bed.folder.path(), 9), bed.clock.clone())
        .await
        .unwrap();
    let theirs = other.org(&org.scope).await.unwrap();
    let held = theirs.file().write().await.unwrap();
    let error = fault(
        org.db
            .commit_page(page(vec![upsert(post("1", "x"), &[&org.monitor])]))
            .await,
    );
    assert!(
        matches!(&error, StoreError::Locked { file } if file.ends_with("store.db")),
        "{error:?}"
    );
    drop(held);
    assert_eq!(
        org.db
            .commit_page(page(vec![upsert(post("1", "x"), &[&org.monitor])]))
            .await
            .unwrap()
            .inserted,
        1
    );
    assert_eq!(theirs.totals().await.unwrap().posts, 1);
}

#[tokio::test]
async fn a_newer_file_is_left_alone() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let mut tx = org.db.file().write().await.unwrap();
    sqlx::query("insert into migrations (version, name, applied) values (99, 'later', 0)")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    bed.deployment.close().await;
    let options = StoreOptions::new(bed.folder.path().join("data"));
    let again = Deployment::open(options, vault(bed.folder.path(), 9), bed.clock.clone())
        .await
        .unwrap();
    assert!(matches!(
        fault(again.org(&org.scope).await),
        StoreError::Newer {
            found: 99,
            known: 3,
            ..
        }
    ));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_place_of_a_file_or_folder_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let folder = bed
        .folder
        .path()
        .join("data/organisations/local")
        .join(org.db.id().as_str());
    for path in [
        bed.folder.path().join("data"),
        bed.folder.path().join("data/organisations"),
        folder.clone(),
        org.db.export_folder(),
    ] {
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700,
            "{}",
            path.display()
        );
    }
    bed.deployment.close().await;
    let elsewhere = bed.folder.path().join("elsewhere");
    std::fs::rename(&folder, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
    let options = StoreOptions::new(bed.folder.path().join("data"));
    let again = Deployment::open(options, vault(bed.folder.path(), 9), bed.clock.clone())
        .await
        .unwrap();
    assert!(matches!(
        fault(again.org(&org.scope).await),
        StoreError::Link { .. }
    ));
    // And so is a file that is gone: nothing empty takes its place.
    std::fs::remove_file(&folder).unwrap();
    assert!(matches!(
        fault(again.org(&org.scope).await),
        StoreError::Io {
            action: "opened",
            ..
        }
    ));
}

#[tokio::test]
async fn what_was_sealed_for_one_row_opens_in_no_other() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let other = org
        .db
        .install(&super::installation(
            &org.workspace,
            isocial_model::Kind::Connector,
        ))
        .await
        .unwrap();
    org.db
        .set_credential(&org.installation, "token", &Secret::new(b"s".to_vec()))
        .await
        .unwrap();
    let mut tx = org.db.file().write().await.unwrap();
    sqlx::query("update credentials set installation = $1")
        .bind(other.as_str())
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("update installations set config = (select config from installations where id <> $1) where id = $1")
        .bind(other.as_str())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(
        fault(org.db.credential(&other, "token").await),
        StoreError::Sealed(_)
    ));
    assert!(matches!(
        fault(org.db.installation(&other).await),
        StoreError::Sealed(_)
    ));
    let nobody = InstallationId::random(&*super::Seeded::new(5));
    assert!(matches!(
        fault(
            org.db
                .set_credential(&nobody, "token", &Secret::new(b"s".to_vec()))
                .await
        ),
        StoreError::Unknown {
            what: "installation"
        }
    ));
}
