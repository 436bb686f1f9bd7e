//! What the table of benchmarks asks for beyond ordinary calls: times without anything around them, and instances that are held.

use std::time::{Duration, Instant};

use isocial_gate::Passed;
use isocial_model::language::Batch;

use super::Plugin;
use crate::{SandboxError, Stop, live::Live, worlds::v0_1::Exports};

/// What [`Plugin::bench`] measured, each for one round.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct BenchTimes {
    /// Store and instance, made and dropped: the middle one.
    pub instantiate: Duration,
    /// Store, instance, empty call, drop: the middle one.
    pub fresh_call: Duration,
    /// The same: the one that 99 of 100 are below.
    pub fresh_call_p99: Duration,
    /// An empty call in a live instance: the mean.
    pub empty_call: Duration,
}

/// An instance that was called once and lives on. It holds a place in the pool until it is dropped.
#[doc(hidden)]
#[derive(Debug)]
pub struct Held {
    _live: Live,
}

impl Plugin {
    /// Times of `n` (≥ 1) instances, fresh calls and calls in a live instance of a language pack, with empty batches: what `instantiate`,
    /// `fresh_call` and `empty_call` in the table of benchmarks measure. Nothing of anybody passes, so the gate is not asked and the
    /// calls are not counted.
    #[doc(hidden)]
    pub fn bench(&self, n: u32) -> Result<BenchTimes, SandboxError> {
        let Exports::LanguagePack { analyze } = &self.0.exports else {
            return Err(self.error(Stop::Kind));
        };
        let failed = |live: &Live, failure| self.error(live.why(&failure));
        let _running = self.0.core.ticker.run();
        let start = || self.start().map_err(|stillborn| self.error(stillborn.why));
        let sorted = |one: &mut dyn FnMut() -> Result<(), SandboxError>| {
            let mut times = Vec::with_capacity(n as usize);
            for _ in 0..n {
                let began = Instant::now();
                one()?;
                times.push(began.elapsed());
            }
            times.sort_unstable();
            Ok::<_, SandboxError>(times)
        };
        let of_100 = |times: &[Duration], part: usize| {
            let at = times.len() * part / 100;
            times.get(at).copied().unwrap_or_default()
        };
        let instantiate = sorted(&mut || start().map(drop))?;
        let fresh = sorted(&mut || {
            let mut live = start()?;
            Exports::analyze(&mut live, analyze, Batch::default())
                .map(drop)
                .map_err(|f| failed(&live, f))
        })?;
        let mut live = start()?;
        let began = Instant::now();
        for _ in 0..n {
            live.again();
            Exports::analyze(&mut live, analyze, Batch::default()).map_err(|f| failed(&live, f))?;
        }
        Ok(BenchTimes {
            instantiate: of_100(&instantiate, 50),
            fresh_call: of_100(&fresh, 50),
            fresh_call_p99: of_100(&fresh, 99),
            empty_call: began.elapsed() / n.max(1),
        })
    }

    /// How long a language pack takes for these batches, one after another in one live instance: what a platform that keeps its
    /// instances is compared with. Invented posts only, so the gate is not asked and the calls are not counted.
    #[doc(hidden)]
    pub fn bench_live(&self, batches: Vec<Batch>) -> Result<Duration, SandboxError> {
        let Exports::LanguagePack { analyze } = &self.0.exports else {
            return Err(self.error(Stop::Kind));
        };
        let _running = self.0.core.ticker.run();
        let mut live = self
            .start()
            .map_err(|stillborn| self.error(stillborn.why))?;
        let began = Instant::now();
        for batch in batches {
            live.again();
            Exports::analyze(&mut live, analyze, batch)
                .map_err(|failure| self.error(live.why(&failure)))?;
        }
        Ok(began.elapsed())
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
