//! One step: hashtag timelines, and the searches beside them. Timelines are walked forward in time: from the oldest post that is wanted to the newest.
//!
//! An id of Mastodon's begins with the time of its making, in milliseconds, so an id can be made for any time, and the walk begins
//! there. A post that arrives late from another server gets an id of its own time: so the walk never goes on from later than some
//! minutes ago, and what was read in these minutes is read again. Upserts make that harmless.

use isocial_sdk::{
    connector::{Answer, ComeBack, Fault, Instant, Job, Outcome, Page, Place, Request},
    http,
    json::{self, At},
};
use serde::{Deserialize, Serialize};

use crate::{TOKEN, config::Source, cursor::Cursor, search, status::Reader};

/// How far back reading begins where nothing is said: as long as a deletion may stay unnoticed at the most, and a day.
const BEGIN_MS: i64 = 8 * 86_400_000;
/// How long after its making a post may arrive from another server and still be seen.
const LATE_MS: i64 = 10 * 60_000;
/// Statuses a request; the network gives no more.
const MOST_LIMIT: u32 = 40;
/// Seconds before an answer that cannot be right is asked for again.
const DOUBTFUL_S: u32 = 10;

/// One request that was made.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    /// The hashtag, or the words that are searched for.
    name: String,
    search: bool,
    from: String,
    limit: u32,
}

/// The id that a post of this time would have.
fn id_at(instant: Instant) -> u64 {
    u64::try_from(instant).unwrap_or(0) << 16
}

/// The time of an id; nothing for ids of software that counts otherwise.
fn time_of(id: &str) -> Option<Instant> {
    let id: u64 = id.parse().ok()?;
    // Less is a number from before ids had times in them.
    (id >= 1 << 48).then_some((id >> 16) as i64)
}

/// What a hashtag is called in the cursor: short, whatever it is.
fn key(tag: &str) -> String {
    let hash = tag.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// What a search is called in the cursor.
fn search_key(term: &str) -> String {
    key(&format!("?{term}"))
}

/// A request for a page of a hashtag.
pub(crate) fn request(source: &Source, tag: &str, limit: u32, from: Option<&str>) -> Request {
    let url = source
        .api(["v1", "timelines", "tag", tag])
        .query("limit", limit)
        .query_opt("min_id", from);
    Request::get(url).with_credential(TOKEN)
}

/// The requests of a step: as many hashtags as the budget lets be asked for.
pub(crate) fn next(job: &Job, place: &Place, source: &Source) -> Result<Outcome, Fault> {
    let cursor = Cursor::read(place.cursor())?;
    let units = source.units();
    let turn = turn(&cursor, units.len());
    let budget = job.budget.requests.min(job.budget.items).clamp(1, 16) as usize;
    let units: Vec<(bool, &str)> = units.into_iter().skip(turn).take(budget).collect();
    if units.is_empty() {
        return Err(crate::nothing_to_read());
    }
    let limit = (job.budget.items / units.len() as u32).clamp(1, MOST_LIMIT);
    let begin = job
        .since
        .unwrap_or_else(|| job.now.saturating_sub(BEGIN_MS));
    let begin = id_at(begin).to_string();
    let mut requests = Vec::new();
    let mut all = Vec::new();
    for (search, name) in units {
        let (from, request) = if search {
            let walk = cursor
                .searches
                .get(&search_key(name))
                .cloned()
                .unwrap_or_default();
            let from = walk.low.unwrap_or_else(|| begin.clone());
            let request = search::request(source, name, limit, &from, walk.offset);
            (from, request)
        } else {
            let from = cursor.last.get(&key(name)).unwrap_or(&begin).clone();
            let request = request(source, name, limit, Some(&from));
            (from, request)
        };
        requests.push(request);
        all.push(Asked {
            name: name.to_owned(),
            search,
            from,
            limit,
        });
    }
    let scratch = serde_json::to_vec(&all).map_err(|error| Fault::permanent(error.to_string()))?;
    Ok(Outcome::again(requests, scratch))
}

/// Which of what is read is the next; what is read may have become less since.
fn turn(cursor: &Cursor, units: usize) -> usize {
    if cursor.turn < units { cursor.turn } else { 0 }
}

/// What one hashtag's answer came to.
struct Read {
    /// Where to go on.
    last: String,
    /// Until when everything was seen, if ids say so.
    until: Option<Instant>,
    /// There is more now.
    more: bool,
    /// It cannot be right, and must be asked for again.
    doubtful: bool,
}

/// The page of a step.
pub(crate) fn respond(
    job: &Job,
    place: &Place,
    source: &Source,
    scratch: &[u8],
    answers: Vec<Answer>,
) -> Result<Outcome, Fault> {
    let mut cursor = Cursor::read(place.cursor())?;
    let asked: Vec<Asked> = serde_json::from_slice(scratch)
        .map_err(|_| Fault::permanent("the scratch is not this connector's"))?;
    if asked.len() != answers.len() {
        let counts = format!("expected {} answers, got {}", asked.len(), answers.len());
        return Err(Fault::other("answers", counts));
    }
    let units = source.units();
    let keys: Vec<String> = source.tags.iter().map(|tag| key(tag)).collect();
    let search_keys: Vec<String> = source.terms.iter().map(|term| search_key(term)).collect();
    cursor.last.retain(|key, _| keys.contains(key));
    cursor.searches.retain(|key, _| search_keys.contains(key));

    let mut page = Page::new();
    // A search finds only what the server indexes, and no more than so many.
    let mut capped = source.capped || !source.terms.is_empty();
    let (mut more, mut doubtful) = (false, false);
    // Until when everything was seen is what the slowest of them says; nothing, if one cannot say it.
    let mut until = Some(job.now);
    for (asked, answer) in asked.iter().zip(answers) {
        let own = if asked.search {
            let key = search_key(&asked.name);
            let walk = cursor.searches.get(&key).cloned().unwrap_or_default();
            let bounds = (asked.from.as_str(), asked.limit);
            let found = search::read(job, source, &walk, bounds, answer, &mut page)?;
            (more, capped) = (more || found.more, capped || found.capped);
            cursor.searches.insert(key, found.walk);
            found.until
        } else {
            let read = read(job, source, asked, answer, &mut page)?;
            (more, doubtful) = (more || read.more, doubtful || read.doubtful);
            cursor.last.insert(key(&asked.name), read.last);
            read.until
        };
        until = until.zip(own).map(|(until, own)| until.min(own));
    }
    let start = asked
        .iter()
        .map(|asked| time_of(&asked.from))
        .min()
        .flatten();

    let turn = turn(&cursor, units.len());
    let whole = turn == 0 && asked.len() == units.len();
    more |= turn > 0 && cursor.more;
    let round_over = turn + asked.len() >= units.len();
    cursor.turn = if round_over { 0 } else { turn + asked.len() };
    cursor.more = more && !round_over;
    more |= !round_over;

    page.next = match (more, doubtful) {
        (true, _) => ComeBack::Immediately,
        (false, true) => ComeBack::After(DOUBTFUL_S),
        (false, false) => ComeBack::Scheduled,
    };
    // What several steps saw between them cannot be said of one of them.
    if let Some((start, until)) = start.zip(until).filter(|(start, until)| start < until)
        && whole
    {
        let complete = !capped && !doubtful && page.rejected == 0;
        page = page.having_seen(start, until, complete);
    }
    Ok(page.with_cursor(cursor.write()?).into())
}

fn read(
    job: &Job,
    source: &Source,
    asked: &Asked,
    answer: Answer,
    page: &mut Page,
) -> Result<Read, Fault> {
    let response = http::response(answer)?;
    let body = http::json_body(&response, job.now, Some(TOKEN))?;
    // Newest first, also where the oldest ones after an id were asked for; a server that orders otherwise loses nothing by it.
    let mut statuses = At::root(&body).elements()?;
    let number = |status: &At<'_>| status.id("id").ok()?.parse::<u64>().ok();
    if statuses.iter().all(|status| number(status).is_some()) {
        statuses.sort_by_key(|status| std::cmp::Reverse(number(status)));
    }
    let limit = asked.limit as usize;
    let full = statuses.len() >= limit;
    // A server that gives more than was asked for: the oldest are taken, the rest comes again.
    let extra = statuses.len().saturating_sub(limit);
    statuses.drain(..extra);
    if statuses.is_empty() {
        // A page with nothing in it has no neighbours: if it names some, it was not empty.
        let doubtful = ["next", "prev"]
            .iter()
            .any(|relation| http::link(&response, relation).is_some());
        return Ok(Read {
            last: asked.from.clone(),
            until: (!doubtful).then(|| settled(job)),
            more: false,
            doubtful,
        });
    }
    let newest = statuses.iter().find_map(|status| status.id("id").ok());
    let reader = Reader::new(source);
    for status in statuses.into_iter().rev() {
        match reader.change(&status) {
            Ok(change) => page.changes.push(change),
            Err(_) => page.rejected += 1,
        }
    }
    let Some(newest) = newest else {
        let problem = "expected statuses with an id: nowhere to go on from";
        return if full {
            Err(json::JsonError {
                path: String::new(),
                problem: problem.into(),
            }
            .into())
        } else {
            Ok(Read {
                last: asked.from.clone(),
                until: None,
                more: false,
                doubtful: true,
            })
        };
    };
    if full && newest == asked.from {
        return Err(Fault::other(
            "no-progress",
            "the server gives the same page again and again",
        ));
    }
    Ok(Read {
        until: if full {
            time_of(&newest)
        } else {
            Some(settled(job))
        },
        last: if full {
            newest
        } else {
            held(job, &asked.from, newest)
        },
        more: full,
        doubtful: false,
    })
}

/// Until when posts have arrived from everywhere.
pub(crate) fn settled(job: &Job) -> Instant {
    job.now.saturating_sub(LATE_MS)
}

/// The newest id, but none from later than [`settled`] and none before where reading began.
pub(crate) fn held(job: &Job, from: &str, newest: String) -> String {
    let id = |text: &str| text.parse::<u64>().ok();
    match (id(from), id(&newest), time_of(&newest)) {
        (Some(from), Some(id), Some(_)) => id.min(id_at(settled(job))).max(from).to_string(),
        _ => newest,
    }
}
