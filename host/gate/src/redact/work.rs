//! Counted work: what the tests of linear time count, since time itself depends on the machine. Nothing outside of tests.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Says that so many bytes or groups were looked at.
#[inline]
pub(super) fn did(steps: usize) {
    #[cfg(test)]
    STEPS.with(|cell| cell.set(cell.get() + steps as u64));
    let _ = steps;
}

/// The steps since the last call, on this thread.
#[cfg(test)]
pub(super) fn taken() -> u64 {
    STEPS.with(|cell| cell.replace(0))
}
