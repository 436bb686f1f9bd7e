//! What a receipt alone costs, for the table of benchmarks: the same steps as in a projection and an admission, without the rest of them.

use std::collections::BTreeMap;

use isocial_model::{Kind, connector::ConnectorCall, language::Batch, receipt::Receipt};

use crate::{
    canon::Canon,
    connector,
    door::{Door, Given},
    language,
    open::Stopped,
    rejection::ProjectError,
};

impl Door {
    /// Draws up and closes the receipt of a batch that was projected before.
    #[doc(hidden)]
    pub fn measure_batch(&self, batch: &Batch) -> Result<Receipt, ProjectError> {
        let mut canon = Canon::of("analyze");
        language::commit(batch, &mut canon);
        let items = batch.ends.len() as u32;
        self.measured(
            Kind::LanguagePack,
            "analyze",
            items,
            batch.text.len() as u64,
            canon,
        )
    }

    /// Draws up and closes the receipt of a connector's call that was projected before.
    #[doc(hidden)]
    pub fn measure_call(&self, call: &ConnectorCall) -> Result<Receipt, ProjectError> {
        let mut canon = Canon::of(call.function());
        connector::commit(call, &mut canon);
        self.measured(Kind::Connector, call.function(), 1, 0, canon)
    }

    fn measured(
        &self,
        kind: Kind,
        function: &'static str,
        items: u32,
        bytes_in: u64,
        canon: Canon,
    ) -> Result<Receipt, ProjectError> {
        let in_force = self.in_force(kind, function)?;
        let given = Given {
            fields: in_force.fields.clone(),
            purposes: in_force.effective.purposes.clone(),
            items,
            bytes_in,
            redacted: BTreeMap::new(),
            restricted_skipped: 0,
            canon,
        };
        let open = self.open(in_force, function, given, ());
        Ok(self.fail(Stopped::Trap, open))
    }
}
