//! Hot replacement: another version of a package takes over from the next call on, while calls that run end where they began.
//!
//! Lives here: which version an installation runs on, and moving it there. Not here: loading versions (`library`), who takes one back
//! (the operator: `isocial plugin rollback`).
//!
//! A newer version takes over by itself where it asks for no more than was consented to; one that asks for more waits, and the old one
//! goes on (HP-04). A version that the operator has taken back hands over to the newest one that is left, older ones included.

use std::sync::Arc;

use isocial_catalog::Manifest;
use isocial_model::{Kind, contract::Slot};
use isocial_store::{OrgDb, OrgScope, StoreError, setup::Installation};

use crate::{enable, grant::Grant, host::Host, library::Loaded, tenant::turn};

/// What a look at all installations came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replaced {
    /// Installations that were moved to another version.
    pub moved: u64,
    /// Installations that stay because the newer version asks for more, or does not take their configuration.
    pub waiting: u64,
    /// Organisations that could not be looked through.
    pub missed: u64,
}

impl Host {
    /// Looks again at which versions were taken back, and moves installations if anything is news. What could not be looked through is looked
    /// through again at the next call.
    pub async fn look_at_versions(&self) -> Result<Replaced, StoreError> {
        self.library
            .set_withdrawn(self.deployment.withdrawn_packages().await?);
        if !self.library.take_adoption() {
            return Ok(Replaced::default());
        }
        let done = self.adopt().await;
        if !matches!(done, Ok(Replaced { missed: 0, .. })) {
            self.library.owe_adoption();
        }
        done
    }

    /// Moves every installation to the version that it is to run on. Calls that run end with the version that they began with: they
    /// hold it, and it is let go with the last of them. An organisation that cannot be looked through holds up no other.
    async fn adopt(&self) -> Result<Replaced, StoreError> {
        let mut done = Replaced::default();
        for scope in self.deployment.scopes_after_replacement().await? {
            match self.adopt_in(&scope, &mut done).await {
                // It has been deleted meanwhile.
                Ok(()) | Err(StoreError::Gone) => {}
                Err(error) => {
                    tracing::warn!(org.id = %scope.org(), error = %error, "an organisation's installations could not be looked through; they are tried again");
                    done.missed += 1;
                }
            }
        }
        Ok(done)
    }

    async fn adopt_in(&self, scope: &OrgScope, done: &mut Replaced) -> Result<(), StoreError> {
        let db = self.deployment.org(scope).await?;
        let (mut moved, mut rest) = (0, 0);
        for installation in db.installations().await? {
            let Some(current) = self.library.get(&installation.package) else {
                continue;
            };
            match self.next(&db, &installation, &current).await? {
                Choice::Stay => {}
                Choice::Wait(_) => done.waiting += 1,
                Choice::Move(to) => {
                    let changed = db
                        .move_installation(&installation.id, &current.package, &to.package)
                        .await?;
                    if changed {
                        tracing::info!(installation.id = %installation.id, plugin.from = %current.package, plugin.id = %to.package, "an installation runs on another version from its next call on");
                        self.ward.forget(turn(db.id()), &current.package);
                        moved += 1;
                    }
                    continue;
                }
            }
            if self.library.is_withdrawn(&current.package) {
                tracing::warn!(installation.id = %installation.id, plugin.id = %current.package, "an installation rests: its version was taken back, and no other one is within what was consented to");
                rest += 1;
            }
        }
        if moved + rest > 0 {
            self.forget(&db);
            done.moved += moved;
            // Another version may have a stream where the one before had none.
            enable::begin_all_streams(self, scope, &db).await?;
        }
        Ok(())
    }

    /// The newer version that waits for a person, if there is one.
    pub async fn waiting_version(
        &self,
        db: &OrgDb,
        installation: &Installation,
    ) -> Result<Option<Arc<Loaded>>, StoreError> {
        let Some(current) = self.library.get(&installation.package) else {
            return Ok(None);
        };
        Ok(match self.next(db, installation, &current).await? {
            Choice::Wait(newer) => Some(newer),
            Choice::Stay | Choice::Move(_) => None,
        })
    }

    async fn next(
        &self,
        db: &OrgDb,
        installation: &Installation,
        current: &Arc<Loaded>,
    ) -> Result<Choice, StoreError> {
        let taken_back = self.library.is_withdrawn(&current.package);
        let grant: Option<Grant> = serde_json::from_str(&installation.grant).ok();
        let mut refused = None;
        for version in self.library.offered(&installation.package.id) {
            if !taken_back && version.package.version <= current.package.version {
                break;
            }
            let fits = grant
                .as_ref()
                .is_some_and(|grant| covers(grant, &current.manifest, &version.manifest))
                && takes(db, installation, &version).await?;
            if fits {
                return Ok(Choice::Move(version));
            }
            refused.get_or_insert(version);
        }
        Ok(refused.map_or(Choice::Stay, Choice::Wait))
    }
}

/// What becomes of an installation.
enum Choice {
    Stay,
    Wait(Arc<Loaded>),
    Move(Arc<Loaded>),
}

/// Whether the version takes the installation's configuration as it is, and that of its sources.
async fn takes(
    db: &OrgDb,
    installation: &Installation,
    version: &Loaded,
) -> Result<bool, StoreError> {
    let same = |config: &str| {
        version
            .check_config(config)
            .is_ok_and(|canonical| canonical == config)
    };
    if version.kind != installation.kind {
        return Ok(false);
    }
    if installation.kind != Kind::Connector {
        return Ok(same(&installation.config));
    }
    let accounts = db.accounts().await?;
    Ok(accounts
        .iter()
        .filter(|account| account.installation == installation.id)
        .all(|account| same(&account.config)))
}

/// Whether a version asks for no more than was consented to: no field at a higher precision, no purpose, host, region, network or
/// credential beyond, and nothing kept longer.
fn covers(grant: &Grant, running: &Manifest, other: &Manifest) -> bool {
    let of_running: Vec<String> = hosts(running).collect();
    let reaches = grant.reaches.as_ref().unwrap_or(&of_running);
    let same_slot = |a: &Slot, b: &Slot| {
        a.name == b.name
            && a.kind == b.kind
            && a.placement == b.placement
            && a.path_prefix == b.path_prefix
    };
    // Going back: a slot that the running version lacks was either filled by a person then, or is empty and gives nothing. One that both have
    // must be the same: what was given for the one is not to go elsewhere.
    let back = other.version < running.version;
    let known = |name: &str| running.credentials.iter().any(|slot| slot.name == name);
    other.contracts.iter().all(|contract| {
        let before = running.contract(&contract.function);
        let kept = |what: &str| before.is_some_and(|b| b.retention == what) || what == "none";
        let there = |what: &str| before.is_some_and(|b| b.region == what) || what == "host";
        contract.input.within(&grant.rights)
            && contract.purposes.iter().all(|p| grant.purposes.contains(p))
            && kept(&contract.retention)
            && there(&contract.region)
    }) && hosts(other).all(|host| reaches.contains(&host))
        && other.networks.first() == running.networks.first()
        && other
            .networks
            .iter()
            .all(|network| running.networks.contains(network))
        && other.credentials.iter().all(|slot| {
            (back && !known(&slot.name))
                || running
                    .credentials
                    .iter()
                    .any(|known| same_slot(slot, known))
        })
}

fn hosts(manifest: &Manifest) -> impl Iterator<Item = String> + '_ {
    manifest
        .contracts
        .iter()
        .flat_map(|c| c.egress.iter().map(|rule| rule.host.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A language pack's manifest with this version, and these fields in place of its contract's.
    fn manifest(version: &str, contract: &str) -> Manifest {
        let text = format!(
            "[plugin]\nid = \"sample/pack\"\nversion = \"{version}\"\nkind = \"language-pack\"\ninterface = \"isocial:plugin/language-pack@0.1.0\"\n\
             name = \"Sample\"\ndescription = \"Reads.\"\nlicence = \"Apache-2.0\"\nlanguages = [\"en\"]\n\
             [[contract]]\nfunction = \"analyze\"\n{contract}\n"
        );
        Manifest::parse(&text).unwrap()
    }

    const MODEST: &str = "purposes = [\"analysis/sentiment\"]\ninput = [\"post.text:redacted\"]";

    #[test]
    fn hp_04_a_version_that_asks_for_no_more_takes_over_and_one_that_does_waits() {
        let running = manifest("1.0.0", MODEST);
        let grant = Grant::to_contracts(&running.contracts, Vec::new());
        assert!(covers(&grant, &running, &manifest("1.0.1", MODEST)));
        for more in [
            "purposes = [\"analysis/sentiment\"]\ninput = [\"post.text:redacted\", \"post.lang\"]",
            "purposes = [\"analysis/sentiment\", \"analysis/entities\"]\ninput = [\"post.text:redacted\"]",
        ] {
            assert!(
                !covers(&grant, &running, &manifest("1.1.0", more)),
                "{more}"
            );
        }
    }

    #[test]
    fn going_back_to_what_was_consented_to_is_no_new_question() {
        let first = manifest(
            "1.0.0",
            "purposes = [\"analysis/sentiment\"]\ninput = [\"post.text:redacted\", \"post.lang\"]",
        );
        let grant = Grant::to_contracts(&first.contracts, Vec::new());
        let second = manifest("1.1.0", MODEST);
        assert!(covers(&grant, &first, &second));
        assert!(covers(&grant, &second, &first));
    }
}
