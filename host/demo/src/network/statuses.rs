//! The API's questions about statuses: a hashtag's timeline, search, one by id, many by id; and the instance itself.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State as Shared},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    answer::{self, Params},
    entity, fault,
    state::State,
};
use crate::week::{SamplePost, Visibility, fold};

/// How many ids one batch look-up takes.
const BATCH: usize = 20;

type Asked = Query<Vec<(String, String)>>;

/// `GET /api/v1/timelines/tag/{hashtag}`
pub(super) async fn timeline(
    Shared(state): Shared<Arc<State>>,
    Path(hashtag): Path<String>,
    Query(params): Asked,
) -> Response {
    let params = Params(params);
    let folded = |name| params.all(name).map(fold).collect::<Vec<String>>();
    let (tag, any, all, none) = (fold(&hashtag), folded("any"), folded("all"), folded("none"));
    let page = page(&state, &params, |index, post| {
        let tags = state.tags(index);
        let local = state
            .week
            .people
            .get(post.author)
            .is_some_and(|person| person.home.is_none());
        state.listed(post)
            && (tags.contains(&tag) || any.iter().any(|tag| tags.contains(tag)))
            && all.iter().all(|tag| tags.contains(tag))
            && !none.iter().any(|tag| tags.contains(tag))
            && (!params.on("local") || local)
            && (!params.on("remote") || !local)
            && (!params.on("only_media") || post.picture.is_some())
    });
    let path = format!(
        "{}/api/v1/timelines/tag/{}",
        state.base_url,
        answer::encode(&hashtag)
    );
    let link = answer::link(&path, &params, &page.0, params.limit());
    fault::page(&state, Value::Array(page.1), json!([]), link.as_deref())
}

/// `GET /api/v2/search`
pub(super) async fn search(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Query(params): Asked,
) -> Response {
    let params = Params(params);
    if answer::token(&headers, &Params::default()) != Some(state.options.token.as_str()) {
        return answer::error(StatusCode::UNAUTHORIZED, "The access token is invalid");
    }
    let Some(asked) = params.get("q").filter(|asked| !asked.trim().is_empty()) else {
        return answer::error(
            StatusCode::BAD_REQUEST,
            "param is missing or the value is empty: q",
        );
    };
    let words: Vec<String> = asked
        .split_whitespace()
        .map(|word| fold(word.trim_matches(['"', '#'])))
        .collect();
    let found = if matches!(params.get("type"), None | Some("statuses")) {
        page(&state, &params, |index, post| {
            let text = fold(&state.shown(index, post).0.text);
            let known = state
                .week
                .people
                .get(post.author)
                .is_some_and(|person| person.findable);
            post.visibility == Visibility::Public
                && known
                && words.iter().all(|word| text.contains(word.as_str()))
        })
    } else {
        (Vec::new(), Vec::new())
    };
    let results = |statuses| json!({ "accounts": [], "statuses": statuses, "hashtags": [] });
    fault::page(&state, results(found.1), results(Vec::new()), None)
}

/// `GET /api/v1/statuses/{id}`
pub(super) async fn one(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    match state.find(&id).filter(|(_, post)| open(post)) {
        Some((index, post)) => Json(entity::status(&state, index, post)).into_response(),
        None => answer::error(StatusCode::NOT_FOUND, "Record not found"),
    }
}

/// `GET /api/v1/statuses?id[]=…`
pub(super) async fn many(Shared(state): Shared<Arc<State>>, Query(params): Asked) -> Response {
    let params = Params(params);
    let ids: Vec<&str> = params.all("id").collect();
    if ids.len() > BATCH {
        return answer::error(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Validation failed: at most 20 ids can be asked for at once",
        );
    }
    let found = ids
        .iter()
        .filter_map(|id| state.find(id))
        .filter(|(_, post)| open(post));
    Json(
        found
            .map(|(index, post)| entity::status(&state, index, post))
            .collect::<Vec<_>>(),
    )
    .into_response()
}

/// `GET /api/v2/instance`
pub(super) async fn instance(Shared(state): Shared<Arc<State>>) -> Response {
    Json(entity::instance(&state)).into_response()
}

/// What is not there.
pub(super) async fn nothing() -> Response {
    answer::error(StatusCode::NOT_FOUND, "Not Found")
}

/// Whether everybody with the address may see a post.
fn open(post: &SamplePost) -> bool {
    matches!(post.visibility, Visibility::Public | Visibility::Unlisted)
}

/// The ids and statuses of one page, newest first, out of the posts that `wanted` wants.
fn page(
    state: &State,
    params: &Params,
    wanted: impl Fn(usize, &SamplePost) -> bool,
) -> (Vec<u64>, Vec<Value>) {
    let (limit, min) = (params.limit(), params.id("min_id"));
    let below = params.id("max_id").unwrap_or(u64::MAX);
    let above = min.or(params.id("since_id"));
    let fits = |index: usize| {
        let post = state.visible(index)?;
        let inside = post.id < below && above.is_none_or(|id| post.id > id);
        (inside && wanted(index, post)).then_some((index, post))
    };
    let count = state.week.posts.len();
    // `min_id` wants what follows it at once, the others the newest there is.
    let mut found: Vec<(usize, &SamplePost)> = if min.is_some() {
        (0..count).filter_map(fits).take(limit).collect()
    } else {
        let skip = params.id("offset").unwrap_or(0) as usize;
        (0..count)
            .rev()
            .filter_map(fits)
            .skip(skip)
            .take(limit)
            .collect()
    };
    if min.is_some() {
        found.reverse();
    }
    let ids = found.iter().map(|(_, post)| post.id).collect();
    (
        ids,
        found
            .iter()
            .map(|(index, post)| entity::status(state, *index, post))
            .collect(),
    )
}

/// A field for the `Link` header, where it can be one.
pub(super) fn with_link(mut response: Response, link: Option<&str>) -> Response {
    if let Some(value) = link.and_then(|link| HeaderValue::from_str(link).ok()) {
        response.headers_mut().insert(header::LINK, value);
    }
    response
}
