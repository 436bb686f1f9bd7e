//! Builds the plugin crates in the folders named on the command line: `cargo run -p isocial-package --example build -- FOLDER…`.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dirs: Vec<String> = std::env::args().skip(1).collect();
    for built in isocial_package::build_crates(&dirs, &isocial_package::BuildOptions::default())? {
        writeln!(
            std::io::stdout(),
            "{} {} ({} bytes)",
            built.id,
            built.path.display(),
            built.size
        )?;
    }
    Ok(())
}
