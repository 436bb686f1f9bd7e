//! Ledgers: what was changed, taken out, put in or cut off is found.

use super::{Bed, Org, fault, receipt};
use crate::{
    StoreError,
    ledger::{Completeness, Integrity},
};

async fn tampered(sql: &'static str) -> (Integrity, Completeness) {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    fill(&org, 130).await;
    let verdict = org.db.verify_ledger().await.unwrap();
    assert_eq!(
        (verdict.lines, verdict.integrity, verdict.completeness),
        (130, Integrity::Intact, Completeness::Complete)
    );
    // The head was signed by itself when 64 and 128 were passed.
    assert!(verdict.head.is_some_and(|h| h.head.seq >= 128));
    let mut tx = org.db.file().write().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let verdict = org.db.verify_ledger().await.unwrap();
    (verdict.integrity, verdict.completeness)
}

async fn fill(org: &Org, lines: usize) {
    let receipts: Vec<_> = (0..10).map(|n| receipt(&format!("call-{n}"))).collect();
    for _ in 0..lines / 10 {
        org.db.append_receipts(&receipts).await.unwrap();
    }
}

#[tokio::test]
async fn a_changed_line_is_found() {
    for sql in [
        "update receipts set line = replace(line, '10', '11') where seq = 53",
        "update receipts set at = at + 1 where seq = 53",
        "update receipts set calls = 2 where seq = 53",
        "update receipts set terms = terms + 1 where seq = 53",
    ] {
        assert_eq!(
            tampered(sql).await.0,
            Integrity::Changed { seq: 53 },
            "{sql}"
        );
    }
    // Terms are in every line that names them; the function's is the third line first.
    let sql = "update receipt_terms set terms = replace(terms, 'call-2', 'call-X')";
    assert_eq!(tampered(sql).await.0, Integrity::Changed { seq: 3 });
}

#[tokio::test]
async fn a_missing_line_is_found() {
    assert_eq!(
        tampered("delete from receipts where seq = 40").await.0,
        Integrity::Missing { seq: 40 }
    );
}

#[tokio::test]
async fn a_line_that_was_put_in_is_found() {
    let sql = "update receipts set seq = seq + 1000 where seq > 20; update receipts set seq = seq - 999 where seq > 1000; \
               insert into receipts (seq, at, terms, calls, line, link) \
               select 21, at, terms, calls, line, link from receipts where seq = 5";
    assert_eq!(tampered(sql).await.0, Integrity::Changed { seq: 21 });
}

#[tokio::test]
async fn two_exchanged_lines_are_found() {
    let sql = "update receipts set seq = -1 where seq = 7; update receipts set seq = 7 where seq = 8; \
               update receipts set seq = 8 where seq = -1";
    assert_eq!(tampered(sql).await.0, Integrity::Changed { seq: 7 });
}

#[tokio::test]
async fn a_cut_tail_is_found_by_the_head_outside() {
    let (integrity, completeness) = tampered("delete from receipts where seq > 100").await;
    assert_eq!(integrity, Integrity::Intact);
    assert!(matches!(
        completeness,
        Completeness::Cut {
            lines: 100,
            signed: 128..
        }
    ));
    assert!(matches!(
        tampered("delete from receipts").await.1,
        Completeness::Cut { lines: 0, .. }
    ));
}

#[tokio::test]
async fn a_rebuilt_ledger_disagrees_with_the_head_outside() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    fill(&org, 130).await;
    // Even somebody who has the key cannot begin anew.
    let mut tx = org.db.file().write().await.unwrap();
    sqlx::raw_sql("delete from receipts; delete from ledger_end")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let verdict = {
        let head = bed
            .deployment
            .signed_head(&org.scope)
            .await
            .unwrap()
            .unwrap();
        let receipts: Vec<_> = (0..140).map(|n| receipt(&format!("other-{n}"))).collect();
        let mut tx = org.db.file().write().await.unwrap();
        crate::ledger::append_org(&org.db, &mut tx, &receipts)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(head.head.seq <= 130);
        org.db.verify_ledger().await.unwrap()
    };
    assert_eq!(verdict.integrity, Integrity::Intact);
    assert!(matches!(verdict.completeness, Completeness::Rebuilt { .. }));
}

#[tokio::test]
async fn a_head_that_was_changed_is_refused() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    fill(&org, 70).await;
    let head = bed
        .deployment
        .signed_head(&org.scope)
        .await
        .unwrap()
        .unwrap();
    assert!(head.verify(&bed.deployment.keys().signer().public()));
    let mut tx = bed.deployment.file().write().await.unwrap();
    sqlx::query("update heads set seq = 1")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(
        fault(org.db.verify_ledger().await),
        StoreError::Row { table: "heads", .. }
    ));
}

#[tokio::test]
async fn receipts_read_back_in_pages_and_the_deployment_has_its_own() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    fill(&org, 30).await;
    let page = org.db.receipts(25, 3).await.unwrap();
    assert_eq!(page.iter().map(|r| r.seq).collect::<Vec<_>>(), [26, 27, 28]);
    assert_eq!(page[0].receipt, receipt("call-5"));
    assert_eq!(
        bed.deployment
            .append_receipts(&[receipt("frames")])
            .await
            .unwrap(),
        [1]
    );
    assert_eq!(bed.deployment.receipts(0, 10).await.unwrap().len(), 1);
    bed.deployment.sign_own_head().await.unwrap();
    let mut tx = bed.deployment.file().write().await.unwrap();
    sqlx::query("delete from receipts")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let verdict = bed.deployment.verify_ledger().await.unwrap();
    assert_eq!(
        verdict.completeness,
        Completeness::Cut {
            lines: 0,
            signed: 1
        }
    );
}

#[tokio::test]
async fn a_run_that_never_ended_is_named_once() {
    let bed = Bed::new().await;
    bed.org("lumora").await;
    let (first, earlier) = bed.deployment.begin_run().await.unwrap();
    assert!(
        earlier.is_empty()
            && bed
                .deployment
                .scopes_after_unclean(&earlier)
                .await
                .unwrap()
                .is_empty()
    );
    let (second, earlier) = bed.deployment.begin_run().await.unwrap();
    assert_eq!(earlier, [first]);
    assert_eq!(
        bed.deployment
            .scopes_after_unclean(&earlier)
            .await
            .unwrap()
            .len(),
        1
    );
    bed.deployment.end_run(second).await.unwrap();
    let (_, earlier) = bed.deployment.begin_run().await.unwrap();
    assert!(earlier.is_empty());
}
