//! Which organisations' files are open: at most so many that no hand holds, the least recently used closed first.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use isocial_model::OrgId;
use isocial_vault::OrgKeyring;
use tokio::sync::OnceCell;

use crate::{StoreError, file::Database};

/// One organisation's file and keys, in use.
#[derive(Debug)]
pub(crate) struct OpenOrg {
    pub(crate) file: Database,
    pub(crate) keys: Arc<OrgKeyring>,
    pub(crate) exports: PathBuf,
}

type Slot = Arc<OnceCell<Arc<OpenOrg>>>;

/// The open files.
#[derive(Debug)]
pub(crate) struct OpenOrgs {
    cap: usize,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    /// Counts uses, so that the least recent is known without a clock.
    uses: u64,
    by_org: HashMap<OrgId, (Slot, u64)>,
}

impl OpenOrgs {
    pub(crate) fn new(cap: usize) -> Self {
        Self {
            cap: cap.max(1),
            slots: Mutex::default(),
        }
    }

    /// The open file, or opens it. Two callers at once open it once.
    pub(crate) async fn get<F, O>(&self, org: &OrgId, open: F) -> Result<Arc<OpenOrg>, StoreError>
    where
        F: FnOnce() -> O,
        O: Future<Output = Result<OpenOrg, StoreError>>,
    {
        let slot = self.slot(org);
        slot.get_or_try_init(|| async { open().await.map(Arc::new) })
            .await
            .cloned()
    }

    fn slot(&self, org: &OrgId) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.uses += 1;
        let now = slots.uses;
        let (slot, used) = slots.by_org.entry(org.clone()).or_default();
        *used = now;
        let slot = slot.clone();
        while slots.by_org.len() > self.cap {
            // Only what nobody holds: a slot in this map, and its file in nothing but the slot.
            let idle = slots
                .by_org
                .iter()
                .filter(|(_, (slot, _))| Arc::strong_count(slot) == 1)
                .filter(|(_, (slot, _))| slot.get().is_none_or(|file| Arc::strong_count(file) == 1))
                .min_by_key(|(_, (_, used))| *used)
                .map(|(org, _)| org.clone());
            let Some(idle) = idle else { break };
            slots.by_org.remove(&idle);
        }
        slot
    }

    /// Takes an organisation's file out and closes it, whoever still holds it.
    pub(crate) async fn close(&self, org: &OrgId) {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.by_org.remove(org)
        };
        if let Some(open) = slot.as_ref().and_then(|(slot, _)| slot.get()) {
            open.file.close().await;
        }
    }

    /// Closes everything.
    pub(crate) async fn close_all(&self) {
        let all: Vec<Slot> = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.by_org.drain().map(|(_, (slot, _))| slot).collect()
        };
        for slot in all {
            if let Some(open) = slot.get() {
                open.file.close().await;
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.slots.lock().unwrap().by_org.len()
    }
}
