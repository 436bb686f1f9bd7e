//! Cases about limits: time, memory, handles, stack, output, compiling. What counts is how the ledger says that the call ended, the
//! process's memory, and that the host goes on.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, MemorySection, MemoryType, Module, TypeSection, ValType,
};

use super::{
    case::{Case, Verdict},
    crowd, doors,
    stage::{Org, PATIENCE_S, WORD, first, until},
};

/// Bytes by which the process may grow while plugins take all the memory that they can get.
const GROWTH: u64 = 1 << 30;

/// How the calls of a package ended, as far as the sandbox stopped them.
async fn stopped(org: &Org, package: &str) -> anyhow::Result<Vec<String>> {
    let calls = org.calls(package).await?;
    let rule = |call: &Value| call["rule"].as_str().unwrap_or_default().to_owned();
    Ok(calls
        .iter()
        .filter(|call| call["verdict"] == "stopped")
        .map(rule)
        .collect())
}

/// Fails unless the package's calls, of which there is at least one, were stopped for one of these reasons.
pub(super) async fn ended_by(org: &Org, package: &str, reasons: &[&str]) -> anyhow::Result<()> {
    let ended = until("the ledger's line", PATIENCE_S, async || {
        let calls = org.calls(package).await?;
        Ok((!calls.is_empty()).then_some(calls))
    })
    .await?;
    let stopped = stopped(org, package).await?;
    anyhow::ensure!(
        stopped.len() == ended.len() && stopped.iter().all(|r| reasons.contains(&r.as_str())),
        "expected calls that were stopped by {reasons:?}: {}",
        json!(ended)
    );
    Ok(())
}

/// Has a pack read texts: an organisation whose tame connector brings them. The organisation, and the pack's id.
pub(super) async fn pack_reads(
    case: &mut Case<'_>,
    name: &str,
    texts: &[&str],
) -> anyhow::Result<(Org, String)> {
    let pack = case.take(name).await?;
    let feeder = case.tame("connector").await?;
    let org = case.org().await?;
    org.enable(&pack, &json!({}), &[], &json!({})).await?;
    for text in texts {
        let line = format!("{WORD} {text}");
        org.read(&feeder, &[], &json!({ "lines": [line] })).await?;
    }
    Ok((org, pack))
}

/// HP-09: killed when its time is over; others hardly notice.
pub(super) async fn spins(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let attacked = crowd::beside(case, async |case, spinner| {
        let org = case.org().await?;
        let package = case.take("plugin").await?;
        let installation = org.enable(&package, &json!({}), &[], &json!({})).await?;
        crowd::spin(&org, &installation, 8, spinner).await?;
        Ok((org, package))
    })
    .await?;
    ended_by(&attacked.0, &attacked.1, &["time"]).await?;
    Ok(Verdict::Contained)
}

/// HP-10: the sum over all memories is limited, and so is what all instances together take.
pub(super) async fn memory(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    doors::refuse(case, "memories").await?;
    let peak = |case: &Case<'_>| case.own.as_ref().and_then(|own| own.peak_bytes());
    let before = peak(case);
    let package = case.take("plugin").await?;
    let org = case.org().await?;
    let installation = org.enable(&package, &json!({}), &[], &json!({})).await?;
    let mut sources = Vec::new();
    for _ in 0..8 {
        sources.push(org.source(&installation, &json!({})).await?);
    }
    let all: Vec<&str> = sources.iter().map(String::as_str).collect();
    org.watch("Watch", &all).await?;
    for source in &sources {
        org.settled(source).await?;
    }
    // On a machine that is busy with others its time may be over before it has all the memory that it may have.
    ended_by(&org, &package, &["memory", "time"]).await?;
    if let (Some(before), Some(after)) = (before, peak(case)) {
        let grown = after.saturating_sub(before);
        anyhow::ensure!(grown <= GROWTH, "the process grew by {} MiB", grown >> 20);
    }
    Ok(Verdict::Contained)
}

/// HP-11: tables and handles have an end.
pub(super) async fn handles_and_tables(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, pack) = pack_reads(case, "table", &["grows a table"]).await?;
    ended_by(&org, &pack, &["memory"]).await?;
    let format = case.take("handles").await?;
    let export = org.enable(&format, &json!({}), &[], &json!({})).await?;
    let monitors = org.list("monitors").await?;
    let monitor = first(&monitors)["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let ended = org.export(&export, &monitor).await?;
    anyhow::ensure!(ended["state"] == "failed", "a file was written: {ended}");
    ended_by(&org, &format, &["trap", "memory"]).await?;
    Ok(Verdict::Contained)
}

/// HP-12: the stack has an end, and the host's is not it.
pub(super) async fn recursion(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let (org, pack) = pack_reads(case, "plugin", &["recurses"]).await?;
    ended_by(&org, &pack, &["stack"]).await?;
    Ok(Verdict::Contained)
}

/// HP-13: rejected before it is copied.
pub(super) async fn output(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let peak = |case: &Case<'_>| case.own.as_ref().and_then(|own| own.peak_bytes());
    let before = peak(case);
    for guest in ["items", "text"] {
        let (org, pack) = pack_reads(case, guest, &["is answered at length"]).await?;
        ended_by(&org, &pack, &["output"]).await?;
    }
    if let (Some(before), Some(after)) = (before, peak(case)) {
        let grown = after.saturating_sub(before) >> 20;
        anyhow::ensure!(grown < 512, "the process grew by {grown} MiB");
    }
    Ok(Verdict::Contained)
}

/// HP-48: refused, while the host goes on answering and does not grow.
pub(super) async fn compile_bomb(case: &mut Case<'_>) -> anyhow::Result<Verdict> {
    let peak = |case: &Case<'_>| case.own.as_ref().and_then(|own| own.peak_bytes());
    let before = peak(case);
    let api = case.api.clone();
    let (done, mut over) = tokio::sync::oneshot::channel();
    let looks = tokio::spawn(async move {
        let mut slowest = Duration::ZERO;
        while over.try_recv().is_err() {
            let asked = Instant::now();
            api.get("/readyz").await?;
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(slowest)
    });
    let offered = case.offer("bomb").await;
    let _ = done.send(());
    let slowest = looks.await??;
    let refusal = match offered? {
        Ok(package) => anyhow::bail!("`{package}` was compiled and taken"),
        Err(refusal) => refusal,
    };
    anyhow::ensure!(
        refusal.starts_with("422"),
        "it was not refused for what it is: {refusal}"
    );
    anyhow::ensure!(
        slowest < Duration::from_secs(2),
        "the host did not answer others for {slowest:?}"
    );
    if let (Some(before), Some(after)) = (before, peak(case)) {
        let grown = after.saturating_sub(before);
        anyhow::ensure!(grown <= GROWTH, "the process grew by {} MiB", grown >> 20);
    }
    Ok(Verdict::Refused)
}

/// Functions of the bomb, and values that each keeps alive over all of its branches.
const BOMB: (u32, u32) = (48, 1_500);

/// A core module that is within every cap of the door and costs the compiler far more than it may take: each function keeps many
/// values alive over many branches, so that registers cannot be given out in a reasonable time.
pub(super) fn bomb() -> Vec<u8> {
    let (functions, values) = BOMB;
    let mut types = TypeSection::new();
    types.ty().function([ValType::I64], [ValType::I64]);
    types.ty().function(vec![ValType::I32; 4], [ValType::I32]);
    types.ty().function(vec![ValType::I32; 10], [ValType::I32]);
    let mut declared = FunctionSection::new();
    let mut code = CodeSection::new();
    for _ in 0..functions {
        declared.function(0);
        code.function(&heavy(values));
    }
    declared.function(1);
    let mut take = Function::new([]);
    take.instructions().i32_const(4096).end();
    code.function(&take);
    declared.function(2);
    let mut analyze = Function::new([]);
    let mut body = analyze.instructions();
    for n in 0..functions {
        body.i64_const(0).call(n).drop();
    }
    body.i32_const(1024).end();
    code.function(&analyze);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 2,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let mutable = GlobalType {
        val_type: ValType::I64,
        mutable: true,
        shared: false,
    };
    globals.global(mutable, &ConstExpr::i64_const(1));
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("cabi_realloc", ExportKind::Func, functions);
    let name = "isocial:plugin/language-pack@0.1.0#analyze";
    exports.export(name, ExportKind::Func, functions + 1);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&declared)
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&code);
    module.finish()
}

/// One function: all values are changed in every branch of a loop and used at its end.
fn heavy(values: u32) -> Function {
    use wasm_encoder::BlockType::Empty;
    let mut function = Function::new([(values, ValType::I64)]);
    let mut body = function.instructions();
    body.loop_(Empty);
    for round in 0..16_u32 {
        for n in 1..=values {
            let other = 1 + (n * 7 + round * 131) % values;
            body.local_get(n).local_get(other).i64_mul();
            body.global_get(0).i64_add().local_set(n);
            if n % 8 == 0 {
                body.local_get(other).i64_eqz().if_(Empty);
                body.local_get(n).global_set(0).br(1).end();
            }
        }
    }
    body.end();
    for n in 1..=values {
        body.local_get(n).global_get(0).i64_xor().global_set(0);
    }
    body.global_get(0).end();
    function
}
