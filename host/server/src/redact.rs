//! `isocial redact`: what the gate's detectors find in a file of texts, as spans; nothing is replaced.
//!
//! Lives here: reading and writing lines. Not here: detection (`isocial_gate::redact`), which is the gate's own and takes no other way.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, BufWriter, Read, Write},
    path::Path,
    time::Instant,
};

use anyhow::{Context as _, bail, ensure};
use isocial_gate::{DetailKind, OwnHandles, Redactor, redact::TEXT_MAX_BYTES};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{cli, progress::Progress};

/// The longest line: a text of the longest size, each byte of it escaped, and room for other fields.
const LINE_MAX_BYTES: u64 = 1 << 20;
/// Lines between two reports of progress.
const REPORT_EVERY: u64 = 20_000;
/// Bad lines that are named one by one; the rest is counted.
const BAD_NAMED: usize = 20;

/// An input line; other fields are passed over.
#[derive(Debug, Deserialize)]
struct Line {
    /// A string or a number; without it the number of the line is taken.
    id: Option<Value>,
    text: String,
}

/// A line that could not be read. Its content is never shown.
#[derive(Debug)]
struct Bad {
    line: u64,
    reason: String,
}

/// What came of it.
#[derive(Debug, Default)]
struct Summary {
    lines: u64,
    texts: u64,
    found: BTreeMap<&'static str, u64>,
    bad: u64,
    named: Vec<Bad>,
    seconds: f64,
}

impl Summary {
    fn refuse(&mut self, reason: String) {
        self.bad += 1;
        if self.named.len() < BAD_NAMED {
            self.named.push(Bad {
                line: self.lines,
                reason,
            });
        }
    }

    fn json(&self) -> Value {
        let named: Vec<Value> = self
            .named
            .iter()
            .map(|b| json!({ "line": b.line, "reason": b.reason }))
            .collect();
        json!({ "lines": self.lines, "texts": self.texts, "found": self.found, "bad": self.bad, "bad_lines": named, "seconds": self.seconds })
    }

    fn words(&self) -> String {
        let found: Vec<String> = self
            .found
            .iter()
            .map(|(label, n)| format!("{label} {n}"))
            .collect();
        let found = if found.is_empty() {
            "nothing".to_owned()
        } else {
            found.join(", ")
        };
        format!(
            "{} texts of {} lines in {:.2} s; found: {found}",
            self.texts, self.lines, self.seconds
        )
    }
}

/// Reads, detects, writes, and says what came of it.
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this command's output"
)]
pub(crate) fn run(args: &cli::Redact) -> anyhow::Result<()> {
    let progress = Progress::new(args.json);
    let input = open(&args.input)?;
    // Written beside its place and moved there at the end: a half file under the asked name would look like a whole one.
    let folder = args
        .out
        .parent()
        .filter(|f| !f.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let partial = tempfile::Builder::new()
        .prefix(".isocial-redact-")
        .tempfile_in(folder)
        .with_context(|| {
            format!(
                "{} cannot be written: nothing can be made in {}",
                args.out.display(),
                folder.display()
            )
        })?;
    let mut out = BufWriter::new(partial);
    let summary = lines(input, &mut out, args, &progress);
    progress.done();
    let summary = summary?;
    let partial = out
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)
        .context("the spans cannot be written")?;
    readable(partial.as_file());
    partial
        .persist(&args.out)
        .with_context(|| format!("{} cannot be written", args.out.display()))?;
    if args.json {
        println!("{}", summary.json());
    } else {
        println!("{}", summary.words());
        for bad in &summary.named {
            eprintln!("line {}: {}", bad.line, bad.reason);
        }
    }
    ensure!(
        summary.bad == 0,
        "{} of {} lines could not be read and are missing in {}; the first is line {}: expected {{\"id\": …, \"text\": \"…\"}} on each",
        summary.bad,
        summary.lines,
        args.out.display(),
        summary.named.first().map_or(0, |b| b.line)
    );
    Ok(())
}

/// A temporary file is its owner's alone; what is asked for is like any other file of this user.
fn readable(file: &std::fs::File) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // If it cannot be changed the file is still good for its owner.
        let _ = file.set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// Opens a file of lines, decompressing it if its first bytes say that it is gzip.
fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let failed = || format!("{} cannot be read", path.display());
    let mut file =
        BufReader::with_capacity(1 << 16, std::fs::File::open(path).with_context(failed)?);
    let zipped = file
        .fill_buf()
        .with_context(failed)?
        .starts_with(&[0x1f, 0x8b]);
    Ok(if zipped {
        Box::new(BufReader::with_capacity(
            1 << 16,
            flate2::bufread::MultiGzDecoder::new(file),
        ))
    } else {
        Box::new(file)
    })
}

fn lines(
    mut input: Box<dyn BufRead>,
    out: &mut impl Write,
    args: &cli::Redact,
    progress: &Progress,
) -> anyhow::Result<Summary> {
    let own = OwnHandles::default();
    let mut redactor = Redactor::new(&own).strict(args.strict);
    let mut summary = Summary::default();
    let mut buffer = Vec::new();
    let watch = Instant::now();
    loop {
        buffer.clear();
        let length = input
            .by_ref()
            .take(LINE_MAX_BYTES)
            .read_until(b'\n', &mut buffer)
            .with_context(|| {
                format!(
                    "{} cannot be read after line {}",
                    args.input.display(),
                    summary.lines
                )
            })?;
        if length == 0 {
            break;
        }
        summary.lines += 1;
        if length as u64 == LINE_MAX_BYTES && buffer.last() != Some(&b'\n') {
            summary.refuse(format!("longer than {LINE_MAX_BYTES} bytes"));
            skip_line(&mut *input)?;
            continue;
        }
        if buffer.trim_ascii().is_empty() {
            continue;
        }
        match detect(&buffer, &mut redactor, &mut summary, args.handles) {
            Ok(answer) => writeln!(out, "{answer}").context("the spans cannot be written")?,
            Err(reason) => summary.refuse(reason),
        }
        if summary.lines.is_multiple_of(REPORT_EVERY) {
            progress.say(format!("{} lines read", summary.lines));
        }
    }
    out.flush().context("the spans cannot be written")?;
    summary.seconds = watch.elapsed().as_secs_f64();
    if summary.lines == 0 {
        bail!(
            "{} is empty: expected JSON objects with `id` and `text`, one a line",
            args.input.display()
        );
    }
    Ok(summary)
}

/// Passes over the rest of a line without keeping it.
fn skip_line(input: &mut dyn BufRead) -> anyhow::Result<()> {
    loop {
        let part = input.fill_buf().context("the input cannot be read on")?;
        let (length, ended) = match part.iter().position(|b| *b == b'\n') {
            Some(at) => (at + 1, true),
            None => (part.len(), part.is_empty()),
        };
        input.consume(length);
        if ended {
            return Ok(());
        }
    }
}

/// The answer to a line, or why there is none: never with the line's content, which may be personal.
fn detect(
    bytes: &[u8],
    redactor: &mut Redactor<'_>,
    summary: &mut Summary,
    handles: bool,
) -> Result<Value, String> {
    let text =
        std::str::from_utf8(bytes).map_err(|e| format!("no UTF-8 at byte {}", e.valid_up_to()))?;
    let line: Line = serde_json::from_str(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => "no object with `text` as a string".to_owned(),
        _ => format!("no JSON at column {}", e.column()),
    })?;
    if line.text.len() > TEXT_MAX_BYTES {
        return Err(format!(
            "its text has {} bytes: expected at most {TEXT_MAX_BYTES}",
            line.text.len()
        ));
    }
    let mut details = redactor.details(&line.text).map_err(|e| e.to_string())?;
    details.retain(|detail| handles || detail.label != DetailKind::User.label());
    summary.texts += 1;
    for detail in &details {
        *summary.found.entry(detail.label).or_default() += 1;
    }
    let id = line.id.unwrap_or_else(|| summary.lines.into());
    Ok(json!({ "id": id, "label": details }))
}
