//! What the table of benchmarks asks for beyond ordinary calls: the time of each single call, and instances that are held.

use std::time::{Duration, Instant};

use isocial_gate::Passed;
use isocial_model::language::Batch;

use super::Plugin;
use crate::{SandboxError, Stop, live::Live, worlds::v0_1::Exports};

/// An instance that was called once and lives on. It holds a place in the pool until it is dropped.
#[doc(hidden)]
#[derive(Debug)]
pub struct Held {
    _live: Live,
}

impl Plugin {
    /// Times of `n` whole fresh calls of a language pack with an empty batch, one by one. Nothing of anybody passes.
    #[doc(hidden)]
    pub fn bench_fresh(&self, n: u32) -> Result<Vec<Duration>, SandboxError> {
        let Exports::LanguagePack { analyze } = &self.0.exports else {
            return Err(self.error(Stop::Kind));
        };
        let _running = self.0.core.ticker.run();
        let mut times = Vec::with_capacity(n as usize);
        for _ in 0..n {
            let began = Instant::now();
            let mut live = self
                .start()
                .map_err(|stillborn| self.error(stillborn.why))?;
            Exports::analyze(&mut live, analyze, Batch::default())
                .map_err(|failure| self.error(live.why(&failure)))?;
            drop(live);
            times.push(began.elapsed());
        }
        Ok(times)
    }

    /// One call of a language pack in an instance that is held afterwards, which no ordinary call leaves behind.
    #[doc(hidden)]
    pub fn hold(&self, batch: Passed<Batch>) -> Result<Held, SandboxError> {
        self.count();
        let Exports::LanguagePack { analyze } = &self.0.exports else {
            return Err(self.error(Stop::Kind));
        };
        let _running = self.0.core.ticker.run();
        let mut live = self
            .start()
            .map_err(|stillborn| self.error(stillborn.why))?;
        Exports::analyze(&mut live, analyze, batch.into_guest())
            .map_err(|failure| self.error(live.why(&failure)))?;
        Ok(Held { _live: live })
    }
}
