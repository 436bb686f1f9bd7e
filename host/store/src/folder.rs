//! The data folder: which paths there are, made of constants and host-made ids only, with links refused (HT-08).

use std::path::{Path, PathBuf};

use isocial_model::OrgId;

use crate::{StoreError, organisations::Region};

/// The deployment's own file.
pub(crate) fn deployment_file(data: &Path) -> PathBuf {
    data.join("deployment.db")
}

/// An organisation's folder, relative to the data folder.
pub(crate) fn org_folder(region: Region, org: &OrgId) -> String {
    format!("organisations/{}/{org}", region.name())
}

/// Makes the data folder itself with mode 0700, if it is missing. Where it lies, and through which links, is the operator's affair.
pub(crate) fn make_data(data: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(|source| StoreError::Io {
        file: data.display().to_string(),
        action: "created",
        source,
    })
}

/// Makes a folder of ours, and those above it up to the data folder, with mode 0700; refuses links on the way.
pub(crate) fn make(data: &Path, relative: &str) -> Result<PathBuf, StoreError> {
    let mut path = data.to_path_buf();
    for part in relative.split('/').filter(|p| !p.is_empty()) {
        path.push(part);
        one(&path)?;
    }
    Ok(path)
}

fn one(path: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io {
        file: path.display().to_string(),
        action: "created",
        source,
    };
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(StoreError::Link {
            file: path.display().to_string(),
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let mut builder = std::fs::DirBuilder::new();
            builder.recursive(false);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            match builder.create(path) {
                Ok(()) => Ok(()),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
                Err(e) => Err(io(e)),
            }
        }
        Err(e) => Err(io(e)),
    }
}

/// Checks that every folder of `relative` and the database in it are what they should be, not links.
pub(crate) fn check(data: &Path, relative: &str, file: &str) -> Result<PathBuf, StoreError> {
    let link = |path: &Path| StoreError::Link {
        file: path.display().to_string(),
    };
    let missing = |path: &Path, source| StoreError::Io {
        file: path.display().to_string(),
        action: "opened",
        source,
    };
    let mut path = data.to_path_buf();
    for part in relative.split('/').filter(|p| !p.is_empty()) {
        path.push(part);
        let meta = std::fs::symlink_metadata(&path).map_err(|e| missing(&path, e))?;
        if !meta.is_dir() {
            return Err(link(&path));
        }
    }
    path.push(file);
    let meta = std::fs::symlink_metadata(&path).map_err(|e| missing(&path, e))?;
    if meta.is_file() {
        Ok(path)
    } else {
        Err(link(&path))
    }
}

/// Refuses a database path that is there and is no plain file.
pub(crate) fn check_file(path: &Path) -> Result<(), StoreError> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => Err(StoreError::Link {
            file: path.display().to_string(),
        }),
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Io {
            file: path.display().to_string(),
            action: "opened",
            source,
        }),
    }
}

/// Removes a folder with all that is in it; a folder that is gone already is no error.
pub(crate) fn remove(data: &Path, relative: &str) -> Result<(), StoreError> {
    let path = data.join(relative);
    match std::fs::remove_dir_all(&path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StoreError::Io {
            file: path.display().to_string(),
            action: "removed",
            source,
        }),
    }
}
