//! How many posts a second go in: printed, never judged.

use isocial_model::{Instant, post::Author};

use super::{Bed, MONDAY, page, post, upsert};

#[tokio::test]
#[ignore = "a measurement: run it with --ignored --nocapture"]
async fn posts_a_second() {
    let bed = Bed::new().await;
    let org = bed.org("lumora").await;
    let batch = |from: i64| {
        (from..from + 500)
            .map(|n| {
                let mut one = post(
                    &n.to_string(),
                    &format!(
                        "the lumora lamp number {n} is bright and I like it a lot, says somebody"
                    ),
                );
                one.created = Some(MONDAY.plus_ms(n * 1_000 % (10 * Instant::HOUR_MS)));
                one.author = Some(Author {
                    native_id: Some(format!("a{}", n % 997)),
                    handle: Some("somebody".into()),
                    ..Author::default()
                });
                upsert(one, &[&org.monitor])
            })
            .collect()
    };
    for round in ["new", "same again"] {
        let began = std::time::Instant::now();
        for n in 0..40 {
            org.db.commit_page(page(batch(n * 500))).await.unwrap();
        }
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{round}: {:.0} posts/s ({:.1} ms a page of 500)",
            20_000.0 / seconds,
            seconds * 1_000.0 / 40.0
        );
    }
    assert_eq!(org.db.totals().await.unwrap().posts, 20_000);
    let began = std::time::Instant::now();
    let found = org
        .db
        .mentions(&crate::MentionFilter::default(), None, 500)
        .await
        .unwrap();
    println!(
        "a page of {} mentions: {:.1} ms",
        found.items.len(),
        began.elapsed().as_secs_f64() * 1_000.0
    );
}
