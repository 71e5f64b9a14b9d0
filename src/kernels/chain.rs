//! Convolutions one after the other, a photo at a time: what a network computes when it scores, without a tensor made for
//! every step.

use super::convolution::{Ready, Room};
use super::layout::{Sizes, Window};
use super::products::Then;

/// A convolution of a chain, a ReLU after it.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// Channels out.
    pub out: usize,
    /// Edge of the kernel.
    pub kernel: usize,
    /// How it goes over the planes.
    pub window: Window,
    /// `[out, in, kernel, kernel]`
    pub weights: &'a [f32],
    /// `[out]`
    pub bias: &'a [f32],
}

/// Convolutions made ready.
#[derive(Debug)]
pub struct Chain {
    links: Vec<(Ready, Sizes, Vec<f32>)>,
    /// What every sum is multiplied by before its bias is added.
    ones: Vec<f32>,
}

/// What a [`Chain`] works in.
#[derive(Debug)]
pub struct Workshop {
    rooms: Vec<Room>,
    planes: [Vec<f32>; 2],
}

impl Chain {
    /// For planes `[channels, height, width]`.
    pub fn new<'a>(input: [usize; 3], links: impl IntoIterator<Item = Link<'a>>) -> Self {
        let mut planes = input;
        let ready = links.into_iter().map(|link| {
            let sizes = Sizes::new(planes, link.out, link.kernel, link.window);
            planes = sizes.output;
            (Ready::new(link.weights, sizes), sizes, link.bias.to_vec())
        });
        let links: Vec<_> = ready.collect();
        let widest = links.iter().map(|(_, sizes, _)| sizes.output[0]).max().unwrap_or(0);
        Self { links, ones: vec![1.0; widest] }
    }

    /// Room for one photo at a time.
    pub fn workshop(&self) -> Workshop {
        let longest = self.links.iter().map(|(_, sizes, _)| sizes.output_len()).max().unwrap_or(0);
        Workshop {
            rooms: self.links.iter().map(|(ready, ..)| ready.room()).collect(),
            planes: [0, 1].map(|_| vec![0.0; longest]),
        }
    }

    /// Channels, height and width after the last convolution.
    pub fn output(&self) -> [usize; 3] {
        self.links.last().map_or([0; 3], |(_, sizes, _)| sizes.output)
    }

    /// Hands on the planes after each convolution, with its number and the values of a plane.
    pub fn run(&self, photo: &[f32], workshop: &mut Workshop, mut after: impl FnMut(usize, &[f32], usize)) {
        let [from, to] = &mut workshop.planes;
        for (number, ((ready, sizes, bias), room)) in self.links.iter().zip(&mut workshop.rooms).enumerate() {
            let then = Then { slope: &self.ones, level: bias, range: [0.0, f32::INFINITY] };
            let input = if number == 0 { photo } else { &from[..sizes.input_len()] };
            let output = &mut to[..sizes.output_len()];
            ready.run(input, room, Some(then), output);
            after(number, output, sizes.pixels());
            std::mem::swap(from, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::convolution::forward_with;
    use super::*;

    #[test]
    fn a_chain_gives_what_its_convolutions_give_one_by_one() {
        let numbers =
            |count: usize, salt: f32| -> Vec<f32> { (0..count).map(|at| ((at as f32 + salt) * 0.73).sin()).collect() };
        let shapes = [(5, 3, Window::even(2, 1)), (7, 3, Window::even(1, 1)), (4, 1, Window::even(1, 0))];
        let weights = [numbers(5 * 2 * 9, 1.0), numbers(7 * 5 * 9, 2.0), numbers(4 * 7, 3.0)];
        let bias = [numbers(5, 4.0), numbers(7, 5.0), numbers(4, 6.0)];
        let links = shapes.iter().zip(&weights).zip(&bias);
        let links = links.map(|((&(out, kernel, window), weights), bias)| Link { out, kernel, window, weights, bias });
        let chain = Chain::new([2, 12, 9], links.clone());
        let mut workshop = chain.workshop();
        assert_eq!(chain.output(), [4, 6, 5]);
        for salt in [7.0, 8.0] {
            let photo = numbers(2 * 12 * 9, salt);
            let (mut planes, mut size, mut expected) = (photo.clone(), [2, 12, 9], Vec::new());
            for link in links.clone() {
                let sizes = Sizes::new(size, link.out, link.kernel, link.window);
                let then = Then { slope: &[1.0; 7], level: link.bias, range: [0.0, f32::INFINITY] };
                planes = forward_with(&planes, link.weights, then, &sizes);
                expected.push(planes.clone());
                size = sizes.output;
            }
            let mut found = Vec::new();
            chain.run(&photo, &mut workshop, |_, planes, _| found.push(planes.to_vec()));
            assert_eq!(found, expected);
        }
    }
}
