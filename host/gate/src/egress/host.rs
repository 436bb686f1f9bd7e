//! One reading of a URL: parsed once, compared once, used as parsed.
