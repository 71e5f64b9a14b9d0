//! Loops with the widest vector instructions that the processor has: the build itself must run on any.

pub(super) use pulp::NullaryFnOnce as Loop;

/// Runs a loop compiled for the processor at hand. Wide vectors change how fast a result comes, never the result.
///
/// A loop is a type of its own whose `call` is `#[inline(always)]`: closures and functions would be compiled apart, for
/// the oldest processor.
#[inline]
pub(super) fn wide<L: Loop>(work: L) -> L::Output {
    pulp::Arch::new().dispatch(work)
}
