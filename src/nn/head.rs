//! The last layers of a network as a thing of its own: what they read of a photo is one row of numbers.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, activation};

use super::outputs::Outputs;

/// The hidden layer and the heads behind it.
#[derive(Module, Debug)]
pub struct Head {
    hidden: Linear,
    heads: Linear,
}

impl Head {
    pub(super) fn new(hidden: &Linear, heads: &Linear) -> Self {
        Self { hidden: hidden.clone(), heads: heads.clone() }
    }

    /// The hidden layer and the heads.
    pub(super) fn parts(self) -> (Linear, Linear) {
        (self.hidden, self.heads)
    }

    /// What it says of rows `[n, features]`; `cells` `[n]` is what the photos' cells add to the score.
    pub fn outputs(&self, rows: Tensor<2>, cells: Tensor<1>) -> Outputs {
        let [n] = cells.dims();
        let heads = self.heads.forward(activation::relu(self.hidden.forward(rows)));
        // All cells as one, whose share is 1 whatever its strength.
        let cells = cells.reshape([n, 1]);
        Outputs::of(&heads, cells.clone(), cells)
    }

    /// The head that says of any `row` what this one says of `row · turn + shift`; `turn` is `[features, features]`.
    #[must_use]
    pub fn turned(self, turn: Tensor<2>, shift: Tensor<1>) -> Self {
        let Self { mut hidden, heads } = self;
        let added = shift.unsqueeze::<2>().matmul(hidden.weight.val()).squeeze_dim::<1>(0);
        hidden.weight = hidden.weight.map(|weight| turn.matmul(weight));
        hidden.bias = hidden.bias.map(|bias| bias.map(|bias| bias + added));
        Self { hidden, heads }
    }
}
