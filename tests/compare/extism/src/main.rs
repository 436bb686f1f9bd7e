//! How many posts a second an Extism plugin reads: `compare-extism GUEST.wasm POSTS.jsonl BATCH fresh|live`.
//!
//! Each line of the file is an object with `text`. The batches are JSON before the clock starts; what is timed is the call: bytes in,
//! the guest's own reading of JSON, its analyses, its JSON out, and the host's parsing of that, which a host must do to use it.

use std::{error::Error, time::Instant};

use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, UserData, ValType, Wasm};
use serde_json::{Value, json};

/// Rounds, of which the middle one counts; one more before them warms up.
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let [guest, posts, batch, life]: [String; 4] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "usage: compare-extism GUEST.wasm POSTS.jsonl BATCH fresh|live")?;
    let texts = std::fs::read_to_string(posts)?
        .lines()
        .map(|line| Ok(serde_json::from_str::<Value>(line)?["text"].clone()))
        .collect::<Result<Vec<Value>, serde_json::Error>>()?;
    let size: usize = batch.parse()?;
    let batches: Vec<String> = texts
        .chunks(size.max(1))
        .map(|texts| json!({ "texts": texts }).to_string())
        .collect();
    let guest = Wasm::data(std::fs::read(guest)?);
    let compiled = CompiledPlugin::new(
        PluginBuilder::new(Manifest::new([guest]))
            // What the pack's own interface imports; it is not called here.
            .with_function_in_namespace(
                "isocial:plugin/log@0.1.0",
                "write",
                [const { ValType::I32 }; 3],
                [],
                UserData::<()>::default(),
                |_, _, _, _| Ok(()),
            ),
    )?;
    let mut live = Plugin::new_from_compiled(&compiled)?;
    let mut times = Vec::new();
    for _ in 0..=ROUNDS {
        let mut analysed = 0;
        let began = Instant::now();
        for batch in &batches {
            let answer: Value = if life == "fresh" {
                let mut fresh = Plugin::new_from_compiled(&compiled)?;
                serde_json::from_slice(fresh.call::<&str, &[u8]>("analyze", batch)?)?
            } else {
                serde_json::from_slice(live.call::<&str, &[u8]>("analyze", batch)?)?
            };
            analysed += answer.as_array().map_or(0, Vec::len);
        }
        times.push(began.elapsed().as_secs_f64());
        if analysed != texts.len() {
            return Err(format!("{analysed} of {} posts were analysed", texts.len()).into());
        }
    }
    times.remove(0);
    times.sort_by(f64::total_cmp);
    println!("{:.0} posts/s", texts.len() as f64 / times[ROUNDS / 2]);
    Ok(())
}
