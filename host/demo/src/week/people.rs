//! Who writes: invented names, handles and homes. Every domain ends in `.example`.

use isocial_model::Instant;

use super::{Person, Tongue, Week, dice::Dice};

/// How many people there are, the three brands' own accounts included.
const PEOPLE: usize = 280;

const FIRST: [&str; 24] = [
    "Anwen", "Bertil", "Calla", "Dorrit", "Edda", "Fenno", "Gisla", "Hob", "Ilka", "Joss",
    "Kerensa", "Lorcan", "Maris", "Nell", "Orla", "Perrin", "Quill", "Runa", "Sorrel", "Tamsin",
    "Ulric", "Vesper", "Wren", "Ysolde",
];
const LAST: [&str; 20] = [
    "Applethwait",
    "Brackwater",
    "Cindermoor",
    "Dapplegate",
    "Elmsworthy",
    "Fennimarsh",
    "Gorseley",
    "Hollowbrook",
    "Inkpenny",
    "Juniperhay",
    "Kettleby",
    "Larkmead",
    "Marrowby",
    "Nettlefold",
    "Oatcroft",
    "Pinchbeckle",
    "Quarrowell",
    "Reedwhistle",
    "Thistlewick",
    "Underleaf",
];
/// Nicknames, as many people use them: a noun and what it is like; with the letters of the handle beside it.
const NOUNS: [(&str, &str); 20] = [
    ("Mây", "may"),
    ("Cún", "cun"),
    ("Trà", "tra"),
    ("Gạo", "gao"),
    ("Mận", "man"),
    ("Sóc", "soc"),
    ("Bưởi", "buoi"),
    ("Nắng", "nang"),
    ("Sen", "sen"),
    ("Cáo", "cao"),
    ("Ổi", "oi"),
    ("Mèo", "meo"),
    ("Dừa", "dua"),
    ("Quế", "que"),
    ("Thỏ", "tho"),
    ("Bắp", "bap"),
    ("Ớt", "ot"),
    ("Cốm", "com"),
    ("Én", "en"),
    ("Khoai", "khoai"),
];
const LIKE: [(&str, &str); 14] = [
    ("Lang Thang", "langthang"),
    ("Buổi Sớm", "buoisom"),
    ("Ngủ Nướng", "ngunuong"),
    ("Đi Bộ", "dibo"),
    ("Bé Nhỏ", "benho"),
    ("Tháng Tám", "thangtam"),
    ("Bên Sông", "bensong"),
    ("Vui Vẻ", "vuive"),
    ("Không Đường", "khongduong"),
    ("Xứ Đồi", "xudoi"),
    ("Mùa Thu", "muathu"),
    ("Đầu Ngõ", "daungo"),
    ("Hay Cười", "haycuoi"),
    ("Chạy Xe", "chayxe"),
];
/// Homes of those who write from elsewhere.
const HOMES: [&str; 5] = [
    "tram.example",
    "quanso.example",
    "lantern.example",
    "benxe.example",
    "harbour.example",
];

/// Draws everybody; the first three are the brands' own accounts.
pub(super) fn draw(dice: &mut Dice, start: Instant) -> Vec<Person> {
    (0..PEOPLE)
        .map(|index| person(dice, start, index))
        .collect()
}

fn person(dice: &mut Dice, start: Instant, index: usize) -> Person {
    // Ids carry the time of joining, as ids of posts do; the index keeps them apart.
    let joined = start.plus_ms(-((PEOPLE - index) as i64 + 20) * 2 * Instant::DAY_MS);
    let id = (joined.as_millis().unsigned_abs() << 16) | index as u64;
    let brands = [Week::BRAND, Week::COMPETITORS[0], Week::COMPETITORS[1]];
    if let Some(brand) = brands.get(index) {
        let username = brand.to_lowercase();
        return Person {
            id,
            home: Some(format!("{username}.example")),
            username,
            name: (*brand).to_owned(),
            tongue: Tongue::English,
            followers: 20_000 + dice.below(30_000) as u32,
            bot: false,
            findable: true,
            joined,
        };
    }
    let tongue = if index % 5 < 3 {
        Tongue::English
    } else {
        Tongue::Vietnamese
    };
    let (name, handle) = match tongue {
        Tongue::English => {
            let (first, last) = (dice.pick(&FIRST), dice.pick(&LAST));
            (
                format!("{first} {last}"),
                format!("{}_{}", first.to_lowercase(), last.to_lowercase()),
            )
        }
        Tongue::Vietnamese => {
            let (noun, like) = (dice.pick(&NOUNS), dice.pick(&LIKE));
            (
                format!("{} {}", noun.0, like.0),
                format!("{}_{}", noun.1, like.1),
            )
        }
    };
    let followers = dice.below(60) * dice.below(60) + dice.below(20);
    Person {
        id,
        // The number keeps handles apart.
        username: format!("{handle}{index}"),
        home: dice.chance(350).then(|| dice.pick(&HOMES).to_owned()),
        name: if dice.chance(120) {
            format!("{name} 🌿")
        } else {
            name
        },
        tongue,
        followers: followers as u32,
        bot: dice.chance(20),
        findable: !dice.chance(50),
        joined,
    }
}

impl Person {
    /// How the network writes the account: with its home where that is another server.
    pub fn acct(&self) -> String {
        match &self.home {
            None => self.username.clone(),
            Some(home) => format!("{}@{home}", self.username),
        }
    }

    /// The server that the account lives on.
    pub fn server(&self) -> &str {
        self.home.as_deref().unwrap_or(Week::HOME)
    }

    /// The account's page.
    pub fn url(&self) -> String {
        format!("https://{}/@{}", self.server(), self.username)
    }

    /// The account's address between servers.
    pub fn uri(&self) -> String {
        format!("https://{}/users/{}", self.server(), self.username)
    }
}
