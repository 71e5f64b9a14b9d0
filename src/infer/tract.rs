//! The ONNX graph computed by tract, photo by photo on every core.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::{
    Datum as _, Framework as _, InferenceFact, InferenceModelExt as _, IntoRunnable as _, TValue, Tensor, TractError,
    TractResult, TypedRunnableModel, tvec,
};

use super::graph::{OUTPUTS, RAW};
use crate::error::{Error, Result};
use crate::jobs::worker_count;
use crate::nn::{VIEW_EDGE, VIEWS};
use crate::preprocess::Views;

/// A graph made ready for this processor. It takes one photo at a time: no batch is ever filled up, and the same photo
/// gives the same bits whatever it is scored with.
pub(super) struct Compiled {
    plan: Arc<TypedRunnableModel>,
}

impl Compiled {
    /// The graph up to its raw output.
    ///
    /// # Errors
    /// [`crate::error::Code::Internal`] when tract cannot take the graph.
    pub(super) fn raw(model: &ModelProto) -> Result<Self> {
        Self::up_to(model, &[RAW])
    }

    /// The whole graph: score, low and high.
    ///
    /// # Errors
    /// As [`Compiled::raw`].
    pub(super) fn whole(model: &ModelProto) -> Result<Self> {
        Self::up_to(model, &OUTPUTS)
    }

    fn up_to(model: &ModelProto, outputs: &[&str]) -> Result<Self> {
        let compile = || -> TractResult<Self> {
            // The shapes of the outputs follow from those of the input, which are fixed here.
            let mut graph = tract_onnx::onnx().with_ignore_output_shapes(true).model_for_proto_model(model)?;
            graph.select_outputs_by_name(outputs)?;
            graph.set_input_fact(0, InferenceFact::dt_shape(f32::datum_type(), SHAPE))?;
            Ok(Self { plan: graph.into_optimized()?.into_runnable()? })
        };
        compile().map_err(|error| failed("prepare the network", &error))
    }

    /// The outputs of every photo, in order.
    ///
    /// # Errors
    /// [`crate::error::Code::Internal`] when tract fails.
    pub(super) fn run(&self, photos: &[&Views]) -> Result<Vec<Vec<f64>>> {
        let next = AtomicUsize::new(0);
        let work = || -> TractResult<Vec<(usize, Vec<f64>)>> {
            let mut state = self.plan.spawn()?;
            let turns = std::iter::from_fn(|| {
                let index = next.fetch_add(1, Ordering::Relaxed);
                photos.get(index).map(|photo| (index, photo))
            });
            turns.map(|(index, photo)| Ok((index, values(&state.run(tvec!(input(photo)?.into()))?)?))).collect()
        };
        let helpers = worker_count().min(photos.len()).saturating_sub(1);
        let parts: Vec<TractResult<_>> = std::thread::scope(|scope| {
            let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(work)).collect();
            let own = work();
            let joined = helpers.into_iter().map(|helper| helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            std::iter::once(own).chain(joined).collect()
        });
        let mut all = Vec::with_capacity(photos.len());
        for part in parts {
            all.extend(part.map_err(|error| failed("compute the network", &error))?);
        }
        all.sort_by_key(|photo| photo.0);
        Ok(all.into_iter().map(|photo| photo.1).collect())
    }
}

const SHAPE: [usize; 5] = [1, VIEWS, 3, VIEW_EDGE, VIEW_EDGE];

fn input(photo: &Views) -> TractResult<Tensor> {
    let values: Vec<f32> = photo.bytes().iter().map(|&byte| f32::from(byte) / 255.0).collect();
    Tensor::from_shape(&SHAPE, &values)
}

/// The one number of each output.
fn values(outputs: &[TValue]) -> TractResult<Vec<f64>> {
    outputs.iter().map(|output| Ok(f64::from(output.try_as_plain_ram()?.as_slice::<f32>()?[0]))).collect()
}

fn failed(action: &str, error: &TractError) -> Error {
    Error::internal(format!("tract could not {action}: {error:#}")).hint("score.engine = \"burn\" does without it.")
}
