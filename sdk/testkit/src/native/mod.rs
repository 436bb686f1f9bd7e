//! A plugin's traits as something that can be called by name, without WebAssembly.

mod read;
mod write;

use std::{collections::BTreeMap, fmt};

use isocial_sdk::{
    channel::AlertChannel,
    connector::{Connector, Inbound, Recheck, Stream},
    types::Fault,
};
use serde_json::Value;

use crate::run::{Subject, bytes};

type Function = Box<dyn Fn(&Value) -> Result<Result<Value, Fault>, String>>;

/// A plugin, called natively.
pub struct Native {
    functions: BTreeMap<&'static str, Function>,
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.functions.keys()).finish()
    }
}

impl Native {
    /// A connector, for now without optional abilities.
    pub fn connector<T: Connector>() -> Self {
        Self {
            functions: BTreeMap::new(),
        }
        .with("connector.next", |a| {
            Ok(T::next(&read::job(a)?, &read::place(a)?).map(|o| write::outcome(&o)))
        })
        .with("connector.respond", |a| {
            let (job, place, scratch) = (read::job(a)?, read::place(a)?, bytes(a.get("scratch")));
            Ok(T::respond(&job, &place, &scratch, read::answers(a)?).map(|o| write::outcome(&o)))
        })
        .with("connector.check", |a| {
            Ok(T::check(&read::job(a)?).map(|r| write::requests(&r)))
        })
        .with("connector.checked", |a| {
            Ok(T::checked(&read::job(a)?, read::answers(a)?).map(Value::String))
        })
    }
    /// Adds the ability to recheck.
    pub fn and_recheck<T: Recheck>(self) -> Self {
        self.with("recheck.ask", |a| {
            Ok(T::ask(&read::job(a)?, &read::refs(a)?).map(|r| write::requests(&r)))
        })
        .with("recheck.judge", |a| {
            let verdicts = T::judge(&read::job(a)?, &read::refs(a)?, read::answers(a)?);
            Ok(verdicts.map(|v| v.iter().map(write::verdict).collect()))
        })
    }
    /// Adds the ability to read a source that pushes.
    pub fn and_stream<T: Stream>(self) -> Self {
        self.with("stream.open", |a| {
            Ok(
                T::open(&read::job(a)?, read::cursor(a).as_deref())
                    .map(|s| write::subscription(&s)),
            )
        })
        .with("stream.frames", |a| {
            let first = a.get("first").and_then(Value::as_u64).unwrap_or_default();
            let page = T::frames(
                &read::job(a)?,
                read::cursor(a).as_deref(),
                first,
                read::frames(a)?,
            );
            Ok(page.map(|p| write::page(&p)))
        })
    }
    /// Adds the ability to take deliveries.
    pub fn and_inbound<T: Inbound>(self) -> Self {
        self.with("inbound.challenge", |a| {
            Ok(T::challenge(&read::job(a)?, &read::pairs(a.get("query"))?).map(Value::String))
        })
        .with("inbound.receive", |a| {
            Ok(T::receive(&read::job(a)?, read::delivery(a)?).map(|p| write::page(&p)))
        })
    }
    /// An alert channel.
    pub fn channel<T: AlertChannel>() -> Self {
        Self {
            functions: BTreeMap::new(),
        }
        .with("alert-channel.compose", |a| {
            Ok(T::compose(&read::notice(a)?, &read::destination(a)).map(|m| write::message(&m)))
        })
        .with("alert-channel.judge", |a| {
            let verdict = T::judge(&read::notice(a)?, &read::destination(a), &read::reply(a)?);
            Ok(verdict.map(|v| write::delivery_verdict(&v)))
        })
    }

    fn with(
        mut self,
        name: &'static str,
        function: impl Fn(&Value) -> Result<Result<Value, Fault>, String> + 'static,
    ) -> Self {
        self.functions.insert(name, Box::new(function));
        self
    }
}

impl Subject for Native {
    fn call(&mut self, function: &str, arguments: Value) -> Result<Result<Value, Value>, String> {
        let called = self.functions.get(function).ok_or_else(|| {
            let known = self
                .functions
                .keys()
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            format!("the plugin has no `{function}`: it has {known}")
        })?;
        Ok(called(&arguments)?.map_err(|fault| write::fault(&fault)))
    }
}
