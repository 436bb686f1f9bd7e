//! Tests of the vault: keys open where they were made for, and nowhere else.

use std::{fs, path::Path, sync::Arc};

use isocial_model::{
    Entropy, InstallationId, Instant, OrgId, Secret,
    key::{CodeKey, OrgKeys},
};

use crate::{
    LedgerHead, OsEntropy, SealedCredential, Vault, VaultError, WrappedKey, checkpoint_holds,
    hash_token, make_operator_token, random_token,
};

fn open(path: &Path, new: bool) -> Result<Vault, VaultError> {
    Vault::open(path, new, Arc::new(OsEntropy))
}

fn fresh() -> (tempfile::TempDir, Vault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(&folder.path().join("root.key"), true).unwrap();
    (folder, vault)
}

#[test]
fn a_root_key_is_made_once_and_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    assert!(matches!(
        open(&path, false),
        Err(VaultError::Missing { .. })
    ));
    assert!(!path.exists());
    open(&path, true).unwrap();
    let key = fs::read(&path).unwrap();
    assert_eq!(key.len(), 32);
    open(&path, true).unwrap();
    assert_eq!(fs::read(&path).unwrap(), key);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            open(&path, false),
            Err(VaultError::Exposed { mode: 0o640, .. })
        ));
    }
}

#[test]
fn a_garbled_root_key_is_refused_without_showing_a_byte() {
    let (folder, _) = fresh();
    let path = folder.path().join("root.key");
    for bad in [&b""[..], b"password", &[7u8; 32], &[1u8; 33]] {
        fs::write(&path, bad).unwrap();
        let error = open(&path, false).unwrap_err();
        assert!(matches!(error, VaultError::Garbled { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("password"));
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(
        open(&path, false),
        Err(VaultError::Garbled { .. })
    ));
}

#[test]
fn an_organisations_key_opens_for_it_and_under_this_root_only() {
    let (_one, vault) = fresh();
    let (_two, other) = fresh();
    let (a, b) = (OrgId::random(&OsEntropy), OrgId::random(&OsEntropy));
    let wrapped = vault.create_org_key(&a);
    let again = WrappedKey::from_bytes(wrapped.as_bytes().to_vec());
    let ring = vault.open_org(&a, &again).unwrap();
    assert_eq!(ring.org(), &a);
    assert!(matches!(
        vault.open_org(&b, &wrapped),
        Err(VaultError::WrongRoot { .. })
    ));
    assert!(matches!(
        other.open_org(&a, &wrapped),
        Err(VaultError::WrongRoot { .. })
    ));
    for i in 1..wrapped.as_bytes().len() {
        let mut changed = wrapped.as_bytes().to_vec();
        changed[i] ^= 1;
        assert!(
            vault
                .open_org(&a, &WrappedKey::from_bytes(changed))
                .is_err(),
            "byte {i}"
        );
    }
    for cut in [0, 1, 61] {
        let short = WrappedKey::from_bytes(wrapped.as_bytes()[..cut].to_vec());
        assert!(matches!(
            vault.open_org(&a, &short),
            Err(VaultError::UnknownForm { .. })
        ));
    }
}

#[test]
fn two_organisations_have_nothing_in_common() {
    let (_folder, vault) = fresh();
    let ids = [OrgId::random(&OsEntropy), OrgId::random(&OsEntropy)];
    let [a, b] = ids.map(|id| vault.open_org(&id, &vault.create_org_key(&id)).unwrap());
    assert_ne!(
        a.database_key().pragma_value(),
        b.database_key().pragma_value()
    );
    assert_ne!(a.post_hash("mastodon", "1"), b.post_hash("mastodon", "1"));
    assert_ne!(a.author_ref("mastodon", "1"), b.author_ref("mastodon", "1"));
    assert_ne!(a.commit(b"x"), b.commit(b"x"));
    assert_ne!(a.chain(&[0; 32], b"x"), b.chain(&[0; 32], b"x"));
    let sealed = a.seal("cursor/1", b"value");
    assert_eq!(a.unseal("cursor/1", &sealed).unwrap(), b"value");
    assert!(b.unseal("cursor/1", &sealed).is_err());
    assert!(a.unseal("cursor/2", &sealed).is_err());
    assert!(a.unseal("cursor/1", &[]).is_err());
    assert_ne!(
        a.seal("cursor/1", b"value"),
        sealed,
        "a nonce is never used twice"
    );
    assert_ne!(
        vault.deployment().posted("mastodon", "1"),
        a.post_hash("mastodon", "1")
    );
}

#[test]
fn hashes_cannot_be_shifted_between_parts_or_uses() {
    let (_folder, vault) = fresh();
    let id = OrgId::random(&OsEntropy);
    let ring = vault.open_org(&id, &vault.create_org_key(&id)).unwrap();
    assert_ne!(ring.post_hash("ab", "c"), ring.post_hash("a", "bc"));
    assert_ne!(ring.post_hash("a", "b"), ring.author_ref("a", "b"));
    let author = ring.author_ref("mastodon", "1");
    assert_ne!(
        ring.pairwise_ref("acme/one", &author),
        ring.pairwise_ref("acme/two", &author)
    );
    assert_ne!(ring.pairwise_ref("acme/one", &author), author);
    assert_eq!(
        ring.pairwise_ref("acme/one", &author),
        ring.pairwise_ref("acme/one", &author)
    );
    let mac = vault.deployment().mac(&[b"a", b"bc"]);
    assert!(vault.deployment().verify(&[b"a", b"bc"], &mac));
    assert!(!vault.deployment().verify(&[b"ab", b"c"], &mac));
    assert_eq!(ring.database_key().pragma_value().len(), 2 + 64 + 3);
}

#[test]
fn hp_34_35_references_match_across_nothing_and_no_dictionary_finds_a_handle() {
    use sha2::{Digest, Sha256};
    let (_folder, vault) = fresh();
    let rings: Vec<_> = (0..2)
        .map(|_| OrgId::random(&OsEntropy))
        .map(|id| vault.open_org(&id, &vault.create_org_key(&id)).unwrap())
        .collect();
    let handles: Vec<String> = (0..2_000).map(|n| format!("handle{n}")).collect();
    // What two plugins of two organisations get of the same people.
    let mut seen = std::collections::HashSet::new();
    for ring in &rings {
        for plugin in ["acme/one", "acme/two"] {
            for handle in &handles {
                let author = ring.author_ref("mastodon", handle);
                assert!(seen.insert(ring.pairwise_ref(plugin, &author)), "{handle}");
                assert!(seen.insert(ring.pairwise_ref(&format!("{plugin}{plugin}"), &author)));
            }
        }
    }
    // Whoever knows every handle, network and plugin, and the construction, but no key, finds none of them.
    for handle in &handles {
        let bare: [&[&[u8]]; 4] = [
            &[handle.as_bytes()],
            &[b"mastodon", handle.as_bytes()],
            &[b"author", b"mastodon", handle.as_bytes()],
            &[b"acme/one", b"mastodon", handle.as_bytes()],
        ];
        for parts in bare {
            let mut plain = Sha256::new();
            let mut sized = Sha256::new();
            for part in parts {
                plain.update(part);
                sized.update((part.len() as u64).to_le_bytes());
                sized.update(part);
            }
            for digest in [plain.finalize(), sized.finalize()] {
                let guess: [u8; 16] = digest[..16].try_into().unwrap();
                assert!(!seen.contains(&guess));
            }
        }
    }
    // Nor does a plugin get anything to ask with: the only function that a component may import writes a log line (HP-08).
}

#[test]
fn a_credential_opens_in_its_slot_only_and_is_never_shown() {
    let (_folder, vault) = fresh();
    let id = OrgId::random(&OsEntropy);
    let ring = vault.open_org(&id, &vault.create_org_key(&id)).unwrap();
    let (one, two) = (
        InstallationId::random(&OsEntropy),
        InstallationId::random(&OsEntropy),
    );
    let sealed = ring.seal_credential(&one, "token", &Secret::new(b"seeded-canary".to_vec()));
    let kept = SealedCredential::from_bytes(sealed.as_bytes().to_vec());
    assert_eq!(
        ring.open_credential(&one, "token", &kept).unwrap().expose(),
        b"seeded-canary"
    );
    assert!(ring.open_credential(&two, "token", &kept).is_err());
    assert!(ring.open_credential(&one, "other", &kept).is_err());
    assert!(
        ring.unseal(&format!("credential/{one}/token"), kept.as_bytes())
            .is_err()
    );
    let wrapped = vault.create_org_key(&id);
    let key = ring.database_key();
    let shown = format!(
        "{vault:?} {ring:?} {key:?} {sealed:?} {wrapped:?} {:?} {:?}",
        vault.deployment(),
        vault.deployment().signer()
    );
    assert!(!shown.contains("canary") && !shown.contains('['), "{shown}");
}

#[test]
fn a_token_is_kept_as_a_hash() {
    let (token, hash) = make_operator_token(&OsEntropy);
    let text = String::from_utf8(token.expose().to_vec()).unwrap();
    assert!(
        text.starts_with("ist_") && text.len() == 4 + 52,
        "{}",
        text.len()
    );
    assert!(hash.verify(&text) && hash_token(&text) == hash);
    assert!(!hash.verify(&text[..55]) && !hash.verify(&text.to_uppercase()) && !hash.verify(""));
    assert_ne!(random_token("ist_", &OsEntropy).1, hash);
    assert_eq!(format!("{hash:?}"), "TokenHash(…)");
}

#[test]
fn a_signed_head_cannot_be_changed() {
    let (folder, vault) = fresh();
    let head = LedgerHead {
        ledger: "org_x".into(),
        seq: 64,
        link: [3; 32],
        chain: [4; 32],
        at: Instant(5),
    };
    let public = vault.deployment().signer().public();
    let signed = vault.deployment().signer().sign(head);
    assert!(signed.verify(&public));
    for change in 0..6 {
        let mut other = signed.clone();
        match change {
            0 => other.head.seq = 63,
            1 => other.head.link[0] = 0,
            2 => other.head.ledger = "org_y".into(),
            3 => other.head.at = Instant(6),
            4 => other.head.chain[31] ^= 1,
            _ => other.signature[9] ^= 1,
        }
        assert!(!other.verify(&public), "{change}");
    }
    let again = open(&folder.path().join("root.key"), false).unwrap();
    assert_eq!(again.deployment().signer().public(), public);
    let mut bytes = [0u8; 32];
    OsEntropy.fill(&mut bytes);
    assert!(!signed.verify(&bytes));
}

#[test]
fn a_checkpoint_holds_for_its_own_ledger_and_as_it_was_signed() {
    let (_folder, vault) = fresh();
    let public = vault.deployment().signer().public();
    let drawn = isocial_model::receipt::Checkpoint {
        through: 40,
        calls: 31,
        link: "ab".repeat(32),
        chain: "cd".repeat(32),
        cut: Instant(7),
        signature: String::new(),
    };
    let signed = vault.deployment().signer().sign_checkpoint("org_x", drawn);
    assert!(checkpoint_holds("org_x", &signed, &public));
    assert!(!checkpoint_holds("org_y", &signed, &public));
    for change in 0..5 {
        let mut other = signed.clone();
        match change {
            0 => other.through = 41,
            1 => other.calls = 30,
            2 => other.link.replace_range(0..1, "0"),
            3 => other.chain.replace_range(0..1, "0"),
            _ => other.cut = Instant(8),
        }
        assert!(!checkpoint_holds("org_x", &other, &public), "{change}");
    }
}
