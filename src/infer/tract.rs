//! The ONNX graph computed by tract, photo by photo on every core.

use std::sync::Arc;

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::{
    Datum as _, Framework as _, InferenceFact, InferenceModelExt as _, IntoRunnable as _, TValue, Tensor, TractError,
    TractResult, TypedRunnableModel, tvec,
};

use super::each::on_every_core;
use super::graph::{OUTPUTS, RAW};
use crate::error::{Error, Result};
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
        on_every_core(
            photos,
            |_| self.plan.spawn().map_err(|error| failed("prepare the network", &error)),
            |state, photo| {
                let outputs = input(photo).and_then(|input| values(&state.run(tvec!(input.into()))?));
                outputs.map_err(|error| failed("compute the network", &error))
            },
        )
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
