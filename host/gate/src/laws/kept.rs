//! Minimisation: what a connector was not to write, or its network does not let be kept, never comes out of admission.

use isocial_model::{
    Kind, Opening, Purpose,
    connector::{
        Budget, ComeBack, ConnectorAnswer, ConnectorCall, Job, Outcome, Page, Place, QueryPlan,
    },
    contract::{Rights, VOCABULARY},
    post::{Change, Post, PostKind},
};
use proptest::{prelude::*, sample::subsequence};

use super::arbitrary::{outside, post};
use crate::{
    AdmittedChange, AdmittedConnector, Door, Untrusted,
    fixtures::{NOW, contract, spec},
    policy,
};

/// Fields of posts as contracts name them.
fn fields() -> Vec<&'static str> {
    VOCABULARY
        .iter()
        .map(|field| field.path)
        .filter(|path| {
            path.starts_with("post.") && !matches!(*path, "post.network" | "post.targets")
        })
        .collect()
}

pub(super) fn connector(network: &str, writes: &[&str]) -> Door {
    let mut contract = contract("next", &["collection"], &["query.terms"]);
    contract.output = writes
        .iter()
        .map(|path| ((*path).to_owned(), "as the network has it".into()))
        .collect();
    let mut spec = spec("acme/sample", Kind::Connector, vec![contract]);
    spec.network = Some(policy::pack(network));
    Door::new(spec).unwrap()
}

/// A call.
pub(super) fn next() -> ConnectorCall {
    let job = Job {
        plan: QueryPlan::default(),
        config: "{}".into(),
        state: None,
        budget: Budget {
            items: 50,
            requests: 4,
        },
        now: NOW,
        since: None,
    };
    ConnectorCall::Next {
        job,
        place: Place::Cursor(None),
    }
}

/// What comes of a page with these posts.
pub(super) fn admitted(door: &Door, posts: &[Post]) -> Vec<Post> {
    let (_, open) = door.project_connector(next()).unwrap();
    let page = Page {
        changes: posts
            .iter()
            .map(|post| Change::Upsert(Box::new(post.clone())))
            .collect(),
        cursor: None,
        tasks: vec![],
        state: None,
        next: ComeBack::Scheduled,
        seen: None,
        rejected: 0,
    };
    let answer = Untrusted::from_guest(ConnectorAnswer::Outcome(Outcome::Page(page)), 1);
    let (result, _) = door.admit_connector(answer, open);
    let Ok(AdmittedConnector::Page(page)) = result else {
        panic!("the page is good")
    };
    page.changes
        .into_iter()
        .map(|change| match change {
            AdmittedChange::Upsert(post) => post.open(Opening::Gate).clone(),
            other => panic!("a public post stays one, and this became {other:?}"),
        })
        .collect()
}

/// Whether a field of a post holds anything.
fn holds(post: &Post, path: &str) -> bool {
    match path {
        "post.text" => post.text.is_some(),
        "post.title" => post.title.is_some(),
        "post.content-warning" => post.content_warning.is_some(),
        "post.lang" => post.language.is_some(),
        "post.kind" => post.kind != PostKind::default(),
        "post.url" => post.url.is_some(),
        "post.hashtags" => !post.hashtags.is_empty(),
        "post.links" => !post.links.is_empty(),
        "post.media" => !post.media.is_empty(),
        "post.mentions" => !post.mentions.is_empty(),
        "post.thread" => {
            post.thread.is_some()
                || post.in_reply_to.is_some()
                || post.repost_of.is_some()
                || post.quote_of.is_some()
        }
        "post.rating" => post.rating.is_some(),
        "post.sensitive" => post.sensitive.is_some(),
        "post.attributes" => !post.attributes.is_empty(),
        "post.created" => post.created.is_some(),
        "post.edited" => post.edited.is_some(),
        "post.author" => post.author.is_some(),
        "post.engagement" => post.engagement.is_some(),
        "post.place" => post.country.is_some(),
        // A post is known by its id, whoever keeps it.
        "post.native-id" => false,
        other => panic!("{other} is a field of posts that this law does not know"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_field_outside_the_contract_or_the_pack_never_comes_out(
        writes in subsequence(fields(), 1..fields().len()),
        known in proptest::collection::vec(post("sample"), 1..4),
        foreign in post("nowhere"),
    ) {
        for (network, posts) in [("sample", known), ("nowhere", vec![foreign])] {
            let door = connector(network, &writes);
            let pack = policy::pack(network).kept;
            let out = admitted(&door, &posts);
            prop_assert_eq!(out.len(), posts.len());
            for post in &out {
                for path in fields() {
                    prop_assert!((writes.contains(&path) && pack.has(path)) || !holds(post, path), "{} of {}", path, network);
                }
                if let Some(author) = &post.author && pack.level("post.author") < 3 {
                    prop_assert!(author.display_name.is_none() && author.followers.is_none() && author.automated.is_none());
                }
            }
        }
    }

    #[test]
    fn what_is_outside_changes_nothing_of_what_is_kept(
        writes in subsequence(fields(), 1..fields().len()),
        post in post("sample"), noise in post("sample"),
    ) {
        let door = connector("sample", &writes);
        let top: Vec<String> = writes.iter().map(|path| {
            let field = VOCABULARY.iter().find(|f| f.path == *path).unwrap();
            format!("{path}:{}", field.ladder.last().unwrap())
        }).collect();
        let rights = Rights::parse(&top).unwrap();
        let mut other = outside(&rights, &post, &noise);
        // These are the host's own: the post's name, and what a recheck asks with.
        other.native_id.clone_from(&post.native_id);
        other.reference.clone_from(&post.reference);
        // What is kept of a time is the time.
        if rights.has("post.created") { other.created = post.created; }
        if rights.has("post.edited") { other.edited = post.edited; }
        if rights.has("post.author") { other.author.clone_from(&post.author); }
        prop_assert_eq!(admitted(&door, &[post]), admitted(&door, &[other]));
        prop_assert_eq!(door.purposes("next"), &[Purpose::Collection]);
    }
}
