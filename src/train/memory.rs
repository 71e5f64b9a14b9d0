//! What a training does when the device's memory does not hold a batch: it goes on with half as many photos at a time.
//!
//! burn 0.22 gives no typed error for it: an allocation that fails on a GPU ends in a panic where the device is next
//! waited for, whose message holds the words of cubecl's or the driver's error. Knows neither networks nor photos.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::error::{Code, Error, Result};

/// Words in the messages of allocations that failed: of cubecl 0.11 (`IoError::OutOfMemory`, `BufferTooBig`,
/// `PageSizesExhausted`, `LaunchError::OutOfMemory`), wgpu and CUDA; compared in lower case.
const SIGNS: [&str; 8] = [
    "out of memory",
    "out of device memory",
    "out-of-memory",
    "can't allocate",
    "not enough memory",
    "out_of_memory",
    "outofmemory",
    "failed to allocate",
];

/// How a piece of work ended.
#[derive(Debug)]
pub(super) enum Attempt<T> {
    /// As it would have without this.
    Over(Result<T>),
    /// The device's memory did not hold it; what was said, on one line.
    OutOfMemory(String),
}

/// Does a piece of work, and tells apart whether the device ran out of memory; any other panic goes on. What the work
/// changed before it ran out is half done: build it anew.
pub(super) fn attempt<T>(work: impl FnOnce() -> Result<T>) -> Attempt<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Attempt::Over(result),
        Err(panic) => match text_of(&*panic) {
            Some(text) if tells_of_memory(text) => Attempt::OutOfMemory(first_line(text)),
            _ => resume_unwind(panic),
        },
    }
}

/// Half of `photos` at a time, rounded up.
///
/// # Errors
/// [`Code::Device`] when it is one already.
pub(super) fn halved(photos: usize, said: &str) -> Result<usize> {
    if photos > 1 {
        return Ok(photos.div_ceil(2));
    }
    Err(Error::new(Code::Device, format!("the device's memory does not hold one photo: {said}")).hint(
        "Close what else uses the GPU, take a smaller network (--set train.architecture=cnn-s), or train on the CPU \
         (--device cpu).",
    ))
}

fn tells_of_memory(text: &str) -> bool {
    let text = text.to_lowercase();
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// The line that tells of memory, without the backtrace that follows it.
fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| tells_of_memory(line)).or_else(|| text.lines().next());
    line.unwrap_or_default().trim().chars().take(200).collect()
}

fn text_of(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failed_allocations_are_told_apart() {
        for said in [
            "Error while reading data: use `try_into_data` instead: \n  out of device memory allocating 734003200 bytes\n   0: ...",
            "called `Result::unwrap()` on an `Err` value: can't allocate buffer of size: 8589934592",
            "An out-of-memory error happened during launch",
            "wgpu error: Out of Memory",
            "CUDA_ERROR_OUT_OF_MEMORY",
        ] {
            let found = attempt(|| -> Result<()> { panic!("{said}") });
            assert!(matches!(&found, Attempt::OutOfMemory(text) if !text.contains('\n')), "{said}: {found:?}");
        }
        assert!(matches!(attempt(|| Ok(3)), Attempt::Over(Ok(3))));
        // Errors that are returned are our own: a photo that does not fit into memory is no matter of the device.
        let own = attempt(|| -> Result<()> { Err(Error::bad_data("out of memory while reading a.jpg")) });
        assert!(matches!(own, Attempt::Over(Err(_))));
        let other = catch_unwind(|| attempt(|| -> Result<()> { panic!("index out of bounds") }));
        assert_eq!(text_of(&*other.expect_err("goes on")), Some("index out of bounds"));
    }

    #[test]
    fn halving_ends_with_one_photo() {
        let mut sizes = vec![24];
        while let Ok(next) = halved(sizes[sizes.len() - 1], "full") {
            sizes.push(next);
        }
        assert_eq!(sizes, [24, 12, 6, 3, 2, 1]);
        let error = halved(1, "out of device memory").expect_err("nothing left");
        assert!(error.summary.contains("out of device memory"), "{error}");
    }
}
