//! Order and count: whatever is left out on the way in, an answer comes back to the post that it is about.

use isocial_model::{
    Kind, Label, Labeled,
    connector::{
        Budget, ConnectorAnswer, ConnectorCall, Job, QueryPlan, Verdict as RecheckVerdict,
    },
    export::Cell,
    language::{Analyses, Sentiment, SentimentLabel, Tasks},
    post::Post,
};
use proptest::{collection::vec, prelude::*};

use super::arbitrary::post;
use crate::{
    AdmittedConnector, AdmittedVerdict, ExportRow, Untrusted,
    fixtures::{NOW, contract, door, labeled},
};

/// A post that may be restricted or held.
fn some(post: Post, restricted: bool, held: bool) -> Labeled<Post> {
    let label = Label {
        restricted,
        held,
        ..labeled(post.clone()).label().clone()
    };
    Labeled::new(label, post)
}

fn posts() -> impl Strategy<Value = Vec<Labeled<Post>>> {
    let one = (
        post("sample"),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    );
    vec(
        one.prop_map(|(post, restricted, held)| some(post, restricted, held)),
        1..40,
    )
}

/// An opinion that can be told from another document's.
fn numbered(n: usize) -> Sentiment {
    Sentiment {
        label: SentimentLabel::Neutral,
        negative: 0.0,
        neutral: 1.0,
        positive: 0.0,
        score: n as f32 / 100.0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn analyses_come_back_to_their_posts(posts in posts(), batch in 1u32..60) {
        let mut contract = contract("analyze", &["analysis/sentiment"], &["post.text:redacted"]);
        contract.batch_max = batch;
        let pack = door("acme/vi", Kind::LanguagePack, vec![contract]);
        let tasks = Tasks { sentiment: true, ..Tasks::default() };
        let Ok((passed, open)) = pack.project_documents(&posts, &[], tasks) else {
            // Nothing of any of them may be given.
            return Ok(());
        };
        let given = passed.into_guest();
        let (taken, documents) = (open.context().taken(), open.context().documents());
        prop_assert_eq!(given.ends.len(), documents);
        let answer = Analyses { sentiment: (0..documents).map(numbered).collect(), ..Analyses::default() };
        let (admitted, _) = pack.admit_analyses(Untrusted::from_guest(Ok(answer), 1), open);
        let admitted = admitted.unwrap();
        prop_assert_eq!(admitted.posts.len(), taken);
        let mut next = 0;
        for (post, analysis) in posts.iter().zip(&admitted.posts) {
            if post.label().restricted || post.label().held {
                prop_assert!(analysis.is_none());
            }
            if let Some(analysis) = analysis {
                let score = analysis.sentiment.map(|s| s.score);
                prop_assert_eq!(score, Some(numbered(next).score));
                next += 1;
            }
        }
        prop_assert_eq!(next, documents);
    }

    #[test]
    fn rows_go_out_in_order_without_those_that_may_not(posts in posts()) {
        let export = door("acme/csv", Kind::ExportFormat, vec![contract("writer", &["export"], &["mention.id"])]);
        let names: Vec<String> = (0..posts.len()).map(|n| format!("mnt_{n}")).collect();
        let rows: Vec<_> = posts.iter().zip(&names).map(|(post, mention)| ExportRow { post, analysis: None, mention, monitor: "m" }).collect();
        let (passed, open) = export.project_rows(&export.columns(), &rows).unwrap();
        let given: Vec<_> = passed.into_guest().into_iter().flatten().collect();
        let expected: Vec<_> = posts.iter().zip(&names)
            .filter(|(post, _)| !post.label().restricted && !post.label().held)
            .map(|(_, name)| Cell::Text(name.clone()))
            .collect();
        prop_assert_eq!(&given, &expected);
        prop_assert_eq!(open.context().rows() as usize, expected.len());
        drop(open);
    }

    #[test]
    fn verdicts_come_back_one_a_reference_in_order(gone in vec(any::<bool>(), 1..30)) {
        let refs: Vec<String> = (0..gone.len()).map(|n| format!("ref-{n}")).collect();
        let connector = door("acme/sample", Kind::Connector, vec![contract("judge", &["collection"], &["recheck.refs"])]);
        let job = Job { plan: QueryPlan::default(), config: "{}".into(), state: None, budget: Budget { items: 1, requests: 1 }, now: NOW, since: None };
        let (_, open) = connector.project_connector(ConnectorCall::Judge { job, refs, answers: vec![] }).unwrap();
        let verdicts = gone.iter().map(|gone| if *gone { RecheckVerdict::Gone } else { RecheckVerdict::Alive }).collect();
        let (admitted, _) = connector.admit_connector(Untrusted::from_guest(ConnectorAnswer::Verdicts(verdicts), 1), open);
        let Ok(AdmittedConnector::Verdicts(verdicts)) = admitted else { panic!("as many as were asked about") };
        let back: Vec<bool> = verdicts.iter().map(|v| matches!(v, AdmittedVerdict::Gone)).collect();
        prop_assert_eq!(back, gone);
    }
}
