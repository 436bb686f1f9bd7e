//! One week of posts by invented people about invented brands, the same bytes for the same seed.
//!
//! Lives here: who writes, what is said when, and what is true of each post. Not here: how it is served (`network`).

mod body;
mod dice;
mod draw;
mod people;
mod press;
mod rhythm;
mod words;

use isocial_model::Instant;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

pub(crate) use body::escape;

pub use isocial_model::post::Visibility;

/// Which language a post is written in, whatever its tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tongue {
    /// English.
    English,
    /// Vietnamese.
    Vietnamese,
}

impl Tongue {
    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Vietnamese => "vi",
        }
    }
}

/// What a post is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Our brand, by name.
    Brand,
    /// A competitor, by name.
    Competitor,
    /// Neither: none of the three brands is named.
    Noise,
}

/// How the writer feels about the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stance {
    /// In favour.
    Positive,
    /// Neither.
    Neutral,
    /// Against.
    Negative,
}

/// What is true of a post, for tests: nothing of it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truth {
    /// What it is about.
    pub subject: Subject,
    /// How its writer feels about that.
    pub stance: Stance,
    /// The language that it is written in.
    pub tongue: Tongue,
    /// It was caused by the crisis.
    pub crisis: bool,
    /// Its text holds a mail address, a telephone number or a card-like number.
    pub personal: bool,
}

/// What happens to a post after the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Stays,
    /// Its writer changes the text.
    Edited {
        /// When.
        at: Instant,
    },
    /// Its writer deletes it.
    Deleted,
}

/// An invented account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The network's id of the account.
    pub id: u64,
    /// Local part of the handle.
    pub username: String,
    /// The account's home under `.example`; absent for accounts of the sample network itself.
    pub home: Option<String>,
    /// Display name.
    pub name: String,
    /// The language that the account writes in.
    pub tongue: Tongue,
    /// Followers.
    pub followers: u32,
    /// The account says that it is automated.
    pub bot: bool,
    /// The account allows that its posts are found; where not, they must not be kept.
    pub findable: bool,
    /// When the account was made.
    pub joined: Instant,
}

/// How a post reads at one point of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Plain text, with `#tags`, `@handles` and links written out.
    pub text: String,
    /// The same as the HTML that the network serves.
    pub html: String,
}

/// One post of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePost {
    /// The network's id: ordered by time.
    pub id: u64,
    /// Index of its writer in [`Week::people`].
    pub author: usize,
    /// When it was published.
    pub created: Instant,
    /// How it reads at first.
    pub first: Shown,
    /// How it reads after its edit, where there is one.
    pub later: Option<Shown>,
    /// The language tag that its writer set; some set none.
    pub language: Option<Tongue>,
    /// Who may see it.
    pub visibility: Visibility,
    /// Content warning, empty for most.
    pub spoiler: String,
    /// Marked as sensitive.
    pub sensitive: bool,
    /// Hashtags as written, without `#`.
    pub tags: Vec<String>,
    /// Indices of mentioned accounts in [`Week::people`].
    pub mentions: Vec<usize>,
    /// Index of the post that it answers in [`Week::posts`].
    pub answers: Option<usize>,
    /// A link to an invented page.
    pub link: Option<String>,
    /// Alternative text of an attached picture.
    pub picture: Option<String>,
    /// Replies, boosts and favourites.
    pub counts: [u32; 3],
    /// What happens to it.
    pub fate: Fate,
    /// What is true of it.
    pub truth: Truth,
}

/// An entry of the press feed or of the blog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Stable id.
    pub id: String,
    /// Where it can be read, under `.example`.
    pub url: String,
    /// Title.
    pub title: String,
    /// One paragraph.
    pub summary: String,
    /// The summary after its correction, where there is one.
    pub corrected: Option<String>,
    /// Byline.
    pub byline: String,
    /// The language that it is written in.
    pub tongue: Tongue,
    /// When it was published.
    pub published: Instant,
    /// What it is about.
    pub subject: Subject,
}

/// One week of an invented network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// The first instant, on the hour.
    pub start: Instant,
    /// Everybody who writes, in the order of their ids.
    pub people: Vec<Person>,
    /// Everything that was posted, oldest first.
    pub posts: Vec<SamplePost>,
    /// The press feed, oldest first.
    pub press: Vec<Article>,
    /// The blog, oldest first.
    pub blog: Vec<Article>,
    crisis: (Instant, Instant),
}

impl Week {
    /// Our brand: a maker of electric scooters.
    pub const BRAND: &'static str = "Ryndola";
    /// The two makers that it competes with.
    pub const COMPETITORS: [&'static str; 2] = ["Voltekka", "Pedrimo"];
    /// Each post carries at least one of these hashtags: reading all four timelines sees the whole week.
    pub const HASHTAGS: [&'static str; 4] = ["ryndola", "escooter", "xedien", "citylife"];
    /// The network's name in its own addresses.
    pub const HOME: &'static str = "plaza.example";

    /// The year that the feeds' ids are minted under: part of the id's form, not of the time.
    const FEED_YEAR: &'static str = "2026";

    /// Draws the week that begins in the hour of `start`; the same arguments give the same week, byte for byte.
    pub fn generate(seed: u64, start: Instant) -> Self {
        let start = start.floor(Instant::HOUR_MS);
        let crisis = rhythm::crisis(start);
        let mut dice = dice::Dice::new(seed);
        let people = people::draw(&mut dice, start);
        let posts = draw::draw(&mut dice, start, crisis, &people);
        let press = press::press(&mut dice, start, crisis);
        let blog = press::blog(&mut dice, start);
        Self {
            start,
            people,
            posts,
            press,
            blog,
            crisis,
        }
    }

    /// The last instant, exclusive.
    pub fn end(&self) -> Instant {
        self.start.plus_ms(7 * Instant::DAY_MS)
    }

    /// From when to when the crisis runs at full volume: three hours of the fourth day.
    pub fn crisis(&self) -> (Instant, Instant) {
        self.crisis
    }

    /// Whether a post is one that may be kept: public, and by somebody who allows being found.
    pub fn keepable(&self, post: &SamplePost) -> bool {
        post.visibility == Visibility::Public
            && self.people.get(post.author).is_some_and(|p| p.findable)
    }
}

/// A hashtag as the network compares it: lower case, without marks over or under letters.
pub fn fold(tag: &str) -> String {
    tag.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect()
}
