//! The macros that export a plugin, and the small functions behind them.
//!
//! Each macro exports exactly the interfaces that the plugin has, so that kind and abilities can be read from the component
//! without running it. Outside WebAssembly nothing is exported; the traits are checked all the same.

/// Exports a connector: `connector!(Feed)`, or with optional abilities `connector!(Mastodon, recheck, stream, inbound)`.
///
/// The type implements [`Connector`](crate::connector::Connector) and, for each ability named, [`Recheck`](crate::connector::Recheck),
/// [`Stream`](crate::connector::Stream) or [`Inbound`](crate::connector::Inbound).
#[macro_export]
macro_rules! connector {
    ($plugin:ident $(, $ability:ident)* $(,)?) => {
        $crate::__export!(connector, $plugin);
        $( $crate::__export!($ability, $plugin); )*
    };
}

/// Exports a language pack: `language_pack!(English)`. The type implements [`LanguagePack`](crate::language::LanguagePack).
#[macro_export]
macro_rules! language_pack {
    ($plugin:ident) => {
        $crate::__export!(language_pack, $plugin);
    };
}

/// Exports an alert channel: `alert_channel!(Webhook)`. The type implements [`AlertChannel`](crate::channel::AlertChannel).
#[macro_export]
macro_rules! alert_channel {
    ($plugin:ident) => {
        $crate::__export!(alert_channel, $plugin);
    };
}

/// Exports an export format: `export_format!(Csv)`. The type implements [`ExportFormat`](crate::export::ExportFormat).
#[macro_export]
macro_rules! export_format {
    ($plugin:ident) => {
        $crate::__export!(export_format, $plugin);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    (connector, $plugin:ident) => {
        $crate::__export!(@ $plugin, Connector, connector, __export_isocial_plugin_connector_0_1_0_cabi);
    };
    (recheck, $plugin:ident) => {
        $crate::__export!(@ $plugin, Recheck, recheck, __export_isocial_plugin_recheck_0_1_0_cabi);
    };
    (stream, $plugin:ident) => {
        $crate::__export!(@ $plugin, Stream, stream, __export_isocial_plugin_stream_0_1_0_cabi);
    };
    (inbound, $plugin:ident) => {
        $crate::__export!(@ $plugin, Inbound, inbound, __export_isocial_plugin_inbound_0_1_0_cabi);
    };
    (language_pack, $plugin:ident) => {
        $crate::__export!(@ $plugin, LanguagePack, language_pack, __export_isocial_plugin_language_pack_0_1_0_cabi);
    };
    (alert_channel, $plugin:ident) => {
        $crate::__export!(@ $plugin, AlertChannel, alert_channel, __export_isocial_plugin_alert_channel_0_1_0_cabi);
    };
    (export_format, $plugin:ident) => {
        $crate::__export!(@ $plugin, ExportFormat, export_format, __export_isocial_plugin_export_format_0_1_0_cabi);
    };
    (@ $plugin:ident, $kind:ident, $interface:ident, $export:ident) => {
        const _: () = {
            type Exported = $crate::exported::$kind<$plugin>;
            /// Fails to compile, with the missing trait's name, where the plugin does not implement it.
            const fn implements<T: $crate::bindings::exports::isocial::plugin::$interface::Guest>() {}
            implements::<Exported>();
            #[cfg(target_arch = "wasm32")]
            $crate::$export!(Exported with_types_in $crate::bindings::exports::isocial::plugin::$interface);
        };
    };
}

/// One type a kind that turns a plugin's trait into the generated one.
#[doc(hidden)]
pub mod exported {
    use std::marker::PhantomData;

    use crate::{
        bindings::exports::isocial::plugin as wit,
        channel, connector as c, export, language as l,
        log::install_panic_hook,
        types::{Answer, Fault, Request},
    };

    macro_rules! wrappers {
        ($($name:ident),*) => {$(
            #[doc(hidden)]
            #[derive(Debug)]
            pub struct $name<T>(PhantomData<T>);
        )*};
    }
    wrappers!(
        Connector,
        Recheck,
        Stream,
        Inbound,
        LanguagePack,
        AlertChannel,
        ExportFormat
    );

    impl<T: c::Connector> wit::connector::Guest for Connector<T> {
        fn next(job: c::Job, place: c::Place) -> Result<c::Outcome, Fault> {
            install_panic_hook();
            T::next(&job, &place)
        }
        fn respond(
            job: c::Job,
            place: c::Place,
            scratch: Vec<u8>,
            answers: Vec<Answer>,
        ) -> Result<c::Outcome, Fault> {
            install_panic_hook();
            T::respond(&job, &place, &scratch, answers)
        }
        fn check(job: c::Job) -> Result<Vec<Request>, Fault> {
            install_panic_hook();
            T::check(&job)
        }
        fn checked(job: c::Job, answers: Vec<Answer>) -> Result<String, Fault> {
            install_panic_hook();
            T::checked(&job, answers)
        }
    }

    impl<T: c::Recheck> wit::recheck::Guest for Recheck<T> {
        fn ask(job: c::Job, refs: Vec<String>) -> Result<Vec<Request>, Fault> {
            install_panic_hook();
            T::ask(&job, &refs)
        }
        fn judge(
            job: c::Job,
            refs: Vec<String>,
            answers: Vec<Answer>,
        ) -> Result<Vec<c::Verdict>, Fault> {
            install_panic_hook();
            T::judge(&job, &refs, answers)
        }
    }

    impl<T: c::Stream> wit::stream::Guest for Stream<T> {
        fn open(job: c::Job, cursor: Option<Vec<u8>>) -> Result<c::Subscription, Fault> {
            install_panic_hook();
            T::open(&job, cursor.as_deref())
        }
        fn frames(
            job: c::Job,
            cursor: Option<Vec<u8>>,
            first: u64,
            frames: Vec<c::Frame>,
        ) -> Result<c::Page, Fault> {
            install_panic_hook();
            T::frames(&job, cursor.as_deref(), first, frames)
        }
    }

    impl<T: c::Inbound> wit::inbound::Guest for Inbound<T> {
        fn challenge(job: c::Job, query: Vec<(String, String)>) -> Result<String, Fault> {
            install_panic_hook();
            T::challenge(&job, &query)
        }
        fn receive(job: c::Job, delivery: c::Delivery) -> Result<c::Page, Fault> {
            install_panic_hook();
            T::receive(&job, delivery)
        }
    }

    impl<T: l::LanguagePack> wit::language_pack::Guest for LanguagePack<T> {
        fn analyze(
            batch: wit::language_pack::Batch,
        ) -> Result<wit::language_pack::Analyses, Fault> {
            install_panic_hook();
            T::analyze(&l::wire::batch(batch)).map(|answers| l::wire::analyses(&answers))
        }
    }

    impl<T: channel::AlertChannel> wit::alert_channel::Guest for AlertChannel<T> {
        fn compose(
            notice: channel::Notice,
            destination: channel::Destination,
        ) -> Result<channel::Message, Fault> {
            install_panic_hook();
            T::compose(&notice, &destination)
        }
        fn judge(
            notice: channel::Notice,
            destination: channel::Destination,
            reply: channel::Reply,
        ) -> Result<channel::Verdict, Fault> {
            install_panic_hook();
            T::judge(&notice, &destination, &reply)
        }
    }

    impl<T: export::ExportFormat> wit::export_format::Guest for ExportFormat<T> {
        type Writer = export::ExportedWriter<T>;
    }
}
