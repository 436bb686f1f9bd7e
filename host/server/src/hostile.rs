//! `isocial hostile-suite`: plugins that try what they must not, on a real host, and what was true afterwards.
//!
//! Lives here: which cases there are, running them one after another, telling how they ended. Not here: the cases themselves (one
//! file a family), the host under attack (`own`, or any by its address), the guests (`tests/hostile`).
//!
//! No verdict rests on a plugin's word: what counts is what the fake network saw, what the API shows of the store and the ledger, the
//! operator's log, the process's memory. A guest that does not try comes out as `failed`, because its attack was not seen.

mod api;
mod build;
mod case;
mod collected;
mod crowd;
mod doors;
mod files;
mod ledger;
mod limits;
mod mail;
mod network;
mod outward;
mod own;
mod rebinding;
mod sent;
mod stage;
mod tenants;
mod words;

use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use isocial_model::Entropy as _;
use serde::Serialize;

use self::{
    api::Api,
    case::{Case, Expect, Place, Verdict},
    mail::{Mailbox, TlsProbe},
    network::Network,
    own::{Around, Own},
};
use crate::{cli::HostileSuite, progress::Progress};

/// How many ids there are: plugins, tenants and outsiders, insiders and operators.
const IDS: [(&str, u32); 3] = [("HP", 50), ("HT", 30), ("HI", 4)];

/// Cases whose part exists: one that is not played has failed.
const EXISTING: [&str; 41] = [
    "HP-01", "HP-02", "HP-03", "HP-08", "HP-09", "HP-10", "HP-11", "HP-12", "HP-13", "HP-14",
    "HP-15", "HP-16", "HP-17", "HP-18", "HP-19", "HP-20", "HP-21", "HP-22", "HP-23", "HP-24",
    "HP-25", "HP-26", "HP-27", "HP-28", "HP-29", "HP-30", "HP-31", "HP-32", "HP-33", "HP-34",
    "HP-35", "HP-37", "HP-41", "HP-42", "HP-43", "HP-44", "HP-46", "HP-48", "HP-50", "HT-14",
    "HT-28",
];

/// What stands around the host under attack.
struct Ground {
    guests: PathBuf,
    network: Network,
    mailbox: Mailbox,
    tls: TlsProbe,
    /// A word that no other run has, for names that are given out once.
    run: String,
}

/// A line of the table.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// Runs the suite; fails if any case does.
pub(crate) async fn run(args: &HostileSuite) -> anyhow::Result<()> {
    if let Some(source) = &args.build {
        return build::run(source, &guests(args)?, args.json);
    }
    let progress = Progress::new(args.json);
    let mut suite = Suite::new(args).await?;
    let mut rows = Vec::new();
    for (family, last) in IDS {
        for n in 1..=last {
            let id = format!("{family}-{n:02}");
            let wanted = args.only.is_empty() || args.only.contains(&id);
            if wanted {
                progress.say(id.clone());
                rows.push(suite.case(id).await);
            }
        }
    }
    suite.end().await;
    progress.done();
    tell(args, &rows)?;
    let failed = rows.iter().filter(|r| r.verdict == Verdict::Failed).count();
    anyhow::ensure!(failed == 0, "{failed} of {} cases failed", rows.len());
    Ok(())
}

/// Where the guests lie: where somebody says, or where `cargo xtask` builds them to, beside this program.
fn guests(args: &HostileSuite) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &args.guests {
        return Ok(folder.clone());
    }
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).context("a target folder")?;
    Ok(target.join("hostile"))
}

struct Suite {
    ground: Ground,
    folders: BTreeMap<String, PathBuf>,
    there: Option<Api>,
    own: Option<Own>,
}

impl Suite {
    async fn new(args: &HostileSuite) -> anyhow::Result<Self> {
        let guests = guests(args)?;
        let folders = folders(&guests)?;
        let there = match &args.url {
            Some(url) => {
                let token = args
                    .token
                    .as_deref()
                    .context("`--url` needs the operator's token: `--token …` or ISOCIAL_TOKEN")?;
                let api = Api::at(url, token).await?;
                api.get("/api/v1/organisations")
                    .await?
                    .good("the host does not take the token")?;
                Some(api)
            }
            None => None,
        };
        let mut run = [0; 4];
        isocial_vault::OsEntropy.fill(&mut run);
        let ground = Ground {
            guests,
            network: Network::start().await?,
            mailbox: Mailbox::start().await?,
            tls: TlsProbe::start().await?,
            run: hex::encode(run),
        };
        Ok(Self {
            ground,
            folders,
            there,
            own: None,
        })
    }

    /// One case, whatever comes of it.
    async fn case(&mut self, id: String) -> Row {
        let Some(folder) = self.folders.get(&id).cloned() else {
            let exists = EXISTING.contains(&id.as_str());
            return Row {
                id,
                verdict: if exists {
                    Verdict::Failed
                } else {
                    Verdict::Pending
                },
                title: None,
                why: exists.then(|| "its guests are not there: `cargo xtask guests`".to_owned()),
            };
        };
        let (title, outcome) = match Expect::read(&folder) {
            Ok(expect) if expect.lacks.is_some() => {
                return Row {
                    id,
                    verdict: Verdict::Pending,
                    title: Some(expect.title),
                    why: expect.lacks,
                };
            }
            Ok(expect) => {
                let outcome = self.attempt(&id, &expect, folder).await;
                (Some(expect.title), outcome)
            }
            Err(error) => (None, Err(error)),
        };
        let (verdict, why) = match outcome {
            Ok(verdict) => (verdict, None),
            Err(error) => (Verdict::Failed, Some(format!("{error:#}"))),
        };
        Row {
            id,
            verdict,
            title,
            why,
        }
    }

    async fn attempt(
        &mut self,
        id: &str,
        expect: &Expect,
        folder: PathBuf,
    ) -> anyhow::Result<Verdict> {
        let here = match &self.there {
            Some(api) if expect.place == Place::Any => (api.clone(), None),
            _ => {
                let own = match self.own.take() {
                    Some(own) => own,
                    None => Own::start(&self.ground.around()).await?,
                };
                let own = self.own.insert(own);
                (own.api.clone(), Some(own))
            }
        };
        let mut case = Case::new(expect, folder, &self.ground, here)?;
        let found = Box::pin(play(id, &mut case)).await;
        let swept = Box::pin(case.sweep()).await;
        let verdict = found?;
        swept.context("after the case")?;
        anyhow::ensure!(
            verdict == expect.verdict,
            "it was {verdict:?}, expected {:?}",
            expect.verdict
        );
        Ok(verdict)
    }

    async fn end(mut self) {
        if let Some(own) = &mut self.own {
            let _ = own.stop().await;
        }
    }
}

impl Ground {
    fn around(&self) -> Around<'_> {
        Around {
            network: &self.network,
            mailbox: &self.mailbox,
            tls_port: self.tls.port(),
        }
    }
}

/// Folders of cases by id, the first five characters of their names.
fn folders(guests: &Path) -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let entries = std::fs::read_dir(guests).with_context(|| {
        format!(
            "there are no guests in {}\nhint: `cargo xtask guests` makes them; `--guests` names another folder",
            guests.display()
        )
    })?;
    let mut found = BTreeMap::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(id) = name.get(..5).filter(|_| name.starts_with('H')) {
            found.insert(id.to_owned(), entry.path());
        }
    }
    anyhow::ensure!(
        !found.is_empty(),
        "there are no cases in {}",
        guests.display()
    );
    Ok(found)
}

/// Plays a case.
async fn play(id: &str, case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    match id {
        "HP-01" => tenants::reads_beyond_its_contract(case).await,
        "HP-02" | "HP-03" | "HP-08" | "HP-30" | "HP-32" | "HP-33" => doors::refused(case).await,
        "HP-09" => limits::spins(case).await,
        "HP-10" => limits::memory(case).await,
        "HP-11" => limits::handles_and_tables(case).await,
        "HP-12" => limits::recursion(case).await,
        "HP-13" => limits::output(case).await,
        "HP-14" => words::control_characters(case).await,
        "HP-15" => words::posts_in_the_log(case).await,
        "HP-16" => words::data_in_errors(case).await,
        "HP-17" => outward::undeclared(case).await,
        "HP-18" => outward::labels(case).await,
        "HP-19" => outward::redirect(case).await,
        "HP-20" => rebinding::rebound(case).await,
        "HP-21" => outward::odd_addresses(case).await,
        "HP-22" => outward::odd_urls(case).await,
        "HP-23" => outward::no_https(case).await,
        "HP-24" => outward::reserved_fields(case).await,
        "HP-25" => outward::credential(case).await,
        "HP-26" => outward::cookies(case).await,
        "HP-27" => sent::tracker(case).await,
        "HP-28" => files::formula(case).await,
        "HP-29" => words::mantissas(case).await,
        "HP-31" => tenants::globals(case).await,
        "HP-34" => tenants::compared_authors(case).await,
        "HP-35" => tenants::dictionary(case).await,
        "HP-37" => collected::forged(case).await,
        "HP-41" => collected::ages(case).await,
        "HP-42" => collected::future(case).await,
        "HP-43" => sent::recipients(case).await,
        "HP-44" => files::rows_of_another(case).await,
        "HP-46" => outward::budget(case).await,
        "HP-48" => limits::compile_bomb(case).await,
        "HP-50" => tenants::fingerprint(case).await,
        "HT-14" => crowd::crowded_out(case).await,
        "HT-28" => ledger::cut(case).await,
        _ => anyhow::bail!("this program does not know how to look at this case"),
    }
}

#[expect(clippy::print_stdout, reason = "this command's output")]
fn tell(args: &HostileSuite, rows: &[Row]) -> anyhow::Result<()> {
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&serde_json::json!({ "cases": rows }))?
        );
        return Ok(());
    }
    let colour = std::io::stdout().is_terminal();
    for row in rows {
        let (word, paint) = match row.verdict {
            Verdict::Refused => ("refused", "32"),
            Verdict::Contained => ("contained", "32"),
            Verdict::Failed => ("FAILED", "31"),
            Verdict::Pending => ("pending", "33"),
        };
        let word = format!("{word:<9}");
        let word = if colour {
            format!("\u{1b}[{paint}m{word}\u{1b}[0m")
        } else {
            word
        };
        let title = row
            .title
            .as_deref()
            .unwrap_or("its part does not exist yet");
        println!("{}  {word}  {title}", row.id);
        if let Some(why) = &row.why {
            println!("       {why}");
        }
    }
    let count = |verdict| rows.iter().filter(|r| r.verdict == verdict).count();
    println!(
        "\n{} refused, {} contained, {} failed, {} pending",
        count(Verdict::Refused),
        count(Verdict::Contained),
        count(Verdict::Failed),
        count(Verdict::Pending)
    );
    Ok(())
}
