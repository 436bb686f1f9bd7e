//! HP-13: ten million items, or a text of one gigabyte that lies beyond its own memory, as the text to be read says.

use hostile_kit::sdk::language::{Analyses, Batch, Fault, Sentiment};

hostile_kit::pack!(analyze);

fn analyze(batch: &Batch) -> Result<Analyses, Fault> {
    let mut answer = Analyses::default();
    if batch.text.contains("gigabyte") {
        let start = vec![b'a'; 16].leak();
        // The length is a lie: only the host's reading of it could show that.
        answer.languages =
            vec![unsafe { String::from_raw_parts(start.as_mut_ptr(), 1 << 30, 1 << 30) }];
    } else {
        answer.sentiment = Vec::with_capacity(0);
        let items = vec![Sentiment::unknown(); 1_000].leak();
        answer.sentiment =
            unsafe { Vec::from_raw_parts(items.as_mut_ptr(), 10_000_000, 10_000_000) };
    }
    Ok(answer)
}
