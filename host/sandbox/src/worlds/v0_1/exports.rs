//! The exported functions of version 0.1: found once at load, called by index.

use isocial_gate::WriterStart;
use isocial_model::{
    Kind,
    channel::{ChannelAnswer, ChannelCall},
    connector::{ConnectorAnswer, ConnectorCall, Fault},
    export::Row,
    language::{Analyses, Batch},
};
use wasmtime::component::{Component, ResourceAny};

use super::{
    bindings::isocial::plugin::{
        alert_channel as ac, connector_types as ct, export_format as ef, inbound,
        language_pack as lp, recheck, stream, types,
    },
    vec, weight,
};
use crate::{
    live::{Answer, Failure, Live},
    trusted::{Function, Signature},
};

type Answered<T> = Result<T, types::Fault>;

/// Names the functions and gives each its type, as the interface says: what the host gives is borrowed, results are owned.
macro_rules! signatures {
    ($($name:ident($($param:ty),* $(,)?) -> $answer:ty = $path:literal;)*) => {$(
        #[doc = concat!("`", $path, "`")]
        #[derive(Debug)]
        pub(crate) enum $name {}
        impl Signature for $name {
            const NAME: &'static str = $path;
            type Params<'a> = ($($param,)*);
            type Return = $answer;
        }
    )*};
}

signatures! {
    Next(&'a ct::Job, &'a ct::Place) -> Answered<ct::Outcome> = "connector.next";
    Respond(&'a ct::Job, &'a ct::Place, &'a [u8], &'a [types::Answer]) -> Answered<ct::Outcome> = "connector.respond";
    Check(&'a ct::Job) -> Answered<Vec<types::Request>> = "connector.check";
    Checked(&'a ct::Job, &'a [types::Answer]) -> Answered<String> = "connector.checked";
    Ask(&'a ct::Job, &'a [String]) -> Answered<Vec<types::Request>> = "recheck.ask";
    Judge(&'a ct::Job, &'a [String], &'a [types::Answer]) -> Answered<Vec<recheck::Verdict>> = "recheck.judge";
    Open(&'a ct::Job, Option<&'a [u8]>) -> Answered<stream::Subscription> = "stream.open";
    Frames(&'a ct::Job, Option<&'a [u8]>, u64, &'a [stream::Frame]) -> Answered<ct::Page> = "stream.frames";
    Challenge(&'a ct::Job, &'a [(String, String)]) -> Answered<String> = "inbound.challenge";
    Receive(&'a ct::Job, &'a inbound::Delivery) -> Answered<ct::Page> = "inbound.receive";
    Analyze(&'a lp::Batch) -> Answered<lp::Analyses> = "language-pack.analyze";
    Compose(&'a ac::Notice, &'a ac::Destination) -> Answered<ac::Message> = "alert-channel.compose";
    JudgeReply(&'a ac::Notice, &'a ac::Destination, &'a ac::Reply) -> Answered<ac::Verdict> = "alert-channel.judge";
    Begin(&'a [ef::Column], &'a ef::Options) -> ResourceAny = "export-format.[constructor]writer";
    Write(ResourceAny, &'a [Vec<ef::Cell>]) -> Answered<Vec<u8>> = "export-format.[method]writer.write";
    Finish(ResourceAny) -> Answered<Vec<u8>> = "export-format.[method]writer.finish";
}

/// What a plugin of this version exports.
#[derive(Debug)]
pub(crate) enum Exports {
    /// A connector.
    Connector(Box<ConnectorExports>),
    /// A language pack.
    LanguagePack { analyze: Function<Analyze> },
    /// An alert channel.
    AlertChannel {
        compose: Function<Compose>,
        judge: Function<JudgeReply>,
    },
    /// An export format.
    ExportFormat {
        begin: Function<Begin>,
        write: Function<Write>,
        finish: Function<Finish>,
    },
}

/// What a connector exports: one required interface and three optional ones.
#[derive(Debug)]
pub(crate) struct ConnectorExports {
    next: Function<Next>,
    respond: Function<Respond>,
    check: Function<Check>,
    checked: Function<Checked>,
    pub(crate) recheck: Option<Pair<Ask, Judge>>,
    pub(crate) stream: Option<Pair<Open, Frames>>,
    pub(crate) inbound: Option<Pair<Challenge, Receive>>,
}

/// The guest's `writer`, alive in its instance.
#[derive(Debug)]
pub(crate) struct WriterHandle(ResourceAny);

/// The exported name of each interface, as far as the component has it.
pub(crate) trait ExportedNames {
    /// The full exported name, `isocial:plugin/connector@0.1.0`, of the interface `connector`.
    fn exported(&self, interface: &str) -> Option<&str>;
}

/// A function that is missing or has another type, as `interface.function`, and what is wrong with it.
type Unfit = (String, String);

/// The two functions of an optional interface.
type Pair<A, B> = (Function<A>, Function<B>);

/// Finds functions of a component and checks them in its first instance.
struct Finder<'f, N> {
    component: &'f Component,
    names: &'f N,
    live: &'f mut Live,
}

impl<N: ExportedNames> Finder<'_, N> {
    fn has(&self, interface: &str) -> bool {
        self.names.exported(interface).is_some()
    }

    fn function<S: Signature>(&mut self) -> Result<Function<S>, Unfit> {
        let (interface, function) = S::NAME.split_once('.').unwrap_or((S::NAME, ""));
        let unfit = |cause: String| (S::NAME.to_owned(), cause);
        let index = self
            .names
            .exported(interface)
            .and_then(|full| self.component.get_export_index(None, full))
            .and_then(|interface| self.component.get_export_index(Some(&interface), function))
            .ok_or_else(|| unfit("it is not exported".into()))?;
        self.live
            .function(index)
            .map_err(|error| unfit(format!("{error:#}")))
    }

    /// Both functions of an optional interface, if it is there; then both must be.
    fn pair<A: Signature, B: Signature>(
        &mut self,
        interface: &str,
    ) -> Result<Option<Pair<A, B>>, Unfit> {
        if self.has(interface) {
            Ok(Some((self.function()?, self.function()?)))
        } else {
            Ok(None)
        }
    }
}

impl Exports {
    /// Finds the functions of a kind, and checks in an instance that every one has its type.
    pub(crate) fn find(
        component: &Component,
        kind: Kind,
        names: &impl ExportedNames,
        live: &mut Live,
    ) -> Result<Self, Unfit> {
        let mut find = Finder {
            component,
            names,
            live,
        };
        Ok(match kind {
            Kind::Connector => Self::Connector(Box::new(ConnectorExports {
                next: find.function()?,
                respond: find.function()?,
                check: find.function()?,
                checked: find.function()?,
                recheck: find.pair("recheck")?,
                stream: find.pair("stream")?,
                inbound: find.pair("inbound")?,
            })),
            Kind::LanguagePack => Self::LanguagePack {
                analyze: find.function()?,
            },
            Kind::AlertChannel => Self::AlertChannel {
                compose: find.function()?,
                judge: find.function()?,
            },
            Kind::ExportFormat => Self::ExportFormat {
                begin: find.function()?,
                write: find.function()?,
                finish: find.function()?,
            },
        })
    }

    /// Calls a language pack.
    pub(crate) fn analyze(
        live: &mut Live,
        analyze: &Function<Analyze>,
        batch: Batch,
    ) -> Result<Answer<Result<Analyses, Fault>>, Failure> {
        let answer = live.call(analyze, (&batch.into(),))?;
        let answer = match answer {
            Ok(analyses) => Ok(Analyses::try_from(analyses)?),
            Err(fault) => Err(Fault::from(fault)),
        };
        let bytes = answer.as_ref().map_or_else(weight::fault, weight::analyses);
        Ok(Answer {
            value: answer,
            bytes,
        })
    }

    /// Calls an alert channel.
    pub(crate) fn channel(
        live: &mut Live,
        compose: &Function<Compose>,
        judge: &Function<JudgeReply>,
        call: ChannelCall,
    ) -> Result<Answer<ChannelAnswer>, Failure> {
        let answer = match call {
            ChannelCall::Compose {
                notice,
                destination,
            } => {
                let params = (
                    &notice.into(),
                    &ac::Destination {
                        config: destination,
                    },
                );
                live.call(compose, params)?
                    .map(|message| ChannelAnswer::Message(message.into()))
            }
            ChannelCall::Judge {
                notice,
                destination,
                reply,
            } => {
                let params = (
                    &notice.into(),
                    &ac::Destination {
                        config: destination,
                    },
                    &reply.into(),
                );
                live.call(judge, params)?
                    .map(|verdict| ChannelAnswer::Verdict(verdict.into()))
            }
        };
        let answer = answer.unwrap_or_else(|fault| ChannelAnswer::Fault(fault.into()));
        let bytes = weight::channel(&answer);
        Ok(Answer {
            value: answer,
            bytes,
        })
    }

    /// Constructs a writer.
    pub(crate) fn begin(
        live: &mut Live,
        begin: &Function<Begin>,
        start: WriterStart,
    ) -> Result<WriterHandle, Failure> {
        let columns: Vec<ef::Column> = vec(start.columns);
        Ok(WriterHandle(
            live.call(begin, (&columns, &start.options.into()))?,
        ))
    }
}

impl WriterHandle {
    /// Bytes for rows.
    pub(crate) fn write(
        &self,
        live: &mut Live,
        write: &Function<Write>,
        rows: Vec<Row>,
    ) -> Result<Answer<Result<Vec<u8>, Fault>>, Failure> {
        let rows: Vec<Vec<ef::Cell>> = rows.into_iter().map(vec).collect();
        Ok(chunk(live.call(write, (self.0, &rows))?))
    }
    /// The last bytes.
    pub(crate) fn finish(
        &self,
        live: &mut Live,
        finish: &Function<Finish>,
    ) -> Result<Answer<Result<Vec<u8>, Fault>>, Failure> {
        Ok(chunk(live.call(finish, (self.0,))?))
    }
}

fn chunk(answer: Answered<Vec<u8>>) -> Answer<Result<Vec<u8>, Fault>> {
    let answer = answer.map_err(Fault::from);
    let bytes = answer
        .as_ref()
        .map_or_else(weight::fault, |chunk| chunk.len() as u64);
    Answer {
        value: answer,
        bytes,
    }
}

impl ConnectorExports {
    /// Calls a connector.
    pub(crate) fn call(
        &self,
        live: &mut Live,
        call: ConnectorCall,
    ) -> Result<Answer<ConnectorAnswer>, Failure> {
        let answer = self
            .answer(live, call)?
            .unwrap_or_else(|fault| ConnectorAnswer::Fault(fault.into()));
        let bytes = weight::connector(&answer);
        Ok(Answer {
            value: answer,
            bytes,
        })
    }

    fn answer(
        &self,
        live: &mut Live,
        call: ConnectorCall,
    ) -> Result<Answered<ConnectorAnswer>, Failure> {
        let missing = Failure::Missing(call.function());
        let requests = |list| ConnectorAnswer::Requests(vec(list));
        Ok(match call {
            ConnectorCall::Next { job, place } => live
                .call(&self.next, (&job.into(), &place.into()))?
                .map(|outcome| ConnectorAnswer::Outcome(outcome.into())),
            ConnectorCall::Respond {
                job,
                place,
                scratch,
                answers,
            } => {
                let answers: Vec<types::Answer> = vec(answers);
                let params = (&job.into(), &place.into(), &*scratch, &*answers);
                live.call(&self.respond, params)?
                    .map(|outcome| ConnectorAnswer::Outcome(outcome.into()))
            }
            ConnectorCall::Check { job } => live.call(&self.check, (&job.into(),))?.map(requests),
            ConnectorCall::Checked { job, answers } => {
                let answers: Vec<types::Answer> = vec(answers);
                live.call(&self.checked, (&job.into(), &answers))?
                    .map(ConnectorAnswer::Text)
            }
            ConnectorCall::Ask { job, refs } => {
                let (ask, _) = self.recheck.as_ref().ok_or(missing)?;
                live.call(ask, (&job.into(), &refs))?.map(requests)
            }
            ConnectorCall::Judge { job, refs, answers } => {
                let (_, judge) = self.recheck.as_ref().ok_or(missing)?;
                let answers: Vec<types::Answer> = vec(answers);
                live.call(judge, (&job.into(), &refs, &answers))?
                    .map(|verdicts| ConnectorAnswer::Verdicts(vec(verdicts)))
            }
            ConnectorCall::Open { job, cursor } => {
                let (open, _) = self.stream.as_ref().ok_or(missing)?;
                live.call(open, (&job.into(), cursor.as_deref()))?
                    .map(|subscription| ConnectorAnswer::Subscription(subscription.into()))
            }
            ConnectorCall::Frames {
                job,
                cursor,
                first,
                frames,
            } => {
                let (_, read) = self.stream.as_ref().ok_or(missing)?;
                let frames: Vec<stream::Frame> = vec(frames);
                live.call(read, (&job.into(), cursor.as_deref(), first, &frames))?
                    .map(|page| ConnectorAnswer::Page(page.into()))
            }
            ConnectorCall::Challenge { job, query } => {
                let (challenge, _) = self.inbound.as_ref().ok_or(missing)?;
                live.call(challenge, (&job.into(), &query))?
                    .map(ConnectorAnswer::Text)
            }
            ConnectorCall::Receive { job, delivery } => {
                let (_, receive) = self.inbound.as_ref().ok_or(missing)?;
                live.call(receive, (&job.into(), &delivery.into()))?
                    .map(|page| ConnectorAnswer::Page(page.into()))
            }
        })
    }
}
