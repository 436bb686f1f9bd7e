//! HP-31: keeps what it reads in a global and all over its memory, and looks for what others left there. `positive` says that it found
//! something, `negative` that it did not.

use std::sync::Mutex;

use hostile_kit::{
    judge,
    sdk::language::{Batch, Sentiment},
};

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

hostile_kit::pack!(|batch: &Batch| {
    let found = remembered() || haunted(&batch.text);
    let sentiment = if found {
        [0.0, 0.0, 1.0]
    } else {
        [1.0, 0.0, 0.0]
    };
    let answer = judge(batch, |_| {
        Sentiment::from_probabilities(sentiment, if found { 1.0 } else { -1.0 })
    });
    if let Ok(mut kept) = KEPT.lock() {
        kept.extend((0..200).map(|_| batch.text.clone()));
    }
    answer
});

fn remembered() -> bool {
    KEPT.lock().is_ok_and(|kept| !kept.is_empty())
}

/// Whether memory that was never written holds the mark of another organisation. The mark stands nowhere in this program as a whole.
fn haunted(own: &str) -> bool {
    let mark: Vec<u8> = b"fdqdu|0ri0"
        .iter()
        .map(|b| if *b == b'0' { b'-' } else { b - 3 })
        .collect();
    // `canary-of-` and a letter: the own one may be there, in the arguments of this call.
    let own = own
        .find("canary-of-")
        .and_then(|at| own.as_bytes().get(at + 10))
        .copied();
    let room = vec![0_u8; 1 << 20];
    let (start, end) = (
        room.as_ptr() as usize,
        core::arch::wasm32::memory_size(0) * 65_536,
    );
    std::hint::black_box(&room);
    (start..end.saturating_sub(16)).any(|at| {
        let here = unsafe { std::slice::from_raw_parts(at as *const u8, 11) };
        here.starts_with(&mark) && here.get(10).copied() != own
    })
}
