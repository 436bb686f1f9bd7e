//! Mentions: pages, one, live as server-sent events, and counts over time.

use std::convert::Infallible;

use axum::{
    Json,
    extract::Path,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _};
use isocial_gate::{Audience, PresentedMention, present_mention};
use isocial_model::{Instant, MentionId, MonitorId};
use isocial_query::fts_query;
use isocial_store::{Mention, MentionCursor, MentionFilter, counts::Unit};
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::BroadcastStream;
use utoipa::{IntoParams, ToSchema};

use crate::{
    access::Entered,
    page::{Listed, Parameters},
    problem::Problem,
};

/// Mentions a page where nothing is said, and at most.
const PAGE: (u32, u32) = (50, 500);

/// Which mentions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// Of this monitor only.
    monitor: Option<String>,
    /// Published at or after · milliseconds since 1970.
    from: Option<i64>,
    /// Published before · milliseconds since 1970.
    until: Option<i64>,
    /// From this network only.
    network: Option<String>,
    /// That this query matches as well.
    query: Option<String>,
    /// `next` of the last page.
    after: Option<String>,
    /// Mentions a page · 1–500.
    limit: Option<u32>,
}

/// A mention.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownMention {
    /// Its id.
    id: String,
    /// The monitor.
    monitor: String,
    /// When it was published, or first seen · milliseconds since 1970.
    at: i64,
    /// Number of the receipt of the call that collected it.
    collected_by: Option<u64>,
    /// Number of the receipt of the call that analysed it.
    analysed_by: Option<u64>,
    /// The post as a member may see it.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    post: PresentedMention,
}

/// Counts in one span.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownBucket {
    /// Where it begins · milliseconds since 1970.
    start: i64,
    /// All mentions.
    total: u64,
    /// Against.
    negative: u64,
    /// Neither.
    neutral: u64,
    /// For.
    positive: u64,
    /// Not known.
    unknown: u64,
}

fn shown(mention: &Mention) -> Option<ShownMention> {
    Some(ShownMention {
        id: mention.id.to_string(),
        monitor: mention.monitor.to_string(),
        at: mention.at.as_millis(),
        collected_by: mention.collected_by,
        analysed_by: mention.analysed_by,
        post: present_mention(&mention.post, mention.analysis.as_ref(), Audience::Member)?,
    })
}

/// Lists mentions, newest first. With `query` the full-text index gives candidates and the evaluator decides.
pub(crate) async fn list(
    entered: Entered,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Listed<ShownMention>>, Problem> {
    let db = &entered.tenant.db;
    let query = match &which.query {
        Some(text) => {
            Some(isocial_query::parse(text).map_err(isocial_pipeline::enable::EnableError::from)?)
        }
        None => None,
    };
    let filter = MentionFilter {
        monitor: which
            .monitor
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| Problem::not_found("monitor"))?,
        from: which.from.map(Instant),
        until: which.until.map(Instant),
        network: which.network,
        tokens: query.as_ref().and_then(fts_query),
        ..MentionFilter::default()
    };
    let limit = which.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    let after: Option<MentionCursor> = which.after.as_deref().map(str::parse).transpose()?;
    let page = db.mentions(&filter, after, limit).await?;
    let holds = |m: &&Mention| {
        query.as_ref().is_none_or(|q| {
            let doc = isocial_query::Doc::of(&m.post);
            isocial_query::evaluate(q, &doc, m.analysis.as_ref()) == isocial_query::Truth::Yes
        })
    };
    let items = page.items.iter().filter(holds).filter_map(shown).collect();
    Ok(Json(Listed {
        items,
        next: page.next.map(|n| n.to_string()),
    }))
}

/// Shows a mention.
pub(crate) async fn show(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<ShownMention>, Problem> {
    let missing = || Problem::not_found("mention");
    let id: MentionId = id.parse().map_err(|_| missing())?;
    let mention = entered.tenant.db.mention(&id).await?.ok_or_else(missing)?;
    Ok(Json(shown(&mention).ok_or_else(missing)?))
}

/// Mentions from now on, as they are committed. A reader that lags behind is told how many it missed.
pub(crate) async fn live(entered: Entered) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let own = entered.tenant.db.id().clone();
    let events = BroadcastStream::new(entered.host.live()).filter_map(move |item| {
        let event = match item {
            Ok(live) if live.org == own => {
                let data =
                    serde_json::json!({ "monitor": live.monitor.as_str(), "post": &*live.mention });
                Event::default().event("mention").json_data(data).ok()
            }
            Ok(_) => None,
            Err(tokio_stream::wrappers::errors::BroadcastStreamRecvError::Lagged(missed)) => {
                Some(Event::default().event("missed").data(missed.to_string()))
            }
        };
        std::future::ready(event.map(Ok))
    });
    // A server that stops must not wait for readers that never leave.
    let stop = entered.shared.stop.clone();
    Sse::new(events.take_until(stop.cancelled_owned())).keep_alive(KeepAlive::default())
}

/// Which span of a timeline.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    /// `minute`, `hour` (if left out) or `day`.
    unit: Option<String>,
    /// From · milliseconds since 1970; a week ago if left out.
    from: Option<i64>,
    /// Until · milliseconds since 1970; now if left out.
    until: Option<i64>,
}

/// Counts of a monitor over time.
pub(crate) async fn timeline(
    entered: Entered,
    Path((_, id)): Path<(String, String)>,
    Parameters(span): Parameters<Span>,
) -> Result<Json<Listed<ShownBucket>>, Problem> {
    let missing = || Problem::not_found("monitor");
    let id: MonitorId = id.parse().map_err(|_| missing())?;
    entered.tenant.db.monitor(&id).await?.ok_or_else(missing)?;
    let unit = match span.unit.as_deref() {
        None => Unit::Hour,
        Some(name) => Unit::ALL
            .into_iter()
            .find(|u| u.name() == name)
            .ok_or_else(|| Problem::invalid("unit", "expected minute, hour or day"))?,
    };
    let now = entered.host.clock.now();
    let until = span.until.map_or(now.plus_ms(1), Instant);
    let from = span
        .from
        .map_or(until.plus_ms(-7 * Instant::DAY_MS), Instant);
    let buckets = entered.tenant.db.timeline(&id, unit, from, until).await?;
    let items = buckets
        .into_iter()
        .map(|b| ShownBucket {
            start: b.start.as_millis(),
            total: b.total,
            negative: b.negative,
            neutral: b.neutral,
            positive: b.positive,
            unknown: b.unknown,
        })
        .collect();
    Ok(Json(Listed::all(items)))
}
