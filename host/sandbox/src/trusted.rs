//! The unsafe acts of this room, each behind the check that makes it sound: compiled code, from disk or from the process that compiles,
//! becomes code that runs, and a function whose type was checked once is called without checking it again.
//!
//! Lives here: the form and the seal of a file of compiled code; functions with their signatures. Not here: where files are (`cache`),
//! which functions there are (`worlds`).

use std::marker::PhantomData;

use isocial_model::key::CodeKey;
use wasmtime::{
    Engine, Store,
    component::{
        Component, ComponentExportIndex, ComponentNamedList, ComponentType, Instance, Lift, Lower,
        TypedFunc,
    },
};

/// What a file of compiled code begins with.
const MAGIC: &[u8; 8] = b"ISOCODE1";
/// Bytes of the seal.
const MAC_BYTES: usize = 32;

/// What compiled code was made from and for. All of it is under the seal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// SHA-256 of the component, hex.
    pub(crate) digest: &'a str,
    /// Full versions of wasmtime and of this room.
    pub(crate) build: &'a str,
    /// wasmtime's own hash of everything in the engine that compiled code depends on.
    pub(crate) compatibility: u64,
}

/// Why a file of compiled code is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// Cut off, or no such file at all.
    Form,
    /// The seal does not fit: changed, made under another key, or for something else.
    Seal,
    /// wasmtime does not take it.
    Engine,
}

impl Distrust {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Form => "cut off or not compiled code",
            Self::Seal => "changed, or made under another key or for another engine",
            Self::Engine => "not loadable in this engine",
        }
    }
}

fn sealed<'a>(origin: &'a Origin<'a>, compatibility: &'a [u8; 8], code: &'a [u8]) -> [&'a [u8]; 5] {
    [
        MAGIC,
        origin.digest.as_bytes(),
        origin.build.as_bytes(),
        compatibility,
        code,
    ]
}

/// The file for compiled code.
pub(crate) fn seal(key: &dyn CodeKey, origin: &Origin<'_>, code: &[u8]) -> Vec<u8> {
    let mac = key.mac(&sealed(origin, &origin.compatibility.to_le_bytes(), code));
    [MAGIC.as_slice(), &mac, code].concat()
}

/// Loads a file of compiled code, if it is one that this deployment made from this component for this engine.
#[expect(
    unsafe_code,
    reason = "wasmtime cannot check compiled code; the seal under the deployment's key does"
)]
pub(crate) fn open(
    engine: &Engine,
    key: &dyn CodeKey,
    origin: &Origin<'_>,
    file: &[u8],
) -> Result<Component, Distrust> {
    let rest = file.strip_prefix(MAGIC).ok_or(Distrust::Form)?;
    let (mac, code) = rest
        .split_first_chunk::<MAC_BYTES>()
        .ok_or(Distrust::Form)?;
    if !key.verify(
        &sealed(origin, &origin.compatibility.to_le_bytes(), code),
        mac,
    ) {
        return Err(Distrust::Seal);
    }
    // SAFETY: `deserialize` asks for bytes that `serialize` of the same wasmtime has made. The seal was just checked over exactly
    // these bytes, in memory and not on disk, together with the full version and the engine's compatibility hash; its key is the
    // deployment's and only `seal`, called with the result of `serialize` or of a compiling process, uses it for this purpose.
    unsafe { Component::deserialize(engine, code) }.map_err(|_| Distrust::Engine)
}

/// Takes compiled code from the process that this one has started to compile it (HP-48).
#[expect(
    unsafe_code,
    reason = "wasmtime cannot check compiled code; where it comes from does"
)]
pub(crate) fn from_child(engine: &Engine, code: &FromChild) -> Result<Component, Distrust> {
    // SAFETY: `deserialize` asks for bytes that `precompile_component` of the same wasmtime has made. A `FromChild` is made in one
    // place, out of what came through the pipe of a process that this one has started from its own program, which writes nothing else
    // there; nobody but this user can write to that pipe. A component that turns the compiler against itself gains in that process what
    // it would have gained in this one, and no more.
    unsafe { Component::deserialize(engine, &code.0) }.map_err(|_| Distrust::Engine)
}

/// Compiled code on its way from a compiling process. Only `compile` makes one.
pub(crate) struct FromChild(Vec<u8>);

impl FromChild {
    /// What the process has written.
    pub(crate) fn piped(code: Vec<u8>) -> Self {
        Self(code)
    }
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The type of an exported function, as the interface gives it.
pub(crate) trait Signature {
    /// `interface.function`, for errors.
    const NAME: &'static str;
    /// What the host gives, borrowed.
    type Params<'a>: ComponentNamedList + Lower;
    /// What the guest returns.
    type Return: ComponentType + Lift + 'static;
}

/// An exported function that was seen to have this signature.
///
/// Checking costs some 10 µs, many times the rest of a small call, because the types are large and are compared name by name. It is
/// done once, when the component is loaded: a value of this type is only had from [`Function::check`].
pub(crate) struct Function<S> {
    index: ComponentExportIndex,
    signature: PhantomData<fn() -> S>,
}

impl<S> std::fmt::Debug for Function<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Function")
    }
}

impl<S: Signature> Function<S> {
    /// Checks in an instance of the component that the function has the signature.
    pub(crate) fn check<T>(
        store: &mut Store<T>,
        instance: &Instance,
        index: ComponentExportIndex,
    ) -> wasmtime::Result<Self> {
        instance.get_typed_func::<S::Params<'static>, (S::Return,)>(store, &index)?;
        Ok(Self {
            index,
            signature: PhantomData,
        })
    }

    /// Calls the function in an instance of the component that it was checked in. An instance of another one has no such function.
    #[expect(
        unsafe_code,
        reason = "the check was made at load; making it in each fresh instance would cost more than the call"
    )]
    pub(crate) fn call<T>(
        &self,
        store: &mut Store<T>,
        instance: &Instance,
        params: S::Params<'_>,
    ) -> wasmtime::Result<S::Return> {
        let found = instance.get_func(&mut *store, self.index);
        let function =
            found.ok_or_else(|| wasmtime::Error::msg("a function of another component"))?;
        // SAFETY: `new_unchecked` asks that the function has these types. `check`, the only maker of `self`, has compared them for this
        // export index; an index belongs to one component (`get_func` finds nothing with another's), and the types of an export are the
        // component's, the same in each of its instances. `Params` differs from what was checked in a lifetime only.
        let typed = unsafe { TypedFunc::<S::Params<'_>, (S::Return,)>::new_unchecked(function) };
        let (answer,) = typed.call(store, params)?;
        Ok(answer)
    }
}
