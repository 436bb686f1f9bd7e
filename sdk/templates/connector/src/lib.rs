//! Reads the public posts of one tag: `GET /v1/tags/<tag>/posts?after=<id>` answers `{"posts":[{"id":…,"text":…,"at":…}]}`.

use isocial_sdk::{
    connector::{Answer, ComeBack, Connector, Fault, Job, Outcome, Page, Place, Post, Request, Visibility},
    http,
    json::At,
    uri::Uri,
};

struct {{Type}};

isocial_sdk::connector!({{Type}});

/// The address of the page after `cursor`, which is the id of the last post that was seen.
fn address(job: &Job, cursor: Option<&[u8]>) -> Result<String, Fault> {
    let config: std::collections::BTreeMap<String, String> = job.config()?;
    let tag = config.get("tag").ok_or_else(|| Fault::bad_config("/tag", "is missing"))?;
    let after = cursor.map(String::from_utf8_lossy);
    let uri = Uri::https("api.example.com").path(["v1", "tags", tag, "posts"]).query("limit", job.budget.items);
    Ok(uri.query_opt("after", after).to_string())
}

impl Connector for {{Type}} {
    fn next(job: &Job, place: &Place) -> Result<Outcome, Fault> {
        Ok(Outcome::again(vec![Request::get(address(job, place.cursor())?)], ""))
    }

    fn respond(job: &Job, _place: &Place, _scratch: &[u8], answers: Vec<Answer>) -> Result<Outcome, Fault> {
        let answer = http::json_body(&http::single(answers)?, job.now, None)?;
        let mut page = Page::new();
        for item in At::root(&answer).list("posts")? {
            let id = item.id("id")?;
            page.cursor = Some(id.clone().into_bytes());
            let mut post = Post::new("{{network}}", id);
            post.text = item.opt_text("text")?.map(str::to_owned);
            post.created = item.opt_time("at")?;
            post.visibility = Visibility::Public;
            page.upsert(post);
        }
        let next = if page.changes.is_empty() { ComeBack::Scheduled } else { ComeBack::Immediately };
        Ok(page.coming_back(next).into())
    }

    fn check(job: &Job) -> Result<Vec<Request>, Fault> {
        Ok(vec![Request::get(address(job, None)?)])
    }

    fn checked(job: &Job, answers: Vec<Answer>) -> Result<String, Fault> {
        http::json_body(&http::single(answers)?, job.now, None)?;
        Ok("the network answers".into())
    }
}

#[test]
fn recorded_exchanges_replay() {
    let mut subject = isocial_testkit::Native::connector::<{{Type}}>();
    isocial_testkit::replay(env!("CARGO_MANIFEST_DIR"), &mut subject).unwrap();
}
