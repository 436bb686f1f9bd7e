//! Mistakes at the command line and in what it is pointed at: each is named with its fix, and nothing is lost by it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use isocial_tests::{isocial, packages, server::Deployment};
use serde_json::Value;

/// A component that wants the surroundings of its process.
const WITH_WASI: &str = r#"(component
    (import "wasi:cli/environment@0.2.0" (instance
        (export "get-environment" (func (result (list (tuple string string)))))))
)"#;

/// The program in a folder of its own, without anything that the surroundings set.
struct Shell {
    folder: tempfile::TempDir,
}

impl Shell {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, bytes).expect("the folder is writable");
        path
    }
    fn run(&self, arguments: &[&str], env: &[(&str, &Path)]) -> Output {
        let mut command = Command::new(isocial());
        for (name, _) in std::env::vars() {
            if name.starts_with("ISOCIAL_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("ISOCIAL_LISTEN", "127.0.0.1:0")
            .env("ISOCIAL_DATA_DIR", self.path("data"))
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("`cargo xtask plugins` makes the program")
    }
}

/// Fails unless the program ended with this code and said all of these words on stderr, and none of them is a panic.
#[track_caller]
fn fails(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

#[track_caller]
fn works(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn wrong_words_and_flags_end_with_2_and_the_usage() {
    let shell = Shell::new();
    fails(&shell.run(&["nosuch"], &[]), 2, &["nosuch", "Usage"]);
    fails(
        &shell.run(&["doctor", "--nope"], &[]),
        2,
        &["--nope", "Usage"],
    );
    fails(
        &shell.run(&["plugin", "new", "--kind", "gadget", "x"], &[]),
        2,
        &["gadget", "connector"],
    );
    fails(
        &shell.run(&["plugin", "inspect"], &[]),
        2,
        &["FILE", "Usage"],
    );
    fails(&shell.run(&["org", "list"], &[]), 2, &["--token"]);
    fails(
        &shell.run(&["demo", "--seed", "many"], &[]),
        2,
        &["many", "--seed"],
    );
    assert!(works(&shell.run(&["--help"], &[])).contains("doctor"));
}

#[test]
fn a_broken_configuration_is_told_with_its_line_and_its_fix() {
    let shell = Shell::new();
    let cases: [(&str, &[&str]); 4] = [
        (
            "listen = \"127.0.0.1:0\"\n[store]\nbusy_timeout = 3\n",
            &["line 3", "busy_timeout_ms", "hint"],
        ),
        ("listen = \"nowhere\"\n", &["line 1", "listen", "hint"]),
        ("data_dir = \"x\"\nlisten = \n", &["line 2", "hint"]),
        ("[log]\n\nformat = \"loud\"\n", &["line 3", "format"]),
    ];
    for (text, words) in cases {
        let file = shell.write("isocial.toml", text);
        let file = file.to_str().expect("a plain path");
        fails(
            &shell.run(&["--config", file, "config", "check"], &[]),
            2,
            words,
        );
        fails(&shell.run(&["--config", file, "serve"], &[]), 2, words);
    }
    fails(
        &shell.run(&["--config", "absent.toml", "doctor"], &[]),
        2,
        &["absent.toml"],
    );
}

#[test]
fn a_variable_that_is_no_key_is_named() {
    let shell = Shell::new();
    let set = |name, value| [(name, Path::new(value))];
    fails(
        &shell.run(&["doctor"], &set("ISOCIAL_STORE_MAXPAGES", "1")),
        2,
        &["ISOCIAL_STORE_MAXPAGES"],
    );
    fails(
        &shell.run(&["serve"], &set("ISOCIAL_LISTNE", "127.0.0.1:0")),
        2,
        &["ISOCIAL_LISTNE"],
    );
    let many = set("ISOCIAL_STORE_MAX_PAGES", "many");
    fails(
        &shell.run(&["doctor"], &many),
        2,
        &["ISOCIAL_STORE_MAX_PAGES", "number"],
    );
}

/// The component with a valid manifest, so that nothing but the import is wrong with it.
fn with_wasi() -> Vec<u8> {
    let manifest = isocial_tests::root().join("plugins/exports/csv/plugin.toml");
    let manifest = fs::read(manifest).expect("it is there");
    let name = b"isocial:manifest";
    let mut bytes = wat::parse_str(WITH_WASI).expect("valid text");
    bytes.push(0);
    let mut size = name.len() + 1 + manifest.len();
    while size >= 0x80 {
        bytes.push((size & 0x7F) as u8 | 0x80);
        size >>= 7;
    }
    bytes.extend([size as u8, name.len() as u8]);
    bytes.extend(name);
    bytes.extend(manifest);
    bytes
}

/// Files that are no packages, with a word of what is said of each.
fn no_packages(shell: &Shell) -> Vec<(PathBuf, &'static str)> {
    let csv = fs::read(packages().join("isocial-csv.wasm")).expect("the packages are built");
    vec![
        (shell.write("bad/empty.wasm", b""), "component"),
        (
            shell.write("bad/text.wasm", b"hello, I am a text"),
            "component",
        ),
        (
            shell.write("bad/module.wasm", b"\0asm\x01\0\0\0"),
            "core module",
        ),
        (shell.write("bad/bare.wasm", b"\0asm\x0d\0\x01\0"), ""),
        (
            shell.write("bad/wasi.wasm", with_wasi()),
            "wasi:cli/environment",
        ),
        (shell.write("bad/cut.wasm", &csv[..csv.len() / 2]), ""),
    ]
}

#[test]
fn what_is_no_package_is_refused_by_name() {
    let shell = Shell::new();
    for (file, word) in no_packages(&shell) {
        let file = file.to_str().expect("a plain path");
        fails(
            &shell.run(&["plugin", "inspect", file], &[]),
            1,
            &["error", word],
        );
    }
    fails(
        &shell.run(&["plugin", "inspect", "absent.wasm"], &[]),
        1,
        &["absent.wasm"],
    );
    fails(&shell.run(&["plugin", "inspect", "bad"], &[]), 1, &["bad"]);
}

#[test]
fn inspection_shows_everything_before_anything_runs() {
    let shell = Shell::new();
    let file = packages().join("isocial-feed.wasm");
    let file = file.to_str().expect("a plain path");
    let text = works(&shell.run(&["plugin", "inspect", "--json", file], &[]));
    let shown: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (shown["id"].as_str(), shown["kind"].as_str()),
        (Some("isocial/feed"), Some("connector"))
    );
    assert_eq!(shown["digest"].as_str().map(str::len), Some(64));
    assert!(shown["size"].as_u64() > Some(1000), "{text}");
    let imports = shown["imports"].as_array().expect("a list");
    assert!(
        imports.iter().all(|i| i
            .as_str()
            .is_some_and(|i| i.starts_with("isocial:plugin/log@"))),
        "{text}"
    );
    let contracts = shown["contracts"].as_array().expect("a list");
    assert!(
        contracts
            .iter()
            .any(|c| c["function"] == "respond" && c["purposes"][0] == "collection"),
        "{text}"
    );
    let people = works(&shell.run(&["plugin", "inspect", file], &[]));
    for word in [
        "isocial/feed",
        "sha256:",
        "imports",
        "tenant-declared",
        "collection",
    ] {
        assert!(people.contains(word), "`{word}` is not in: {people}");
    }
}

#[test]
fn doctor_names_the_broken_package_and_passes_the_others() {
    let shell = Shell::new();
    let bad = no_packages(&shell);
    fs::copy(
        packages().join("isocial-csv.wasm"),
        shell.path("bad/isocial-csv.wasm"),
    )
    .expect("built");
    let folder = shell.path("bad");
    let output = shell.run(&["doctor", "--json"], &[("ISOCIAL_PLUGINS_DIR", &folder)]);
    fails(&output, 1, &["finding"]);
    let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON on stdout");
    let findings = findings.as_array().expect("a list");
    let of = |grade: &str| {
        let packages = findings
            .iter()
            .filter(|f| f["what"] == "package" && f["grade"] == grade);
        packages.map(|f| f["found"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of("bad").len(), bad.len());
    assert!(
        of("bad")
            .iter()
            .any(|f| f.contains("wasi.wasm") && f.contains("wasi:cli/environment"))
    );
    assert!(
        matches!(of("good").as_slice(), [one] if one.contains("isocial/csv")),
        "{findings:?}"
    );
    assert!(
        findings
            .iter()
            .filter(|f| f["grade"] == "bad")
            .all(|f| f["fix"].is_string())
    );
    assert!(!shell.path("data").exists(), "looking makes nothing");
    let absent = shell.path("nowhere");
    let output = shell.run(&["doctor"], &[("ISOCIAL_PLUGINS_DIR", &absent)]);
    fails(&output, 1, &["finding"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("plugins_dir"));
}

#[test]
fn an_archive_that_cannot_be_read_is_named() {
    let shell = Shell::new();
    let packages = packages();
    let env = [("ISOCIAL_PLUGINS_DIR", packages.as_path())];
    let demo = |file: &str| shell.run(&["demo", "--once", "--archive", file], &env);
    fails(&demo("absent.jsonl"), 1, &["absent.jsonl"]);
    fs::create_dir(shell.path("folder.jsonl")).expect("a folder");
    fails(&demo("folder.jsonl"), 1, &["folder.jsonl"]);
    // Header and the first bytes of a deflate stream that never goes on.
    let cut = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xAB, 0x56, 0x2A, 0x49];
    shell.write("cut.jsonl.gz", cut);
    fails(&demo("cut.jsonl.gz"), 1, &["could not be read"]);
    shell.write("text.jsonl", "{\"text\":\"a bell\"}\n");
    let query = [
        "demo",
        "--once",
        "--archive",
        "text.jsonl",
        "--query",
        "bell AND (",
    ];
    fails(&shell.run(&query, &env), 1, &["line 1", "column 11"]);
}

#[test]
fn a_demo_without_packages_says_how_to_build_them() {
    let shell = Shell::new();
    let nowhere = shell.path("nowhere");
    let output = shell.run(&["demo", "--once"], &[("ISOCIAL_PLUGINS_DIR", &nowhere)]);
    fails(&output, 1, &["packages", "hint"]);
}

/// A deployment that was started once and stopped, and its operator's token.
fn deployment(folder: &Path) -> (Deployment, String) {
    let deployment = Deployment::new(folder, &[], "")
        .and_then(|d| d.with_packages(&["csv"]))
        .expect("the folder is writable and the packages are built");
    let mut server = deployment.start().expect("it serves");
    let token = server.token().expect("the first start prints it");
    server.stop().expect("it stops when it is asked to");
    (deployment, token)
}

fn org(deployment: &Deployment, token: &str, arguments: &[&str]) -> Output {
    let mut command = deployment.command();
    command
        .args(arguments)
        .env("ISOCIAL_TOKEN", token)
        .output()
        .expect("the program runs")
}

#[test]
fn an_organisation_is_made_listed_verified_and_deleted_only_when_it_is_meant() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (deployment, token) = deployment(folder.path());
    let run = |arguments: &[&str]| org(&deployment, &token, arguments);
    let made: Value =
        serde_json::from_str(&works(&run(&["org", "create", "lotus", "--json"]))).expect("JSON");
    let id = made["id"].as_str().expect("an id").to_owned();
    fails(&run(&["org", "create", "lotus"]), 1, &["lotus"]);
    fails(&run(&["org", "create", "No Slug!"]), 1, &["error"]);
    assert!(works(&run(&["org", "list"])).contains(&id));
    assert!(works(&run(&["receipts", "verify", "lotus"])).contains("intact"));
    fails(
        &run(&["receipts", "verify", "tulip"]),
        1,
        &["tulip", "hint"],
    );
    fails(
        &org(&deployment, "ist_wrong", &["org", "list"]),
        1,
        &["token", "hint"],
    );
    let files = || files_naming(&deployment.data, &id);
    let kept = files();
    assert!(!kept.is_empty(), "the organisation has a file of its own");
    assert!(works(&run(&["org", "delete", "lotus"])).contains("--yes"));
    assert_eq!(files(), kept, "a preview deletes nothing");
    assert!(works(&run(&["org", "delete", "lotus", "--yes"])).contains("deleted"));
    assert!(files().is_empty(), "{:?}", files());
    assert!(!works(&run(&["org", "list"])).contains(&id));
    fails(&run(&["org", "delete", "lotus", "--yes"]), 1, &["lotus"]);
}

/// Files below this folder with this in their paths.
fn files_naming(folder: &Path, part: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_naming(&path, part));
        } else if path.to_string_lossy().contains(part) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn under_another_root_key_nothing_opens_and_nothing_is_harmed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (deployment, token) = deployment(folder.path());
    works(&org(&deployment, &token, &["org", "create", "lotus"]));
    let key = deployment.data.join("root.key");
    let right = fs::read(&key).expect("the key is there");
    let write = |bytes: &[u8], mode: u32| {
        fs::write(&key, bytes).expect("ours");
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("ours");
    };
    let list = || org(&deployment, &token, &["org", "list"]);
    write(&[7; 32], 0o600);
    fails(&list(), 1, &["key"]);
    let doctor = deployment
        .command()
        .args(["doctor", "--json"])
        .output()
        .expect("it runs");
    fails(&doctor, 1, &["finding"]);
    write(b"short", 0o600);
    fails(&list(), 1, &["root.key"]);
    fs::remove_file(&key).expect("ours");
    fails(&list(), 1, &["root.key"]);
    assert!(!key.exists(), "a lost key is never replaced by a new one");
    write(&right, 0o644);
    fails(&list(), 1, &["root.key"]);
    write(&right, 0o600);
    assert!(works(&list()).contains("lotus"), "the data is as it was");
}

#[test]
fn a_data_folder_that_others_can_read_is_a_finding() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (deployment, _) = deployment(folder.path());
    fs::set_permissions(&deployment.data, fs::Permissions::from_mode(0o755)).expect("ours");
    let doctor = deployment
        .command()
        .arg("doctor")
        .output()
        .expect("it runs");
    fails(&doctor, 1, &["finding"]);
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(said.contains("755") && said.contains("chmod 700"), "{said}");
}

#[test]
fn serving_leaves_a_broken_package_out_and_does_the_rest() {
    let shell = Shell::new();
    no_packages(&shell);
    let deployment = Deployment::new(shell.folder.path(), &[], "")
        .and_then(|d| d.with_packages(&["csv"]))
        .expect("the folder is writable");
    for file in fs::read_dir(shell.path("bad")).expect("a folder").flatten() {
        fs::copy(file.path(), shell.path("packages").join(file.file_name())).expect("a copy");
    }
    let mut server = deployment.start().expect("it serves all the same");
    let token = server.token().expect("the first start prints it");
    let reply = server
        .client(&token)
        .and_then(|c| c.get("/api/v1/plugins").map_err(|e| e.to_string()));
    let plugins = reply.expect("it answers").text();
    assert!(plugins.contains("isocial/csv"), "{plugins}");
    let log = server.log();
    for name in ["text.wasm", "module.wasm", "wasi.wasm", "cut.wasm"] {
        assert!(log.contains(name), "`{name}` is not in: {log}");
    }
    assert!(log.contains("wasi:cli/environment"), "{log}");
}

#[test]
fn a_full_file_is_told_as_such_and_stays_whole() {
    let shell = Shell::new();
    let folder = shell.path("packages");
    fs::create_dir(&folder).expect("a folder");
    for name in ["archive", "csv", "email", "en", "jsonl", "vi", "webhook"] {
        let file = format!("isocial-{name}.wasm");
        fs::copy(packages().join(&file), folder.join(&file)).expect("the packages are built");
    }
    let text = "It is loud and clear and lasts. ".repeat(20);
    let lines: Vec<String> = (0..3000)
        .map(|n| format!("{{\"id\":\"{n}\",\"text\":\"The Lotus bell number {n} rings. {text}\"}}"))
        .collect();
    shell.write("many.jsonl", lines.join("\n"));
    // Enough pages for the packages, not for the posts.
    let env = [
        ("ISOCIAL_PLUGINS_DIR", folder.as_path()),
        ("ISOCIAL_STORE_MAX_PAGES", Path::new("1200")),
    ];
    let demo = [
        "demo",
        "--once",
        "--archive",
        "many.jsonl",
        "--keep",
        "kept",
    ];
    fails(
        &shell.run(&demo, &env),
        1,
        &["full", "nothing of this write was kept", "page cap"],
    );
    let kept = shell.path("kept/data");
    let doctor = shell.run(
        &["doctor", "--json"],
        &[
            ("ISOCIAL_DATA_DIR", &kept),
            ("ISOCIAL_PLUGINS_DIR", &folder),
        ],
    );
    let findings: Value = serde_json::from_str(&works(&doctor)).expect("JSON");
    let store = findings
        .as_array()
        .into_iter()
        .flatten()
        .find(|f| f["what"] == "store");
    assert_eq!(store.expect("the store is looked at")["grade"], "good");
}

/// Holds the write lock of a database in WAL mode, as another process in the middle of a write does, until it is dropped.
struct Lock(std::process::Child);

impl Lock {
    fn hold(database: &Path) -> Self {
        // Byte 120 of the shared-memory file is SQLite's write lock; `struct flock` as Linux has it on 64-bit machines.
        let script = r#"use Fcntl; open(my $f, '+>>', $ARGV[0]) or die $!;
            my $lock = pack('s s x4 q q l x4', F_WRLCK, 0, 120, 1, 0);
            fcntl($f, F_SETLK, $lock) or die $!;
            $| = 1; print "held\n"; <STDIN>;"#;
        let shared = format!("{}-shm", database.display());
        let mut child = Command::new("perl")
            .args(["-e", script, &shared])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("perl is there: the program cannot be built without it");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line)
            .expect("perl answers");
        assert_eq!(line, "held\n");
        Self(child)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn a_database_that_another_process_holds_is_waited_for_and_then_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut deployment, token) = deployment(folder.path());
    deployment
        .env
        .push(("ISOCIAL_STORE_BUSY_TIMEOUT_MS".into(), "300".into()));
    let lock = Lock::hold(&deployment.data.join("deployment.db"));
    fails(
        &org(&deployment, &token, &["org", "create", "lotus"]),
        1,
        &["locked"],
    );
    drop(lock);
    assert!(!works(&org(&deployment, &token, &["org", "list"])).contains("lotus"));
    works(&org(&deployment, &token, &["org", "create", "lotus"]));
    assert!(works(&org(&deployment, &token, &["org", "list"])).contains("lotus"));
}

#[test]
fn the_operators_commands_work_while_the_server_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let deployment = Deployment::new(folder.path(), &[], "")
        .and_then(|d| d.with_packages(&["csv"]))
        .expect("the folder is writable and the packages are built");
    let mut server = deployment.start().expect("it serves");
    let token = server.token().expect("the first start prints it");
    works(&org(&deployment, &token, &["org", "create", "lotus"]));
    let client = server.client(&token).expect("a client");
    assert!(
        client
            .get("/api/v1/organisations")
            .expect("it answers")
            .text()
            .contains("lotus")
    );
    server.stop().expect("it stops when it is asked to");
}

#[test]
fn a_conformance_run_names_each_case_and_fails_on_the_first_that_does_not_hold() {
    let shell = Shell::new();
    let component = packages().join("isocial-webhook.wasm");
    let plugin = isocial_tests::root().join("plugins/channels/webhook");
    let copied = shell.path("webhook");
    fs::create_dir_all(copied.join("exchanges")).expect("a folder");
    for file in fs::read_dir(plugin.join("exchanges"))
        .expect("its cases")
        .flatten()
    {
        fs::copy(file.path(), copied.join("exchanges").join(file.file_name())).expect("a copy");
    }
    let component = component.to_str().expect("a plain path");
    let test = [
        "plugin",
        "test",
        "webhook",
        "--component",
        component,
        "--json",
    ];
    let report: Value = serde_json::from_str(&works(&shell.run(&test, &[]))).expect("JSON");
    let cases = report["cases"].as_array().expect("a list");
    assert!(
        cases.iter().any(|c| c["group"] == "recorded")
            && cases.iter().any(|c| c["group"] == "built-in")
    );
    assert!(
        cases
            .iter()
            .all(|c| c["ok"] == true && c["calls"].as_u64() > Some(0)),
        "{report}"
    );
    let case = copied.join("exchanges/delivered.toml");
    let text = fs::read_to_string(&case)
        .expect("it is there")
        .replace("status = 204", "status = 500");
    fs::write(&case, text).expect("ours");
    let output = shell.run(&test, &[]);
    fails(&output, 1, &["do not hold"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let failed: Vec<&Value> = report["cases"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|c| c["ok"] == false)
        .collect();
    assert!(
        matches!(failed.as_slice(), [one] if one["name"].as_str().is_some_and(|n| n.starts_with("delivered"))),
        "{failed:?}"
    );
    assert!(
        failed[0]["problem"]
            .as_str()
            .is_some_and(|p| p.contains("verdict")),
        "{failed:?}"
    );
}
