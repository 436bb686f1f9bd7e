//! A ledger that was taken out is checked without the deployment: what was changed, left out, put in or cut off is found (HT-28).

use isocial_model::{
    Instant,
    receipt::{Line, Receipt},
};

use super::{Bed, MONDAY, Org, receipt};
use crate::ledger::{
    self,
    offline::{Completeness, Integrity, Offline, OfflineError, Trust, verify},
    text::HeadLine,
};

async fn filled(bed: &Bed, slug: &str, lines: usize) -> Org {
    let org = bed.org(slug).await;
    for n in 0..lines {
        let line = receipt(&format!("call-{}", n % 10));
        org.db.append_receipts(&[line]).await.unwrap();
    }
    org
}

async fn taken(org: &Org) -> String {
    let mut file = org.db.ledger_file();
    let mut text = String::new();
    while let Some(part) = file.next().await.unwrap() {
        text.push_str(&part);
    }
    text
}

fn check(text: &str, trust: &Trust) -> Offline {
    verify(text.as_bytes(), trust).unwrap()
}

fn alone(text: &str) -> Offline {
    check(text, &Trust::default())
}

fn heads(folder: &std::path::Path, org: &Org) -> Vec<HeadLine> {
    let text = std::fs::read_to_string(folder.join(format!("{}.jsonl", org.db.id()))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The lines of a file: the opening, the entries, the head.
fn parts(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Computes all digests of a file anew, as somebody would who has changed it.
fn forged(lines: &[String]) -> String {
    let mut chain = [0; 32];
    let mut seq = 0;
    let mut out = String::new();
    for line in lines {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        if value.get("line").is_some() {
            seq += 1;
            let raw = &line[line.find("\"line\":").unwrap() + 7..line.len() - 1];
            chain = isocial_vault::open_digest(&chain, seq, raw.as_bytes());
            value["seq"] = seq.into();
            let chain = hex::encode(chain);
            out += &[
                "{\"seq\":",
                &seq.to_string(),
                ",\"chain\":\"",
                &chain,
                "\",\"line\":",
                raw,
                "}\n",
            ]
            .concat();
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[tokio::test]
async fn a_whole_ledger_is_intact_complete_and_pinned_by_its_key() {
    let bed = Bed::new().await;
    let org = filled(&bed, "lumora", 130).await;
    let text = taken(&org).await;
    let found = alone(&text);
    assert_eq!((found.lines, found.first, found.heads), (130, 1, 1));
    assert_eq!(found.integrity, Integrity::Intact);
    let as_of = isocial_model::Clock::now(&*bed.clock);
    assert_eq!(found.completeness, Completeness::Complete { as_of });
    assert!(found.good() && !found.pinned && found.ledger == org.db.id().as_str());
    // No value, no key and no name of the organisation is in it.
    assert!(!text.contains("lumora") && !text.contains("canary"));

    let key = Some(bed.deployment.ledger_key());
    let trust = Trust { key, heads: vec![] };
    assert!(check(&text, &trust).good() && check(&text, &trust).pinned);
    let wrong = Trust {
        key: Some([7; 32]),
        heads: vec![],
    };
    assert_eq!(check(&text, &wrong).completeness, Completeness::Unsigned);
}

#[tokio::test]
async fn changed_missing_and_inserted_lines_are_named() {
    let bed = Bed::new().await;
    let text = taken(&filled(&bed, "lumora", 100).await).await;
    let lines = parts(&text);
    let found = |lines: &[String]| alone(&lines.join("\n")).integrity;
    let mut changed = lines.clone();
    changed[53] = changed[53].replace("call-2", "call-3");
    assert_eq!(found(&changed), Integrity::Changed { seq: 53 });
    let mut missing = lines.clone();
    missing.remove(40);
    assert_eq!(found(&missing), Integrity::Missing { seq: 40 });
    let mut inserted = lines.clone();
    inserted.insert(21, lines[5].clone());
    assert_eq!(found(&inserted), Integrity::Inserted { seq: 5 });
    let mut exchanged = lines.clone();
    exchanged.swap(7, 8);
    assert_eq!(found(&exchanged), Integrity::Missing { seq: 7 });
    let mut broken = lines.clone();
    broken[30] = "{}".into();
    assert_eq!(found(&broken), Integrity::Changed { seq: 30 });
    // Whoever computes all digests anew still has no signature for them.
    assert_eq!(
        found(&parts(&forged(&changed))),
        Integrity::Rewritten {
            after: 0,
            until: 100
        }
    );
    let mut longer = lines.clone();
    longer.insert(101, lines[100].clone());
    assert_eq!(
        found(&parts(&forged(&longer))),
        Integrity::Inserted { seq: 101 }
    );
    assert!(!alone(&forged(&longer)).good());
}

#[tokio::test]
async fn ht_28_a_file_without_its_newest_lines_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("heads");
    let bed = Bed::with(|options| options.heads = Some(second.clone())).await;
    let org = filled(&bed, "lumora", 130).await;
    let text = taken(&org).await;
    let lines = parts(&text);
    let mut cut = lines.clone();
    cut.drain(121..131);
    let found = alone(&cut.join("\n"));
    assert_eq!(found.integrity, Integrity::Intact);
    let expected = Completeness::Cut {
        last: 120,
        signed: 130,
    };
    assert_eq!(found.completeness, expected);
    cut.pop();
    assert_eq!(alone(&cut.join("\n")).completeness, Completeness::Unsigned);
    // An older genuine head makes an older state of it; a head from the second place says that it is not the newest.
    let known = heads(&second, &org);
    assert_eq!(
        known.iter().map(|h| h.head).collect::<Vec<_>>(),
        [64, 128, 130]
    );
    let mut older = lines[..65].to_vec();
    older.push(serde_json::to_string(&known[0]).unwrap());
    let older = older.join("\n");
    assert!(alone(&older).good());
    let trust = Trust {
        key: None,
        heads: known,
    };
    assert_eq!(
        check(&older, &trust).completeness,
        Completeness::Cut {
            last: 64,
            signed: 130
        }
    );
    // With heads between, a rewritten span is narrowed down.
    let mut changed = lines.clone();
    changed[100] = changed[100].replace("call-9", "call-0");
    assert_eq!(
        check(&forged(&changed), &trust).integrity,
        Integrity::Rewritten {
            after: 64,
            until: 128
        }
    );
}

#[tokio::test]
async fn ht_28_rows_end_mark_and_head_put_back_are_found_by_the_second_place() {
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("heads");
    let bed = Bed::with(|options| options.heads = Some(second.clone())).await;
    let org = filled(&bed, "lumora", 64).await;
    let mark = "create table put_back as select * from ledger_end";
    let mut tx = org.db.file().write().await.unwrap();
    sqlx::raw_sql(mark).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    for n in 0..70 {
        let line = receipt(&format!("call-{n}"));
        org.db.append_receipts(&[line]).await.unwrap();
    }
    // Somebody with both files' keys puts all of it back to where it stood at line 64.
    let mut tx = org.db.file().write().await.unwrap();
    sqlx::raw_sql("delete from receipts where seq > 64; delete from ledger_end; insert into ledger_end select * from put_back")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let cut = ledger::Completeness::Cut {
        lines: 64,
        signed: 128,
    };
    assert_eq!(org.db.verify_ledger().await.unwrap().completeness, cut);
    // Neither is the old state signed anew.
    assert_eq!(org.db.sign_head().await.unwrap().head.seq, 128);
    let mut tx = bed.deployment.file().write().await.unwrap();
    sqlx::raw_sql("delete from heads")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(org.db.verify_ledger().await.unwrap().completeness, cut);
    assert_eq!(org.db.sign_head().await.unwrap().head.seq, 128);
    let found = alone(&taken(&org).await);
    assert!(matches!(
        found.completeness,
        Completeness::Cut { last: 64, .. }
    ));
}

#[tokio::test]
async fn a_cut_tail_stays_a_gap_when_more_lines_come() {
    let bed = Bed::new().await;
    let org = filled(&bed, "lumora", 20).await;
    let mut tx = org.db.file().write().await.unwrap();
    sqlx::raw_sql("delete from receipts where seq > 15")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(
        org.db.append_receipts(&[receipt("next")]).await.unwrap(),
        [21]
    );
    let verdict = org.db.verify_ledger().await.unwrap();
    assert_eq!(verdict.integrity, ledger::Integrity::Missing { seq: 16 });
    assert_eq!(
        alone(&taken(&org).await).integrity,
        Integrity::Missing { seq: 16 }
    );
}

#[tokio::test]
async fn lines_past_their_time_go_and_a_signed_checkpoint_stands_for_them() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let at = |n: i64| Receipt {
        at: MONDAY.plus_ms(n * Instant::DAY_MS),
        ..receipt(&format!("call-{}", n % 10))
    };
    for n in 0..100 {
        org.db.append_receipts(&[at(n)]).await.unwrap();
    }
    let before = MONDAY.plus_ms(40 * Instant::DAY_MS);
    assert_eq!(org.db.cut_ledger(before).await.unwrap(), 40);
    assert_eq!(org.db.cut_ledger(before).await.unwrap(), 0);
    let later = MONDAY.plus_ms(50 * Instant::DAY_MS);
    assert_eq!(org.db.cut_ledger(later).await.unwrap(), 10);
    assert_eq!(org.db.receipt_count().await.unwrap(), 51);
    let verdict = org.db.verify_ledger().await.unwrap();
    assert_eq!(verdict.integrity, ledger::Integrity::Intact);
    assert_eq!(verdict.completeness, ledger::Completeness::Complete);
    assert_eq!(verdict.reconciled.calls, 100);

    let text = taken(&org).await;
    let found = alone(&text);
    assert!(found.good() && found.checkpoint, "{found:?}");
    assert_eq!((found.first, found.lines), (50, 51));
    // A checkpoint that nobody signed begins nothing.
    let forged = text.replacen("\"calls\":50", "\"calls\":49", 1);
    assert!(!alone(&forged).good());
    let mut lines = parts(&text);
    lines.remove(1);
    assert_eq!(
        alone(&lines.join("\n")).integrity,
        Integrity::Missing { seq: 1 }
    );
    // Everything may go: the ledger goes on from its checkpoint.
    let end = MONDAY.plus_ms(1_000 * Instant::DAY_MS);
    assert_eq!(org.db.cut_ledger(end).await.unwrap(), 50);
    assert_eq!(org.db.append_receipts(&[at(200)]).await.unwrap(), [101]);
    assert!(alone(&taken(&org).await).good());
    let verdict = org.db.verify_ledger().await.unwrap();
    assert_eq!(verdict.integrity, ledger::Integrity::Intact);
}

#[tokio::test]
async fn a_reading_of_the_sandboxs_counter_must_be_met_exactly() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let (run, _) = bed.deployment.begin_run().await.unwrap();
    let mut folded = receipt("next");
    if let Line::Call(call) = &mut folded.line {
        call.times = 5;
    }
    let lines = [receipt("next"), folded, receipt("analyze")];
    org.db.append_receipts(&lines).await.unwrap();
    // A call is in hand: it was counted and has no line yet, or the counter moves on meanwhile.
    assert_eq!(org.db.keep_reading(run, &|| 8, false).await.unwrap(), None);
    let moving = std::sync::atomic::AtomicU64::new(7);
    let counted = || moving.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        org.db.keep_reading(run, &counted, false).await.unwrap(),
        None
    );
    assert_eq!(
        org.db.keep_reading(run, &|| 7, false).await.unwrap(),
        Some((7, 7))
    );
    assert_eq!(org.db.keep_reading(run, &|| 0, true).await.unwrap(), None);
    org.db.append_receipts(&lines[..1]).await.unwrap();
    // The sandbox took two calls, and one of them has no line.
    org.db.keep_reading(run, &|| 2, true).await.unwrap();
    let verdict = org.db.verify_ledger().await.unwrap();
    assert_eq!(
        (verdict.reconciled.exact, &verdict.reconciled.off[..]),
        (1, &[(6, 2, 1)][..])
    );
    let found = alone(&taken(&org).await);
    assert_eq!(found.reconciled, verdict.reconciled);
    assert_eq!(found.integrity, Integrity::Intact);
    assert!(!found.good());
}

#[tokio::test]
async fn calls_before_an_unclean_stop_are_not_held_against_a_later_reading() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    org.db.append_receipts(&[receipt("next")]).await.unwrap();
    let stop = Line::UncleanStop {
        noticed: MONDAY,
        run: Some(1),
        began: Some(MONDAY),
    };
    // Another process: the host was killed and starts anew.
    bed.deployment.inner.books.forget_for_tests();
    let stop = Receipt {
        at: MONDAY,
        line: stop,
    };
    org.db
        .append_receipts(&[stop, receipt("next")])
        .await
        .unwrap();
    let (run, _) = bed.deployment.begin_run().await.unwrap();
    org.db.keep_reading(run, &|| 1, true).await.unwrap();
    let found = alone(&taken(&org).await).reconciled;
    assert_eq!((found.exact, found.off.len(), found.unclean), (1, 0, 1));
}

#[tokio::test]
async fn what_is_no_ledger_is_refused() {
    for text in ["", "{}", "not json", "{\"isocial-ledger\":1}"] {
        assert!(matches!(
            verify(text.as_bytes(), &Trust::default()),
            Err(OfflineError::NoLedger)
        ));
    }
    let newer = format!(
        "{{\"isocial-ledger\":2,\"ledger\":\"x\",\"key\":\"{}\"}}",
        "00".repeat(32)
    );
    assert!(matches!(
        verify(newer.as_bytes(), &Trust::default()),
        Err(OfflineError::Form(2))
    ));
}
