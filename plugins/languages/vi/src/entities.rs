//! Entities: what capitals, digits, tags and the words around them name. Modest: no list of the world's names.

use isocial_sdk::{
    language::EntityKind,
    reading::{
        Named, Run,
        token::{Kind, Token},
    },
};

/// Family names that a person's name begins with.
const FAMILIES: [&str; 20] = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ",
    "Hồ", "Ngô", "Dương", "Lý", "Đinh", "Trịnh", "Mai", "Lương",
];
/// Words before an organisation's name.
const ORGANISATIONS: [&str; 10] = [
    "ty",
    "hãng",
    "đoàn",
    "hàng",
    "trường",
    "bank",
    "shop",
    "nhà",
    "bộ",
    "Ty",
];
/// Words before a place's name.
const PLACES: [&str; 14] = [
    "ở",
    "tại",
    "phố",
    "quận",
    "tỉnh",
    "huyện",
    "đường",
    "phường",
    "xã",
    "từ",
    "đến",
    "nước",
    "quán",
    "gần",
];

/// What a run of words with capitals names.
pub(crate) fn judge(run: Run<'_>) -> Option<Named> {
    let first = run.names.first()?;
    let family = FAMILIES.contains(&first.of(run.text));
    // Where the capital is the sentence's, a name may follow it ("Mua Zentora …")
    let only_opens = run.opens_sentence() && first.known && !first.mixed && !family;
    let names = run.names.get(usize::from(only_opens)..)?;
    let (first, last) = (names.first()?, names.last()?);
    let (sort, score) = sort(run, names, first)?;
    Some(Named {
        start: first.start,
        end: last.end,
        sort,
        score,
    })
}

fn sort(run: Run<'_>, names: &[Token], first: &Token) -> Option<(EntityKind, f32)> {
    if names.len() >= 2 && FAMILIES.contains(&first.of(run.text)) {
        return Some((EntityKind::Person, 0.8));
    }
    if Run::is_product(names) {
        return Some((EntityKind::Product, 0.7));
    }
    if run.opens_sentence() && run.names.len() == 1 {
        let unusual = !first.known && !first.accented && first.end - first.start > 3;
        return Run::alone(first, unusual);
    }
    if first.known && names.len() == 1 && !first.mixed {
        return None;
    }
    let previous = first_before(run.text, run.tokens, first);
    if ORGANISATIONS.contains(&previous) {
        return Some((EntityKind::Organisation, 0.6));
    }
    if PLACES.contains(&previous) {
        return Some((EntityKind::Place, 0.5));
    }
    Some(Run::unnamed(first))
}

fn first_before<'t>(text: &'t str, tokens: &[Token], first: &Token) -> &'t str {
    let before = tokens.iter().rev().find(|t| t.end <= first.start);
    before
        .filter(|t| t.kind == Kind::Word)
        .map_or("", |t| t.of(text))
}
