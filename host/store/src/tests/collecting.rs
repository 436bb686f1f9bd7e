//! Pages: round trips, fences, repeats, edits, deletions, counts.

use isocial_model::{
    Instant, JobId, MonitorId, Opening,
    connector::{TaskItem, Window},
    language::SentimentLabel,
    post::{
        AgeSignal, Attribute, AuthorState, Engagement, Media, MediaKind, Mentioned, Post, PostKind,
        Visibility,
    },
};

use super::{Bed, MONDAY, Seeded, analysis, fault, key, monitor, page, post, upsert, write};
use crate::{
    Fence, MentionFilter, MentionStatus, OrgDb, PageChange, PageCommit, StoreError, counts::Unit,
};

async fn all(db: &OrgDb, status: MentionStatus) -> Vec<Post> {
    let filter = MentionFilter {
        status: Some(status),
        ..MentionFilter::default()
    };
    let page = db.mentions(&filter, None, 500).await.unwrap();
    page.items
        .into_iter()
        .map(|m| m.post.into_open(Opening::Codec))
        .collect()
}

async fn visible(db: &OrgDb) -> Vec<Post> {
    all(db, MentionStatus::Visible).await
}

#[tokio::test]
async fn a_post_comes_back_as_it_was_written() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let full = Post {
        reference: Some("at://did:plc:abc/app/1".into()),
        kind: PostKind::Review,
        title: Some("Title".into()),
        content_warning: Some("cw".into()),
        language: Some("vi".into()),
        edited: Some(MONDAY.plus_ms(10 * Instant::HOUR_MS)),
        age_signal: AgeSignal::Adult,
        in_reply_to: Some("1".into()),
        thread: Some("2".into()),
        repost_of: Some("3".into()),
        quote_of: Some("4".into()),
        hashtags: vec!["lumora".into()],
        mentions: vec![Mentioned {
            native_id: Some("9".into()),
            handle: None,
        }],
        links: vec!["https://shop.example/x".into()],
        media: vec![Media {
            kind: MediaKind::Image,
            url: None,
            alt: Some("a lamp".into()),
        }],
        rating: Some(0.1),
        engagement: Some(Engagement {
            likes: Some(3),
            views: Some(0),
            ..Engagement::default()
        }),
        country: Some("VN".into()),
        sensitive: Some(false),
        attributes: vec![Attribute {
            key: "subreddit".into(),
            value: "lamps".into(),
        }],
        ..post("1", "I love Lumora ☀")
    };
    let bare = Post {
        network: "feed".into(),
        native_id: "x".into(),
        visibility: Visibility::Public,
        ..Post::default()
    };
    let outcome = org
        .db
        .commit_page(page(vec![
            upsert(full.clone(), &[&org.monitor]),
            upsert(bare.clone(), &[&org.monitor]),
        ]))
        .await
        .unwrap();
    assert_eq!(
        (outcome.inserted, outcome.mentions),
        (2, vec![(org.monitor.clone(), 2)])
    );
    // The bare one has no date: it is placed at the time of its first reading, and is therefore the newest.
    assert_eq!(visible(&org.db).await, [bare, full]);
    let mention = org
        .db
        .mentions(&MentionFilter::default(), None, 1)
        .await
        .unwrap()
        .items
        .remove(0);
    assert_eq!(mention.analysis, Some(analysis(SentimentLabel::Negative)));
    assert_eq!(
        (mention.collected_by, mention.analysed_by),
        (Some(1), Some(2))
    );
    assert_eq!(
        org.db
            .mention(&mention.id)
            .await
            .unwrap()
            .map(|m| m.post_hash),
        Some(mention.post_hash)
    );
    assert_eq!(org.db.totals().await.unwrap().without_receipt, 0);
}

#[tokio::test]
async fn a_fence_that_does_not_hold_writes_nothing() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let job = JobId::random(&*Seeded::new(7));
    let with = |epoch, version, id: &str| PageCommit {
        fence: Some(Fence {
            job: job.clone(),
            lease_epoch: epoch,
            cursor_version: version,
        }),
        account: Some(org.account.clone()),
        cursor: Some(format!("cursor after {id}").into_bytes()),
        state: Some(b"state".to_vec()),
        tasks: vec![TaskItem {
            key: id.into(),
            payload: vec![1],
            due: None,
        }],
        coverage: vec![Window {
            start: MONDAY,
            end: MONDAY.plus_ms(5),
            complete: true,
        }],
        counters: vec![("collected".into(), 1)],
        ..page(vec![upsert(post(id, "Lumora"), &[&org.monitor])])
    };
    assert_eq!(
        org.db
            .commit_page(with(2, 0, "a"))
            .await
            .unwrap()
            .cursor_version,
        1
    );
    let digest = org.db.content_digest().await.unwrap();
    // The same page again, an older lease, and a cursor that has moved on.
    for stale in [
        with(2, 0, "a"),
        with(1, 1, "b"),
        with(3, 0, "b"),
        with(3, 2, "b"),
    ] {
        assert!(matches!(
            fault(org.db.commit_page(stale).await),
            StoreError::Conflict { .. }
        ));
    }
    assert_eq!(org.db.content_digest().await.unwrap(), digest);
    assert_eq!(org.db.receipt_count().await.unwrap(), 2);
    assert_eq!(org.db.due_tasks(&org.account, 9).await.unwrap().len(), 1);
    assert_eq!(org.db.counters().await.unwrap(), [("collected".into(), 1)]);
    let place = org.db.place(&job).await.unwrap();
    assert_eq!(
        (
            place.cursor.as_deref(),
            place.cursor_version,
            place.lease_epoch
        ),
        (Some(&b"cursor after a"[..]), 1, 2)
    );
    assert_eq!(
        org.db
            .account(&org.account)
            .await
            .unwrap()
            .unwrap()
            .state
            .as_deref(),
        Some(&b"state"[..])
    );
    // A later lease goes on from there, and ends its task.
    let next = PageCommit {
        done_task: Some("a".into()),
        tasks: vec![],
        ..with(3, 1, "b")
    };
    assert_eq!(org.db.commit_page(next).await.unwrap().cursor_version, 2);
    assert_eq!(org.db.due_tasks(&org.account, 9).await.unwrap(), []);
    assert_eq!(org.db.coverage(&org.account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_page_twice_leaves_one() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let second = monitor(&org.db, &org.workspace, "Second").await;
    let changes = || {
        vec![
            upsert(post("1", "one lumora"), &[&org.monitor, &second]),
            upsert(post("2", "two lumora"), &[&org.monitor]),
            PageChange::Engagement {
                key: key("1"),
                counts: Engagement {
                    likes: Some(5),
                    ..Engagement::default()
                },
            },
            PageChange::Hide(key("2")),
            upsert(post("3", "three"), &[&org.monitor]),
            PageChange::Delete(key("3")),
            PageChange::Delete(key("4")),
            upsert(post("4", "made anew under its old name"), &[&org.monitor]),
            upsert(post("5", "five"), &[&org.monitor]),
            PageChange::Replaced {
                old: key("5"),
                new_id: "55".into(),
            },
            PageChange::Strip {
                key: key("1"),
                fields: vec!["media".into(), "text".into()],
            },
            upsert(post("6", "nobody asked"), &[]),
        ]
    };
    let first = org.db.commit_page(page(changes())).await.unwrap();
    assert_eq!((first.inserted, first.unmatched, first.deleted), (5, 1, 1));
    let digest = org.db.content_digest().await.unwrap();
    let posts = org.db.totals().await.unwrap().posts;
    assert_eq!(posts, 4);
    let ids = |page: crate::MentionPage| page.items.into_iter().map(|m| m.id).collect::<Vec<_>>();
    let before = ids(org
        .db
        .mentions(&MentionFilter::default(), None, 100)
        .await
        .unwrap());
    for _ in 0..2 {
        org.db.commit_page(page(changes())).await.unwrap();
        assert_eq!(org.db.content_digest().await.unwrap(), digest);
        assert_eq!(org.db.check_counts().await.unwrap(), 0);
    }
    let mut after = ids(org
        .db
        .mentions(&MentionFilter::default(), None, 100)
        .await
        .unwrap());
    let mut before = before;
    before.sort();
    after.sort();
    assert_eq!(before, after);
    assert!(
        !visible(&org.db)
            .await
            .iter()
            .any(|p| p.text.as_deref() == Some("one lumora"))
    );
}

#[tokio::test]
async fn an_edit_moves_its_counts_and_an_older_page_does_not_undo_it() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    org.db
        .commit_page(page(vec![upsert(post("1", "bad lumora"), &[&org.monitor])]))
        .await
        .unwrap();
    let edited = Post {
        edited: Some(MONDAY.plus_ms(11 * Instant::HOUR_MS)),
        ..post("1", "good lumora")
    };
    let mut better = write(edited.clone(), &[&org.monitor]);
    better.analysis = Some(analysis(SentimentLabel::Positive));
    let outcome = org
        .db
        .commit_page(page(vec![PageChange::Upsert(Box::new(better))]))
        .await
        .unwrap();
    assert_eq!(
        (
            outcome.updated,
            outcome.touched.len(),
            outcome.mentions.len()
        ),
        (1, 1, 0)
    );
    let hours = org
        .db
        .timeline(
            &org.monitor,
            Unit::Hour,
            MONDAY,
            MONDAY.plus_ms(Instant::DAY_MS),
        )
        .await
        .unwrap();
    assert_eq!(
        hours
            .iter()
            .map(|b| (b.total, b.negative, b.positive))
            .collect::<Vec<_>>(),
        [(1, 0, 1)]
    );
    let older = Post {
        edited: Some(MONDAY),
        ..post("1", "bad lumora")
    };
    assert_eq!(
        org.db
            .commit_page(page(vec![upsert(older, &[&org.monitor])]))
            .await
            .unwrap()
            .unchanged,
        1
    );
    assert_eq!(visible(&org.db).await, [edited]);
    assert_eq!(org.db.check_counts().await.unwrap(), 0);
}

#[tokio::test]
async fn an_analysis_stays_with_its_text_only() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    org.db
        .commit_page(page(vec![upsert(post("1", "same"), &[&org.monitor])]))
        .await
        .unwrap();
    let known = org.db.known_posts(&[key("1"), key("none")]).await.unwrap();
    let same = write(post("1", "same"), &[]);
    assert_eq!(
        known[0].as_ref().map(|k| k.text),
        Some(org.db.text_hash(&same.post))
    );
    assert_eq!(
        known[0]
            .as_ref()
            .and_then(|k| k.analysis.as_ref())
            .map(|a| a.by.as_str()),
        Some("isocial/en@1.0.0")
    );
    assert_eq!(known[1], None);
    let without = |post: Post| {
        let mut write = write(post, &[&org.monitor]);
        (write.analysis, write.analysed_by) = (None, None);
        PageChange::Upsert(Box::new(write))
    };
    let liked = Post {
        engagement: Some(Engagement {
            likes: Some(1),
            ..Engagement::default()
        }),
        ..post("1", "same")
    };
    assert_eq!(
        org.db
            .commit_page(page(vec![without(liked)]))
            .await
            .unwrap()
            .updated,
        1
    );
    assert_eq!(org.db.totals().await.unwrap().analysed, 1);
    org.db
        .commit_page(page(vec![without(post("1", "other"))]))
        .await
        .unwrap();
    assert_eq!(org.db.totals().await.unwrap().analysed, 0);
    assert_eq!(org.db.totals().await.unwrap().without_receipt, 0);
    assert_eq!(org.db.check_counts().await.unwrap(), 0);
}

#[tokio::test]
async fn a_deleted_post_leaves_nothing_and_does_not_come_back() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    org.db
        .commit_page(page(vec![upsert(
            post("1", "zebracanary lumora"),
            &[&org.monitor],
        )]))
        .await
        .unwrap();
    let outcome = org
        .db
        .commit_page(page(vec![PageChange::Delete(key("1"))]))
        .await
        .unwrap();
    assert_eq!(outcome.deleted, 1);
    let totals = org.db.totals().await.unwrap();
    assert_eq!(
        (
            totals.posts,
            totals.mentions,
            totals.analysed,
            totals.tombstones
        ),
        (0, 0, 0, 1)
    );
    assert_eq!(
        org.db
            .timeline(&org.monitor, Unit::Minute, MONDAY, Instant(i64::MAX))
            .await
            .unwrap(),
        []
    );
    // The words are gone from the index itself, not only hidden in it.
    let mut conn = org.db.file().read().await.unwrap();
    let rows = sqlx::query("select hex(block) as block from tokens_data")
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    for row in rows {
        let block: String = sqlx::Row::try_get(&row, "block").unwrap();
        assert!(
            !block.contains(&hex::encode_upper("ebracanary")),
            "the index still has the word"
        );
    }
    drop(conn);
    let again = org
        .db
        .commit_page(page(vec![upsert(post("1", "back"), &[&org.monitor])]))
        .await
        .unwrap();
    assert_eq!((again.tombstoned, again.inserted), (1, 0));
}

#[tokio::test]
async fn an_authors_events_reach_all_posts() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let event = |state| {
        page(vec![PageChange::Author {
            network: "mastodon".into(),
            author: "canaryauthorid".into(),
            state,
        }])
    };
    let two = || {
        page(vec![
            upsert(post("1", "a"), &[&org.monitor]),
            upsert(post("2", "b"), &[&org.monitor]),
        ])
    };
    org.db.commit_page(two()).await.unwrap();
    org.db
        .commit_page(page(vec![PageChange::Hide(key("1"))]))
        .await
        .unwrap();
    assert_eq!(
        org.db
            .commit_page(event(AuthorState::Protected))
            .await
            .unwrap()
            .hidden,
        2
    );
    assert_eq!(visible(&org.db).await.len(), 0);
    assert_eq!(org.db.check_counts().await.unwrap(), 0);
    // Back again, but not the one that was hidden by itself.
    assert_eq!(
        org.db
            .commit_page(event(AuthorState::Restored))
            .await
            .unwrap()
            .restored,
        2
    );
    assert_eq!(visible(&org.db).await.len(), 1);
    assert_eq!(
        org.db
            .commit_page(event(AuthorState::Gone))
            .await
            .unwrap()
            .deleted,
        2
    );
    assert_eq!(org.db.commit_page(two()).await.unwrap().tombstoned, 2);
    org.db
        .commit_page(event(AuthorState::Restored))
        .await
        .unwrap();
    assert_eq!(org.db.commit_page(two()).await.unwrap().inserted, 2);
    assert_eq!(org.db.check_counts().await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_not_public_is_not_kept() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let changes = |visibility, age_signal| {
        page(vec![upsert(
            Post {
                visibility,
                age_signal,
                ..post("1", "x")
            },
            &[&org.monitor],
        )])
    };
    for visibility in [
        Visibility::Unlisted,
        Visibility::Restricted,
        Visibility::Private,
        Visibility::Unknown,
    ] {
        let outcome = org
            .db
            .commit_page(changes(visibility, AgeSignal::NotPublished))
            .await
            .unwrap();
        assert_eq!((outcome.refused, outcome.inserted), (1, 0));
    }
    org.db
        .commit_page(changes(Visibility::Public, AgeSignal::NotPublished))
        .await
        .unwrap();
    // It was public, and no longer is.
    let outcome = org
        .db
        .commit_page(changes(Visibility::Public, AgeSignal::Minor))
        .await
        .unwrap();
    assert_eq!((outcome.refused, outcome.deleted), (1, 1));
    assert_eq!(org.db.totals().await.unwrap().posts, 0);
    assert_eq!(org.db.check_counts().await.unwrap(), 0);
}

#[tokio::test]
async fn a_post_that_no_monitor_holds_goes() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let second = monitor(&org.db, &org.workspace, "Second").await;
    org.db
        .commit_page(page(vec![upsert(post("1", "x"), &[&org.monitor, &second])]))
        .await
        .unwrap();
    let mut lost = write(post("1", "y"), &[]);
    lost.unmatched = vec![second.clone()];
    org.db
        .commit_page(page(vec![PageChange::Upsert(Box::new(lost.clone()))]))
        .await
        .unwrap();
    assert_eq!(org.db.totals().await.unwrap().mentions, 1);
    lost.unmatched = vec![org.monitor.clone()];
    assert_eq!(
        org.db
            .commit_page(page(vec![PageChange::Upsert(Box::new(lost))]))
            .await
            .unwrap()
            .deleted,
        1
    );
    assert_eq!(org.db.totals().await.unwrap().tombstones, 0);
    org.db
        .commit_page(page(vec![upsert(post("2", "x"), &[&second])]))
        .await
        .unwrap();
    assert!(org.db.delete_monitor(&second).await.unwrap());
    assert_eq!(org.db.totals().await.unwrap().posts, 0);
    assert_eq!(org.db.check_counts().await.unwrap(), 0);
}

#[tokio::test]
async fn pages_search_and_rechecks_read_back() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let second = monitor(&org.db, &org.workspace, "Second").await;
    let mut changes = Vec::new();
    for n in 0..23 {
        let mut one = write(
            Post {
                created: Some(MONDAY.plus_ms(n / 3 * 1_000)),
                ..post(&n.to_string(), &format!("word{n} lumora #tag"))
            },
            &[&org.monitor, &second],
        );
        one.recheck_at = (n == 5).then_some(MONDAY);
        changes.push(PageChange::Upsert(Box::new(one)));
    }
    org.db.commit_page(page(changes)).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = org
            .db
            .mentions(&MentionFilter::default(), after, 7)
            .await
            .unwrap();
        assert!(page.items.len() <= 7);
        seen.extend(page.items.into_iter().map(|m| m.id));
        after = page.next.map(|c| c.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 46);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 46);
    let search = |tokens: &str| MentionFilter {
        tokens: Some(tokens.into()),
        monitor: Some(second.clone()),
        ..MentionFilter::default()
    };
    let found = |page: crate::MentionPage| page.items.len();
    assert_eq!(
        found(org.db.mentions(&search("word7"), None, 50).await.unwrap()),
        1
    );
    assert_eq!(
        found(
            org.db
                .mentions(&search("\"#tag\" NOT word7"), None, 50)
                .await
                .unwrap()
        ),
        22
    );
    assert_eq!(
        found(org.db.mentions(&search("tag"), None, 50).await.unwrap()),
        0
    );
    let due = org.db.due_rechecks("mastodon", 10).await.unwrap();
    assert_eq!(
        due.iter()
            .map(|r| r.key.native_id.as_str())
            .collect::<Vec<_>>(),
        ["5"]
    );
    org.db
        .commit_page(page(vec![PageChange::RecheckAt {
            key: key("5"),
            at: None,
        }]))
        .await
        .unwrap();
    assert_eq!(org.db.due_rechecks("mastodon", 10).await.unwrap().len(), 0);
    assert!("rubbish".parse::<crate::MentionCursor>().is_err());
}

/// Whatever comes, the buckets are what counting anew gives, and a run that repeats every page ends where a plain one does.
#[tokio::test]
async fn counts_stay_exact_over_random_changes() {
    use isocial_model::Entropy;
    let chance = Seeded::new(99);
    let roll = |n: u64| {
        let mut bytes = [0u8; 8];
        chance.fill(&mut bytes);
        u64::from_le_bytes(bytes) % n
    };
    let bed = Bed::new().await;
    let plain = bed.org("plain").await;
    let repeating = bed.org("repeating").await;
    let seconds: Vec<MonitorId> = vec![
        monitor(&plain.db, &plain.workspace, "Second").await,
        monitor(&repeating.db, &repeating.workspace, "Second").await,
    ];
    let mut inserted = 0;
    for _ in 0..40 {
        let script: Vec<(u64, u64, u64)> =
            (0..12).map(|_| (roll(12), roll(60), roll(1_000))).collect();
        for (org, second, times) in [(&plain, &seconds[0], 1), (&repeating, &seconds[1], 2)] {
            for _ in 0..times {
                let changes = script
                    .iter()
                    .map(|step| change(*step, &org.monitor, second))
                    .collect();
                inserted += org.db.commit_page(page(changes)).await.unwrap().inserted;
                assert_eq!(org.db.check_counts().await.unwrap(), 0);
            }
        }
    }
    assert!(inserted > 50, "only {inserted} posts ever went in");
}

fn change((sort, id, x): (u64, u64, u64), first: &MonitorId, second: &MonitorId) -> PageChange {
    let name = id.to_string();
    match sort {
        0 => PageChange::Delete(key(&name)),
        1 => PageChange::Hide(key(&name)),
        2 => PageChange::Restore(key(&name)),
        3 => PageChange::Author {
            network: "mastodon".into(),
            author: format!("author{}", x % 40),
            state: [
                AuthorState::Gone,
                AuthorState::Hidden,
                AuthorState::Protected,
                AuthorState::Restored,
            ][(x % 4) as usize],
        },
        4 => PageChange::Strip {
            key: key(&name),
            fields: vec!["text".into(), "created".into()],
        },
        5 => PageChange::Replaced {
            old: key(&name),
            new_id: (x % 60).to_string(),
        },
        6 => PageChange::Engagement {
            key: key(&name),
            counts: Engagement {
                likes: Some(x),
                ..Engagement::default()
            },
        },
        _ => {
            let mut post = post(&name, &format!("text {}", x % 5));
            post.created = Some(MONDAY.plus_ms((x as i64 % 7) * 40 * Instant::MINUTE_MS));
            if let Some(author) = &mut post.author {
                author.native_id = Some(format!("author{}", x % 40));
            }
            let mut one = write(post, &[first]);
            if x % 3 == 0 {
                one.matched.push(second.clone());
            } else {
                one.unmatched.push(second.clone());
            }
            if x % 7 == 0 {
                one.matched.clear();
                one.unmatched = vec![first.clone(), second.clone()];
            }
            one.analysis = match x % 4 {
                0 => None,
                1 => Some(analysis(SentimentLabel::Positive)),
                2 => Some(analysis(SentimentLabel::Unknown)),
                _ => Some(analysis(SentimentLabel::Negative)),
            };
            PageChange::Upsert(Box::new(one))
        }
    }
}
