//! The engine: which WebAssembly is spoken, and the pool that instances come from. Every limit is explicit, because the defaults are huge.

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, ModuleVersionStrategy,
    PoolingAllocationConfig, RegallocAlgorithm, WasmBacktraceDetails,
};

use crate::{SandboxConfig, SandboxSetupError};

/// The wasmtime that this is built with, in full: its own stamp in compiled code holds only the major version. A test compares it
/// with the lock file.
pub(crate) const WASMTIME_VERSION: &str = "48.0.8";

/// Memories a component may have. A Rust guest has one; adapters of other languages add one.
pub(crate) const MEMORIES: u32 = 4;
/// Tables a component may have. A Rust guest has two.
pub(crate) const TABLES: u32 = 8;
/// Guard after each memory, beyond its reservation · bytes.
const GUARD_BYTES: u64 = 32 * 1024 * 1024;
/// Memory and tables below this stay resident in a slot when it is given back: resetting them by writing is cheaper than giving the
/// pages back and faulting them in again. More of it would be kept for ever in each slot.
const RESIDENT_BYTES: usize = 64 * 1024;
/// What an instance may need beside its memories and tables · bytes.
const INSTANCE_BYTES: usize = 1024 * 1024;

/// Full version of what compiles and runs, for compiled code.
pub(crate) fn build() -> String {
    format!(
        "{WASMTIME_VERSION}+isocial-sandbox-{}",
        env!("CARGO_PKG_VERSION")
    )
}

/// The engine, with the address space a memory that compiled code is made for.
pub(crate) struct Made {
    pub(crate) engine: Engine,
    /// Bytes; a process that compiles for this engine must be told.
    pub(crate) reservation: u64,
}

/// Makes the engine.
pub(crate) fn engine(config: &SandboxConfig) -> Result<Made, SandboxSetupError> {
    let refused = |key, given, expected| {
        Err(SandboxSetupError::Config {
            key,
            given,
            expected,
        })
    };
    if !(1..=10_000).contains(&config.pool) {
        return refused("pool", config.pool.into(), "1–10,000");
    }
    if !(64 * 1024..=8 * 1024 * 1024).contains(&config.stack_bytes) {
        return refused("stack_bytes", config.stack_bytes.into(), "64 KiB – 8 MiB");
    }
    let memory = config.greatest(|l| l.memory_bytes);
    if !(64 * 1024..=4 << 30).contains(&memory) {
        return refused(
            "memory_bytes",
            memory,
            "64 KiB – 4 GiB for the largest kind",
        );
    }
    let elements = config.greatest(|l| l.table_elements);
    let instances = config.greatest(|l| l.instances.into()) as u32;

    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(config.pool)
        .total_core_instances(config.pool.saturating_mul(instances))
        .total_memories(config.pool.saturating_mul(MEMORIES))
        .total_tables(config.pool.saturating_mul(TABLES))
        .max_core_instances_per_component(instances)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memories_per_module(1)
        .max_tables_per_module(TABLES)
        .max_component_instance_size(INSTANCE_BYTES)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_memory_size(usize::try_from(memory).unwrap_or(usize::MAX))
        .table_elements(usize::try_from(elements).unwrap_or(usize::MAX))
        .linear_memory_keep_resident(RESIDENT_BYTES)
        .table_keep_resident(RESIDENT_BYTES)
        .max_unused_warm_slots(config.pool)
        .pagemap_scan(Enabled::Auto);

    let wanted = config.reservation_bytes.max(memory);
    let small = |error| {
        if wanted == memory {
            return Err(error);
        }
        tracing::warn!(
            reservation_bytes = wanted,
            "so much address space is not to be had; guest code is compiled with bounds checks"
        );
        with_reservation(config, &pool, memory)
    };
    with_reservation(config, &pool, wanted).or_else(small)
}

/// The engine, with so much address space a memory.
fn with_reservation(
    config: &SandboxConfig,
    pool: &PoolingAllocationConfig,
    reservation: u64,
) -> Result<Made, SandboxSetupError> {
    let mut engine = language(reservation)?;
    engine
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool.clone()))
        .max_wasm_stack(config.stack_bytes as usize);
    let engine = Engine::new(&engine).map_err(cause)?;
    Ok(Made {
        engine,
        reservation,
    })
}

/// An engine that only compiles, for the engine of another process: no pool, so that hardly any address space is taken.
pub(crate) fn compiler(reservation: u64) -> Result<Engine, SandboxSetupError> {
    Engine::new(&language(reservation)?).map_err(cause)
}

/// What compiled code depends on: which WebAssembly is spoken, and how its memories lie.
fn language(reservation: u64) -> Result<Config, SandboxSetupError> {
    let mut engine = Config::new();
    engine
        .memory_reservation(reservation)
        .memory_guard_size(GUARD_BYTES)
        .guard_before_linear_memory(true)
        .memory_init_cow(true)
        .epoch_interruption(true)
        .consume_fuel(false)
        // The language is narrowed to what the SDKs' output needs.
        .wasm_component_model(true)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_relaxed_simd(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        // Scores must be equal on every node.
        .cranelift_nan_canonicalization(true)
        .cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking)
        // No environment variable changes what a trap costs or shows.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .generate_address_map(true);
    engine
        .module_version(ModuleVersionStrategy::Custom(build()))
        .map_err(cause)?;
    Ok(engine)
}

fn cause(error: impl std::fmt::Display) -> SandboxSetupError {
    SandboxSetupError::Engine(format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_in_the_stamp_is_the_version_in_the_lock_file() {
        let lock =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"))
                .unwrap();
        let entry = format!("name = \"wasmtime\"\nversion = \"{WASMTIME_VERSION}\"\n");
        assert!(
            lock.contains(&entry),
            "wasmtime was updated: set WASMTIME_VERSION to the version in Cargo.lock"
        );
    }

    #[test]
    fn the_defaults_work_and_so_does_a_machine_with_little_address_space() {
        assert!(engine(&SandboxConfig::default()).is_ok());
        // 10,000 places of 4 GiB and four memories each are more than 47 bits; of 256 MiB they are not.
        let config = SandboxConfig {
            pool: 10_000,
            ..SandboxConfig::default()
        };
        assert!(engine(&config).is_ok());
    }

    #[test]
    fn values_out_of_range_name_the_key() {
        for (config, key) in [
            (
                SandboxConfig {
                    pool: 0,
                    ..SandboxConfig::default()
                },
                "pool",
            ),
            (
                SandboxConfig {
                    stack_bytes: 1,
                    ..SandboxConfig::default()
                },
                "stack_bytes",
            ),
        ] {
            let error = engine(&config).err().map(|e| e.to_string()).unwrap();
            assert!(error.contains(key), "{error}");
        }
    }
}
