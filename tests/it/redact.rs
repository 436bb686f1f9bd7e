//! `isocial redact` from outside: spans of every line, bad lines named by number and never shown, summaries.

use std::{fs, io::Write as _, path::Path, process::Command};

use flate2::{Compression, write::GzEncoder};
use isocial_tests::isocial;
use serde_json::{Value, json};

/// Runs it in a folder; exit code, what it printed, what it said on standard error.
fn redact(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(isocial())
        .arg("redact")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("`cargo xtask plugins` makes the program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path)
        .expect("it was written")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn every_line_gets_its_spans_in_characters() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [
        json!({ "id": "a", "text": "gọi 0912 345 678 hoặc an@example.vn 😀 @an_nguyen" }),
        json!({ "id": 2, "text": "nothing here" }),
        json!({ "text": "😀 4111 1111 1111 1111, Natalia" }),
    ];
    let mut zipped = GzEncoder::new(
        fs::File::create(folder.path().join("in.jsonl.gz")).expect("a file"),
        Compression::fast(),
    );
    for row in &rows {
        writeln!(zipped, "{row}").expect("it is written");
    }
    zipped.finish().expect("it is whole");
    let (code, said, _) = redact(
        folder.path(),
        &["--in", "in.jsonl.gz", "--out", "out.jsonl", "--json"],
    );
    assert_eq!(code, Some(0));
    let summary: Value = serde_json::from_str(&said).expect("one object");
    assert_eq!((&summary["texts"], &summary["bad"]), (&json!(3), &json!(0)));
    assert_eq!(
        summary["found"],
        json!({ "CREDIT_CARD": 1, "EMAIL_ADDRESS": 1, "PHONE_NUMBER": 1 })
    );
    assert_eq!(
        lines(&folder.path().join("out.jsonl")),
        [
            json!({ "id": "a", "label": [
                { "start": 4, "end": 16, "type": "PHONE_NUMBER" }, { "start": 22, "end": 35, "type": "EMAIL_ADDRESS" } ] }),
            json!({ "id": 2, "label": [] }),
            json!({ "id": 3, "label": [{ "start": 2, "end": 21, "type": "CREDIT_CARD" }] }),
        ]
    );
    let (code, said, _) = redact(
        folder.path(),
        &[
            "--in",
            "in.jsonl.gz",
            "--out",
            "out.jsonl",
            "--handles",
            "--strict",
        ],
    );
    assert_eq!(code, Some(0));
    assert!(
        said.contains("USER_HANDLE 1") && said.contains("PERSON 1"),
        "{said}"
    );
}

#[test]
fn bad_lines_are_counted_and_named_but_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = "{\"id\":1,\"text\":\"an@example.vn\"}\n\n{\"id\":2,\"text\":\"canary\n{\"id\":3,\"words\":\"canary\"}\n{\"id\":4,\"text\":\"0912 345 678\"}\n";
    fs::write(folder.path().join("in.jsonl"), file).expect("it is written");
    let (code, said, errors) = redact(folder.path(), &["--in", "in.jsonl", "--out", "out.jsonl"]);
    assert_eq!(code, Some(1), "{errors}");
    for word in [
        "line 3: no JSON",
        "line 4: no object",
        "2 of 5 lines",
        "the first is line 3",
    ] {
        assert!(errors.contains(word), "`{word}` is not in: {errors}");
    }
    assert!(
        !errors.contains("canary") && !said.contains("canary"),
        "{said}{errors}"
    );
    assert_eq!(
        lines(&folder.path().join("out.jsonl")).len(),
        2,
        "the good lines are there"
    );

    let (code, _, errors) = redact(
        folder.path(),
        &["--in", "absent.jsonl", "--out", "never.jsonl"],
    );
    assert_eq!(code, Some(1));
    assert!(errors.contains("absent.jsonl cannot be read"), "{errors}");
    fs::write(folder.path().join("empty.jsonl"), "").expect("it is written");
    let (code, _, errors) = redact(
        folder.path(),
        &["--in", "empty.jsonl", "--out", "never.jsonl"],
    );
    assert_eq!(code, Some(1));
    assert!(errors.contains("empty.jsonl is empty"), "{errors}");
    assert!(
        !folder.path().join("never.jsonl").exists(),
        "no half file is left"
    );
}
