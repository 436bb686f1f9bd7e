//! What a detail is: the kinds that the detectors tell apart, the words in tokens and receipts, and the names in lists of spans.

/// What a detail is. Of overlapping details the one that stands first here is the more telling one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DetailKind {
    /// A value that grants something: a password or a key in a link.
    Secret,
    /// A mail address.
    Mail,
    /// An international bank account number.
    Iban,
    /// A payment card.
    Card,
    /// An address of a blockchain.
    Wallet,
    /// An address of a machine, version 4 or 6.
    Ip,
    /// An address of a network card.
    Mac,
    /// Identity card, Vietnam.
    VnId,
    /// Social Security number, United States.
    UsSsn,
    /// Individual taxpayer number, United States.
    UsItin,
    /// National Insurance number, United Kingdom.
    GbNino,
    /// Tax number of a person, Germany.
    DeTaxId,
    /// Social security number, France.
    FrNir,
    /// Identity card of a citizen, Spain.
    EsDni,
    /// Identity card of a foreigner, Spain.
    EsNie,
    /// Tax code of a person, Italy.
    ItFiscalCode,
    /// Tax number of a person, Brazil.
    BrCpf,
    /// Tax number of a company, Brazil.
    BrCnpj,
    /// Identity number, India.
    InAadhaar,
    /// Tax number, India.
    InPan,
    /// Driving licence: a number that is called one.
    Licence,
    /// Passport: a number that is called one.
    Passport,
    /// A telephone number.
    Phone,
    /// A place on earth to within some 10 metres.
    Coordinates,
    /// A person's name; in strict mode only.
    Person,
    /// A handle that somebody writes under.
    User,
}

/// The words in tokens and receipts, one a family of kinds.
const FAMILIES: [&str; 12] = [
    "secret", "mail", "iban", "card", "wallet", "ip", "mac", "id", "phone", "place", "name", "user",
];

impl DetailKind {
    /// How many families there are.
    pub(super) const FAMILIES: usize = FAMILIES.len();

    /// Which family it belongs to, below [`Self::FAMILIES`]. All identity numbers are one family.
    pub(super) const fn family(self) -> usize {
        match self {
            Self::Secret => 0,
            Self::Mail => 1,
            Self::Iban => 2,
            Self::Card => 3,
            Self::Wallet => 4,
            Self::Ip => 5,
            Self::Mac => 6,
            Self::Phone => 8,
            Self::Coordinates => 9,
            Self::Person => 10,
            Self::User => 11,
            _ => 7,
        }
    }

    /// The family's word.
    pub(super) fn family_name(family: usize) -> &'static str {
        FAMILIES.get(family).copied().unwrap_or("id")
    }

    /// The name in lists of spans; where Microsoft Presidio has the same entity, its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Secret => "URL_SECRET",
            Self::Mail => "EMAIL_ADDRESS",
            Self::Iban => "IBAN_CODE",
            Self::Card => "CREDIT_CARD",
            Self::Wallet => "CRYPTO",
            Self::Ip => "IP_ADDRESS",
            Self::Mac => "MAC_ADDRESS",
            Self::VnId => "VN_CCCD",
            Self::UsSsn => "US_SSN",
            Self::UsItin => "US_ITIN",
            Self::GbNino => "UK_NINO",
            Self::DeTaxId => "DE_TAX_ID",
            Self::FrNir => "FR_NIR",
            Self::EsDni => "ES_NIF",
            Self::EsNie => "ES_NIE",
            Self::ItFiscalCode => "IT_FISCAL_CODE",
            Self::BrCpf => "BR_CPF",
            Self::BrCnpj => "BR_CNPJ",
            Self::InAadhaar => "IN_AADHAAR",
            Self::InPan => "IN_PAN",
            Self::Licence => "US_DRIVER_LICENSE",
            Self::Passport => "PASSPORT",
            Self::Phone => "PHONE_NUMBER",
            Self::Coordinates => "COORDINATES",
            Self::Person => "PERSON",
            Self::User => "USER_HANDLE",
        }
    }
}
