//! Redaction: whatever stands around it, a personal detail does not survive, and spans find their way back.
#![no_main]

use isocial_gate::{OwnHandles, redact};
use libfuzzer_sys::fuzz_target;

const DETAIL: &str = "rosa.calder@lotus-bikes.example";

fuzz_target!(|text: &str| {
    let own = OwnHandles::new(&["lotus"]);
    let Ok(redacted) = redact(text, &own) else {
        return;
    };
    let out = redacted.text();
    // Every span of a few characters that has a way back stands in the original word for word.
    let mut starts = out.char_indices().map(|(i, _)| i).chain([out.len()]);
    let mut last = starts.next();
    for end in starts {
        if let Some(start) = last
            && let Some((from, to)) = redacted.edits().back(start as u32, end as u32)
        {
            assert_eq!(text.get(from as usize..to as usize), out.get(start..end));
            let there = redacted.edits().forward(from, to);
            assert_eq!(there, Some((start as u32, end as u32)));
        }
        last = Some(end);
    }
    // A detail between line ends is found, whatever stands in the lines before and after it.
    let middle = text.floor_char_boundary(text.len() / 2);
    let (before, after) = text.split_at(middle);
    if let Ok(hidden) = redact(&format!("{before}\n\n{DETAIL}\n\n{after}"), &own) {
        let kept = text.matches(DETAIL).count();
        assert!(kept > 0 || !hidden.text().contains(DETAIL), "it survived");
    }
});
