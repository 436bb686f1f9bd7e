//! The cache of compiled code: what it made is used, anything else is ignored, said and made again.

use std::{fs, path::PathBuf, sync::Arc};

use super::{TestKey, guests, key, small};
use crate::{CacheCounts, Sandbox, SandboxConfig};

fn sandbox(folder: &tempfile::TempDir) -> Sandbox {
    with_key(folder, key())
}

fn with_key(folder: &tempfile::TempDir, key: Arc<dyn isocial_model::key::CodeKey>) -> Sandbox {
    Sandbox::new(
        SandboxConfig {
            cache_dir: Some(folder.path().join("code")),
            ..small()
        },
        key,
    )
    .unwrap()
}

fn only_file(folder: &tempfile::TempDir) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder.path().join("code"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

fn works(sandbox: &Sandbox, component: &[u8]) {
    let plugin = sandbox.load(component).unwrap();
    let batch = isocial_model::language::Batch {
        text: "as ever".into(),
        ends: vec![7],
        ..Default::default()
    };
    assert_eq!(
        plugin.read(batch).outcome.unwrap().value.unwrap().languages,
        ["as ever"]
    );
}

#[test]
fn compiled_code_is_kept_and_used() {
    let folder = tempfile::tempdir().unwrap();
    works(&sandbox(&folder), &guests::echo());
    let second = sandbox(&folder);
    works(&second, &guests::echo());
    assert_eq!(
        second.cache_counts(),
        CacheCounts {
            hits: 1,
            misses: 0,
            refused: 0
        }
    );
}

#[test]
fn cut_off_forged_and_foreign_files_are_refused_and_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let component = guests::echo();
    works(&sandbox(&folder), &component);
    let path = only_file(&folder);
    let good = fs::read(&path).unwrap();

    let mut cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        (
            "other bytes",
            b"Alpha bravo charlie delta echo foxtrot golf hotel".to_vec(),
        ),
        ("cut in the seal", good[..20].to_vec()),
        ("cut in the code", good[..good.len() - 1].to_vec()),
        ("one byte more", [good.as_slice(), &[0]].concat()),
    ];
    for at in [8, 39, 40, good.len() / 2, good.len() - 1] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        cases.push(("one bit flipped", flipped));
    }
    for (what, bytes) in cases {
        fs::write(&path, &bytes).unwrap();
        let sandbox = sandbox(&folder);
        works(&sandbox, &component);
        assert_eq!(
            sandbox.cache_counts(),
            CacheCounts {
                hits: 0,
                misses: 0,
                refused: 1
            },
            "{what}"
        );
        assert_eq!(
            fs::read(&path).unwrap().len(),
            good.len(),
            "{what}: it was made again"
        );
    }

    // Sealed, but under another deployment's key.
    let other = with_key(&folder, Arc::new(TestKey(b"another deployment's key")));
    works(&other, &component);
    assert_eq!(other.cache_counts().refused, 1);
    // Sealed under this key, but made from another component.
    fs::write(&path, &good).unwrap();
    let mut stranger = guests::pack("unreachable");
    let stranger_folder = tempfile::tempdir().unwrap();
    sandbox(&stranger_folder).load(&stranger).unwrap();
    fs::copy(only_file(&stranger_folder), &path).unwrap();
    let sandbox = sandbox(&folder);
    works(&sandbox, &component);
    assert_eq!(sandbox.cache_counts().refused, 1);
    stranger.clear();
}

#[test]
fn code_for_another_engine_is_not_even_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    works(&sandbox(&folder), &guests::echo());
    // Bounds checks are compiled in below 4 GiB of reservation: another engine, another file.
    let config = SandboxConfig {
        cache_dir: Some(folder.path().join("code")),
        reservation_bytes: 512 << 20,
        ..small()
    };
    let other = Sandbox::new(config, key()).unwrap();
    works(&other, &guests::echo());
    assert_eq!(
        other.cache_counts(),
        CacheCounts {
            hits: 0,
            misses: 1,
            refused: 0
        }
    );
    works(&sandbox(&folder), &guests::echo());
}

#[cfg(unix)]
#[test]
fn the_folder_is_for_this_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let code = folder.path().join("code");
    fs::create_dir(&code).unwrap();
    fs::set_permissions(&code, fs::Permissions::from_mode(0o777)).unwrap();
    works(&sandbox(&folder), &guests::echo());
    assert_eq!(
        fs::metadata(&code).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(
        fs::metadata(only_file(&folder))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    // A file in its place is an error with the path in it.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Sandbox::new(
        SandboxConfig {
            cache_dir: Some(file.clone()),
            ..small()
        },
        key(),
    )
    .unwrap_err()
    .to_string();
    assert!(error.contains(&file.display().to_string()), "{error}");
}
