//! Words around a number: those that say that it is a telephone, and those that say that it is something else.
//!
//! Lives here: the words, in the languages that the language packs read, and how far they reach. Written by us; some were added
//! after reading labelled training sentences. Not here: which forms need such words (`phone`).

use super::work;

/// How far back words are looked for, in bytes.
const REACH: usize = 72;
/// How many words back.
const WORDS: usize = 7;

/// They announce a telephone number.
#[rustfmt::skip]
const ANNOUNCING: &[&str] = &[
    "tel", "phone", "phones", "telephone", "telephones", "call", "calls", "called", "calling", "dial", "dialing", "dialling", "ring",
    "mobile", "cell", "cellphone", "whatsapp", "zalo", "viber", "telegram", "imessage", "facetime", "fax", "faxed", "hotline", "helpline",
    "landline", "text", "texting", "texted", "sms", "contact", "contacted", "contacting", "reach", "reached", "reachable", "answering",
    "registered", "voicemail", "ph", "mob", "phn", "callback", "smartphone", "iphone",
    "sđt", "sdt", "SĐT", "đt", "ĐT", "thoại", "Thoại", "THOẠI", "gọi", "Gọi", "hệ", "alo", "inbox",
    "teléfono", "telefono", "móvil", "movil", "tlf", "tfno", "llame", "llama", "llamar", "llámame", "llamame",
    "téléphone", "tél", "Tél", "portable", "appelez", "appeler", "joindre", "joignable", "numéro",
    "telefon", "Telefon", "handy", "anrufen", "anruf", "rufnummer", "telefonnummer", "handynummer", "mobil", "erreichbar",
    "cellulare", "chiamare", "chiamami", "chiama", "recapito",
    "telefone", "celular", "fone", "ligue", "ligar", "zap",
    "telepon", "hp", "wa", "hubungi", "hub", "nomor",
    "हाथ", "फ़ोन", "फोन", "मोबाइल", "कॉल", "نقال", "هاتف", "جوال", "موبايل", "اتصل",
];

/// They announce one too, at the end of a word of a script without spaces.
const ANNOUNCING_ENDS: &[&str] = &[
    "電話",
    "电话",
    "手机",
    "手機",
    "連絡先",
    "携帯",
    "番号",
    "致电",
    "联系",
    "전화",
    "전화번호",
    "연락처",
    "휴대폰",
    "โทร",
    "เบอร์",
];

/// Pictures of telephones.
const PICTURES: &[char] = &['☎', '☏', '✆', '📞', '📱', '📲'];

/// They announce a telephone with a colon only: `T: 020 7946 0958`.
const LETTERS: &[&str] = &["t", "p", "m", "f", "c", "h", "w", "o", "d"];

/// Words between those and the number.
#[rustfmt::skip]
const FILLERS: &[&str] = &[
    "at", "on", "is", "me", "us", "him", "her", "them", "it", "to", "the", "via", "by", "with", "under", "using", "through", "my", "our",
    "your", "his", "their", "this", "a", "new", "now", "or", "and", "back", "direct", "directly", "please", "pls", "just", "anytime", "today",
    "local", "uk", "us", "usa", "vn", "office", "home", "work", "here", "free", "toll", "support", "service", "line", "are", "was", "for", "from",
    "là", "số", "của", "tôi", "mình", "em", "anh", "chị", "qua", "theo", "ngay", "shop", "nhé",
    "al", "el", "la", "es", "mi", "su", "lo", "un", "en", "por", "número", "numero", "o",
    "au", "le", "est", "mon", "ma", "moi", "nous", "votre", "notre", "sur", "par", "de", "du", "ou",
    "ist", "meine", "mein", "unter", "die", "der", "das", "mich", "uns", "ihre", "oder", "bei",
    "mio", "il", "è", "al", "allo", "per", "oppure", "no", "pelo", "meu", "é", "para", "ou",
    "di", "ke", "ini", "saya", "kami", "atau", "पर", "मेरा", "है", "नंबर", "رقم", "على",
];

/// A number is spoken of: of what, the word before it says.
const NUMBER: &[&str] = &[
    "number", "numbers", "no", "nr", "num", "nummer", "#", "nos", "number's", "digits",
];

/// Whose number it is: a number that is somebody's and nothing else is a telephone.
const OWNERS: &[&str] = &[
    "my",
    "our",
    "your",
    "his",
    "her",
    "their",
    "mine",
    "personal",
    "direct",
    "registered",
    "new",
];

/// They say that the number is of something else.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "order", "orders", "invoice", "id", "ids", "ref", "reference", "ticket", "isbn", "issn", "sku", "account", "acct", "tracking", "serial",
    "model", "case", "booking", "flight", "bill", "policy", "receipt", "transaction", "item", "part", "licence", "license", "passport", "card",
    "cards", "confirmation", "barcode", "ean", "upc", "imei", "doi", "pmid", "vin", "parcel", "package", "awb", "pnr", "docket", "code", "zip",
    "postcode", "pin", "hs", "patent", "bestellung", "rechnung", "pedido", "factura", "commande", "facture", "ordine", "fattura", "đơn", "mã",
    "resi", "bib", "lot", "batch", "job", "vote", "votes", "population", "members", "followers", "usd", "vnd", "rs", "inr",
];

/// They stand behind a telephone, at the end of a line or in brackets: `020 7946 0958 office`.
const BEHIND: &[&str] = &[
    "office",
    "fax",
    "mobile",
    "cell",
    "home",
    "work",
    "landline",
    "phone",
    "tel",
    "telephone",
    "whatsapp",
    "direct",
    "bureau",
    "domicile",
    "portable",
    "móvil",
    "oficina",
    "casa",
    "büro",
    "privat",
    "handy",
    "mobil",
    "ufficio",
    "cellulare",
    "celular",
    "kantor",
];

fn one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// What the words before a number say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// A telephone.
    Phone,
    /// Something that is none.
    Other,
    /// Nothing.
    Nothing,
}

/// The word before an offset and where it begins; nothing at a digit or at the reach's end. `gap` gets what lies between.
fn word_before<'t>(head: &'t str, gap: &mut &'t str) -> Option<(&'t str, usize)> {
    let end = head
        .char_indices()
        .rev()
        .find(|(_, c)| c.is_alphanumeric() || *c == '#')
        .map(|(at, c)| at + c.len_utf8())?;
    *gap = head.get(end..)?;
    let word = head.get(..end)?;
    if word.ends_with('#') {
        return Some(("#", end - 1));
    }
    let start = word
        .char_indices()
        .rev()
        .find(|(_, c)| {
            !(c.is_alphanumeric()
                || matches!(c, '\'' | '’' | '\u{300}'..='\u{36F}')
                || ('\u{900}'..='\u{97F}').contains(c))
        })
        .map_or(0, |(at, c)| at + c.len_utf8());
    let word = word.get(start..)?;
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((word, start))
}

/// Reads the words before an offset, nearest first.
pub(super) fn announced(text: &str, at: usize) -> Announced {
    let floor = (at.saturating_sub(REACH)..=at)
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(at);
    let mut head = text.get(floor..at).unwrap_or_default();
    work::did(head.len());
    let mut number = false;
    for nth in 0..WORDS {
        let mut gap = "";
        let Some((word, start)) = word_before(head, &mut gap) else {
            return if head.contains(PICTURES) {
                Announced::Phone
            } else {
                Announced::Nothing
            };
        };
        if gap.contains(PICTURES) {
            return Announced::Phone;
        }
        // A token of ours, or the end of a sentence: what stands before says nothing. `Tel.` ends none.
        if gap.contains(['⟧', '!', '?', ';', '\u{1A}']) {
            return Announced::Nothing;
        }
        if one_of(word, ANNOUNCING) || ANNOUNCING_ENDS.iter().any(|end| word.ends_with(end)) {
            return Announced::Phone;
        }
        if nth == 0 && gap.starts_with(':') && one_of(word, LETTERS) {
            return Announced::Phone;
        }
        if one_of(word, OTHERS) {
            return Announced::Other;
        }
        if one_of(word, NUMBER) {
            number = true;
        } else if number && one_of(word, OWNERS) {
            return Announced::Phone;
        } else if gap.contains('.') || !one_of(word, FILLERS) {
            return Announced::Nothing;
        }
        head = head.get(..start).unwrap_or_default();
    }
    Announced::Nothing
}

/// Whether one of these words stands before an offset, with nothing but words that connect between.
pub(super) fn named(text: &str, at: usize, names: &[&str]) -> bool {
    let floor = (at.saturating_sub(REACH)..=at)
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(at);
    let mut head = text.get(floor..at).unwrap_or_default();
    work::did(head.len());
    for _ in 0..WORDS {
        let mut gap = "";
        let Some((word, start)) = word_before(head, &mut gap) else {
            return false;
        };
        if gap.contains(['⟧', '\u{1A}']) {
            return false;
        }
        if one_of(word, names) {
            return true;
        }
        let number = one_of(word, NUMBER);
        // A point ends a sentence, but for the one of `no.`.
        let ended = gap.contains(['!', '?', ';']) || (gap.contains('.') && !number);
        if ended || !(number || one_of(word, FILLERS)) {
            return false;
        }
        head = head.get(..start).unwrap_or_default();
    }
    false
}

/// Whether the word behind an offset says that a telephone stood before it, at the end of a line, of a clause or in brackets.
pub(super) fn behind(text: &str, at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let lead = rest.trim_start_matches([' ', '\t', '(', '-', '–', '[']);
    let skipped = rest.len() - lead.len();
    if skipped == 0 || skipped > 4 {
        return false;
    }
    // The longest of the words has 9 letters.
    let end = lead
        .char_indices()
        .take(12)
        .find(|(_, c)| !c.is_alphabetic())
        .map_or(lead.len(), |(at, _)| at);
    work::did(12);
    let word = lead.get(..end).unwrap_or_default();
    let after = lead.get(end..).unwrap_or_default();
    one_of(word, BEHIND)
        && after
            .chars()
            .next()
            .is_none_or(|c| matches!(c, '\n' | '\r' | ',' | ';' | ')' | ']' | '.' | '|' | '/'))
}

/// Whether nothing else stands in the line of `start..end`, and other lines do.
pub(super) fn alone(text: &str, start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let open = before.trim_end_matches([' ', '\t']);
    let shut = after.trim_start_matches([' ', '\t', '\r']);
    work::did(before.len() - open.len() + after.len() - shut.len());
    (open.is_empty() || open.ends_with('\n'))
        && (shut.is_empty() || shut.starts_with('\n'))
        && !(open.is_empty() && shut.is_empty())
}
