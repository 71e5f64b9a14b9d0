//! A slow average of a network's weights: it scores better than the weights of any one step (Polyak and Juditsky 1992;
//! as an exponential average in Tarvainen and Valpola 2017).

use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// `decay · average + (1 − decay) · toward` for every number of two networks of the same layout, both without autodiff.
pub(super) fn moved<M: Module>(average: M, toward: &M, decay: f64) -> M {
    let mut values = Values::default();
    toward.visit(&mut values);
    average.map(&mut Mover { values, decay })
}

/// A network's numbers, flat, in the order of its fields.
#[derive(Default)]
struct Values(VecDeque<Tensor<1>>);

impl ModuleVisitor for Values {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let count = tensor.shape().num_elements();
        self.0.push_back(tensor.reshape([count]));
    }
}

struct Mover {
    values: Values,
    decay: f64,
}

impl ModuleMapper for Mover {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(toward) = self.values.0.pop_front() else { return param };
        let decay = self.decay;
        param.map(|own| {
            let shape = own.dims();
            own * decay + toward.reshape(shape) * (1.0 - decay)
        })
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::nn::{ARCHITECTURES, Network, VIEW_EDGE, VIEWS, seeded};

    fn weights(network: &Network) -> Vec<f32> {
        let mut values = Values::default();
        network.visit(&mut values);
        values.0.into_iter().flat_map(|tensor| tensor.into_data().iter::<f32>().collect::<Vec<_>>()).collect()
    }

    #[test]
    fn the_average_lies_between_and_leaves_the_other_alone() {
        let device = Device::flex();
        let network = |seed| seeded(ARCHITECTURES[1].config.init(&device), seed);
        let (a, b) = (network(1), network(2));
        let (from, to) = (weights(&a), weights(&b));
        let found = moved(a, &b, 0.75);
        for (value, (from, to)) in weights(&found).iter().zip(from.iter().zip(&to)) {
            assert!((value - (0.75 * from + 0.25 * to)).abs() < 1e-6);
        }
        assert_eq!(weights(&b), to);
        let arrived = moved(found, &b, 0.0);
        let views = Tensor::<5>::full([1, VIEWS, 3, VIEW_EDGE, VIEW_EDGE], 0.4, &device);
        assert_eq!(arrived.raw_scores(views.clone(), 1), b.raw_scores(views, 1));
    }
}
