//! Canonical bytes of what was given, for the receipt's keyed commitment (SECURITY model B4).
