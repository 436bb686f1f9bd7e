//! Compiling: in a process of its own that may be killed, or on a thread of this one (HP-48).
//!
//! Lives here: what the two processes say to each other, the limits that the child sets for itself and those that its parent watches.
//! Not here: what a component may be made of at all (`inspect`, which has looked before), where code is kept (`cache`).
//!
//! The child is told everything through its standard input and answers on its standard output; it is given no argument, variable or
//! file of anybody's. It limits itself before it has read the first byte of the component, and its parent watches it all the same:
//! not every system enforces such limits.

use std::{
    io::{self, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use wasmtime::{Engine, component::Component};

use crate::{LoadError, engine, log::neutral, slots::Slot, trusted::FromChild};

/// What an answer begins with. Whatever a program says when it starts stands before it and is not looked at.
const ANSWER: &[u8; 16] = b"isocial-compiled";
/// The answer is compiled code.
const CODE: u8 = 1;
/// The answer is why there is none.
const REFUSED: u8 = 0;
/// Threads of the child: more of them need more memory, and a server has other things to do.
const THREADS: usize = 4;
/// How often the parent looks whether the child has ended, and how often at its memory.
const LOOK: Duration = Duration::from_millis(5);
const LOOK_AT_MEMORY: Duration = Duration::from_millis(50);
/// Bytes of the child's last words that are looked at.
const LAST_WORDS: u64 = 4 * 1024;
/// What Rust's runtime says before it aborts for want of memory.
const NO_MEMORY: &str = "memory allocation of";

/// What a child is told before the component.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    /// Address space a memory that the code is made for · bytes.
    pub(crate) reservation: u64,
    /// Memory that compiling may take · bytes.
    pub(crate) memory_bytes: u64,
    /// Time on the wall; each of the child's threads may spend as much on a processor.
    pub(crate) time: Duration,
}

impl Order {
    const BYTES: usize = 24;

    fn cpu_seconds(&self) -> u64 {
        self.time.as_secs().saturating_add(1) * threads() as u64
    }

    fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let words = [self.reservation, self.memory_bytes, self.cpu_seconds()];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

fn threads() -> usize {
    thread::available_parallelism()
        .map_or(1, std::num::NonZero::get)
        .min(THREADS)
}

/// Compiles on a thread of this process. When the time is over the thread is left behind with its place: it cannot be stopped.
pub(crate) fn in_process(
    engine: &Engine,
    component: &[u8],
    limit: Duration,
    place: Slot,
) -> Result<Component, LoadError> {
    let (engine, bytes) = (engine.clone(), component.to_vec());
    let (done, result) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("sandbox-compile".into())
        .spawn(move || {
            // Nobody may be waiting any more: then the result is of no use.
            let _ = done.send(Component::from_binary(&engine, &bytes));
            drop(place);
        })
        .map_err(LoadError::CompileProcess)?;
    match result.recv_timeout(limit) {
        Ok(compiled) => {
            compiled.map_err(|error| LoadError::Invalid(neutral(&format!("{error:#}"))))
        }
        Err(mpsc::RecvTimeoutError::Timeout) => Err(LoadError::CompileTime(limit)),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(LoadError::CompileCrashed(
            "the compiler gave up on it".into(),
        )),
    }
}

/// Compiles in a process of its own, which is killed when it takes more than the order says.
pub(crate) fn in_child(
    program: &Path,
    args: &[String],
    order: &Order,
    component: &[u8],
) -> Result<FromChild, LoadError> {
    let mut child = Command::new(program)
        .args(args)
        // Nothing of this process's surroundings, in which secrets may lie, and no more threads and heaps than it needs.
        .env_clear()
        .env("RAYON_NUM_THREADS", threads().to_string())
        .env("MALLOC_ARENA_MAX", "2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(LoadError::CompileProcess)?;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(move || {
            // A child that is gone reads nothing: that it is gone is seen elsewhere.
            let _ = input.map(|mut pipe| {
                pipe.write_all(&order.to_bytes())
                    .and_then(|()| pipe.write_all(component))
            });
        });
        // Code cannot be larger than the memory that it was made in.
        let answer = scope.spawn(move || read(output, order.memory_bytes));
        let last_words = scope.spawn(move || read(errors, LAST_WORDS));
        let ended = watch(&mut child, order);
        if ended.is_err() {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
        }
        let _ = child.wait();
        let answer = answer.join().unwrap_or_default();
        let last_words = last_words.join().unwrap_or_default();
        judge(ended?, &answer, &last_words, order)
    })
}

/// Reads so many bytes of a pipe, and the rest of it into nothing, so that nobody waits at its other end.
fn read(pipe: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        // A pipe that breaks has said what it had to say.
        let _ = (&mut pipe).take(most).read_to_end(&mut kept);
        let _ = io::copy(&mut pipe, &mut io::sink());
    }
    kept
}

/// Waits until the child has ended, or has taken too much.
fn watch(child: &mut Child, order: &Order) -> Result<ExitStatus, LoadError> {
    let began = Instant::now();
    let mut looked = began;
    loop {
        if let Some(status) = child.try_wait().map_err(LoadError::CompileProcess)? {
            return Ok(status);
        }
        if began.elapsed() >= order.time {
            return Err(LoadError::CompileTime(order.time));
        }
        if looked.elapsed() >= LOOK_AT_MEMORY {
            looked = Instant::now();
            if resident(child.id()).is_some_and(|bytes| bytes > order.memory_bytes) {
                return Err(LoadError::CompileMemory(order.memory_bytes));
            }
        }
        thread::sleep(LOOK);
    }
}

/// Bytes of a process that are in memory, where the system tells.
#[cfg(target_os = "linux")]
fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn resident(process: u32) -> Option<u64> {
    let output = Command::new("ps")
        .args(["-o", "rss=", "-p", &process.to_string()])
        .output()
        .ok()?;
    let kib: u64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(not(unix))]
fn resident(_process: u32) -> Option<u64> {
    None
}

/// What came of a child that has ended.
fn judge(
    status: ExitStatus,
    answer: &[u8],
    last_words: &[u8],
    order: &Order,
) -> Result<FromChild, LoadError> {
    let begins = answer
        .windows(ANSWER.len())
        .position(|window| window == ANSWER);
    let answer = begins
        .and_then(|at| answer.get(at + ANSWER.len()..))
        .and_then(<[u8]>::split_first);
    match answer {
        Some((&CODE, code)) if status.success() => return Ok(FromChild::piped(code.to_vec())),
        Some((&REFUSED, why)) if status.success() => {
            return Err(LoadError::Invalid(neutral(&String::from_utf8_lossy(why))));
        }
        _ => {}
    }
    if String::from_utf8_lossy(last_words).contains(NO_MEMORY) {
        return Err(LoadError::CompileMemory(order.memory_bytes));
    }
    if spent(status) {
        return Err(LoadError::CompileTime(order.time));
    }
    Err(LoadError::CompileCrashed(status.to_string()))
}

/// Whether the system has ended it for its time on the processor.
#[cfg(unix)]
fn spent(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn spent(_status: ExitStatus) -> bool {
    false
}

/// The whole of a compiling process: reads its order and a component from `input`, limits itself, compiles, answers on `output`.
///
/// A program that is started as [`Compiler::Child`](crate::Compiler::Child) calls this with its standard input and output before it has
/// started any thread, and ends. The component is compiled and never run. Fails only where a pipe breaks or the order is cut off.
pub fn compile_as_child(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut words = [[0; 8]; Order::BYTES / 8];
    for word in &mut words {
        input.read_exact(word)?;
    }
    let [reservation, memory_bytes, cpu_seconds] = words.map(u64::from_le_bytes);
    limit(memory_bytes, cpu_seconds);
    let mut component = Vec::new();
    input.read_to_end(&mut component)?;
    let compiled = engine::compiler(reservation)
        .map_err(|error| error.to_string())
        .and_then(|engine| {
            engine
                .precompile_component(&component)
                .map_err(|error| format!("{error:#}"))
        });
    output.write_all(ANSWER)?;
    match compiled {
        Ok(code) => {
            output.write_all(&[CODE])?;
            output.write_all(&code)?;
        }
        Err(why) => {
            output.write_all(&[REFUSED])?;
            output.write_all(neutral(&why).as_bytes())?;
        }
    }
    output.flush()
}

/// Limits this process. What the system does not know or grant is left to the parent, which watches.
#[cfg(unix)]
fn limit(memory_bytes: u64, cpu_seconds: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let set = |resource, soft, hard| {
        let both = Rlimit {
            current: Some(soft),
            maximum: Some(hard),
        };
        let _ = setrlimit(resource, both);
    };
    #[cfg(target_os = "linux")]
    {
        // If the parent is killed nobody watches any more; and when memory is short, this process is to go first.
        let _ =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
        let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    }
    set(Resource::As, memory_bytes, memory_bytes);
    // The soft limit ends it with a signal of its own, by which the parent knows why.
    set(Resource::Cpu, cpu_seconds, cpu_seconds.saturating_add(1));
    // It writes no file and leaves no image of its memory behind.
    set(Resource::Fsize, 0, 0);
    set(Resource::Core, 0, 0);
    let _ = rustix::process::nice(crate::executor::NICE);
}

#[cfg(not(unix))]
fn limit(_memory_bytes: u64, _cpu_seconds: u64) {}
