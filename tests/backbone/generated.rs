//! ResNets and MobileNetV2 in torchvision's layout, with generated weights.

use burn::tensor::{Device, Tensor, TensorData};
use packshot::backbone_file::load;
use packshot::error::Code;
use packshot::nn::{Backbone, BackboneKind};

use super::agree;
use super::files::{Tensors, write_pth, write_safetensors};
use super::plain::{Conv, Plane};

const CLASSES: usize = 7;

/// Edge of the images: small, and odd so that every padding matters.
const EDGE: usize = 37;

/// Numbers that look random, from -1 to 1.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    fn many(&mut self, count: usize, centre: f32, spread: f32) -> Vec<f32> {
        (0..count).map(|_| centre + spread * self.next()).collect()
    }
}

/// Weights with torchvision's names, put together layer by layer while an image runs through them in plain loops.
struct Builder {
    tensors: Tensors,
    numbers: Numbers,
}

impl Builder {
    fn new() -> Self {
        Self { tensors: Tensors::new(), numbers: Numbers(9) }
    }

    fn add(&mut self, name: String, shape: &[usize], values: Vec<f32>) -> Vec<f32> {
        self.tensors.insert(name, (shape.to_vec(), values.clone()));
        values
    }

    /// A convolution with batch normalisation, as PyTorch computes them one after the other.
    fn conv(&mut self, names: (&str, &str), input: &Plane, [out, kernel, stride, groups]: [usize; 4]) -> Plane {
        let own = input.channels / groups;
        let count = out * own * kernel * kernel;
        // Keeps the size of numbers about the same from layer to layer.
        let values = self.numbers.many(count, 0.0, (4.0 / (own * kernel * kernel) as f32).sqrt());
        let weight = self.add(format!("{}.weight", names.0), &[out, own, kernel, kernel], values);
        let mut norm = |name: &str, centre, spread| {
            let values = self.numbers.many(out, centre, spread);
            self.add(format!("{}.{name}", names.1), &[out], values)
        };
        let (scale, shift) = (norm("weight", 0.8, 0.4), norm("bias", 0.0, 0.3));
        let (mean, variance) = (norm("running_mean", 0.0, 0.2), norm("running_var", 1.0, 0.6));
        self.add(format!("{}.num_batches_tracked", names.1), &[1], vec![9.0]);
        let conv = Conv { weight: &weight, out, kernel, stride, groups, before: kernel / 2 };
        let normalised =
            |channel: usize, value: f32| (value - mean[channel]) / (variance[channel] + 1e-5).sqrt() * scale[channel];
        input.conv(&conv).map(|channel, value| normalised(channel, value) + shift[channel])
    }

    fn classifier(&mut self, name: &str, last: &Plane) -> Vec<f32> {
        let weight = self.numbers.many(CLASSES * last.channels, 0.0, 0.1);
        let weight = self.add(format!("{name}.weight"), &[CLASSES, last.channels], weight);
        let bias = self.numbers.many(CLASSES, 0.0, 1.0);
        let bias = self.add(format!("{name}.bias"), &[CLASSES], bias);
        let means = last.means();
        let logit = |(row, bias): (&[f32], &f32)| row.iter().zip(&means).map(|(a, b)| a * b).sum::<f32>() + bias;
        weight.chunks(last.channels).zip(&bias).map(logit).collect()
    }
}

/// What a network should give.
pub struct Expected {
    pub tensors: Tensors,
    features: Vec<f32>,
    logits: Vec<f32>,
}

/// An image of values 0-1, and the same normalised as ImageNet's models expect.
fn image() -> (Vec<f32>, Plane) {
    let values = Numbers(4).many(3 * EDGE * EDGE, 0.5, 0.5);
    let plane = Plane { channels: 3, height: EDGE, width: EDGE, values: values.clone() };
    let (mean, deviation) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    (values, plane.map(|channel, value| (value - mean[channel]) / deviation[channel]))
}

fn relu(plane: Plane) -> Plane {
    plane.map(|_, value| value.max(0.0))
}

fn relu6(plane: Plane) -> Plane {
    plane.map(|_, value| value.clamp(0.0, 6.0))
}

fn resnet(counts: [usize; 4], bottleneck: bool) -> Expected {
    let mut builder = Builder::new();
    let mut plane = relu(builder.conv(("conv1", "bn1"), &image().1, [64, 7, 2, 1])).pooled();
    let mut features = plane.levels();
    for (stage, count) in counts.into_iter().enumerate() {
        let width = 64 << stage;
        for block in 0..count {
            let name = format!("layer{}.{block}", stage + 1);
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let mut conv = |number: usize, input: &Plane, shape| {
                builder.conv((&format!("{name}.conv{number}"), &format!("{name}.bn{number}")), input, shape)
            };
            let path = if bottleneck {
                let first = relu(conv(1, &plane, [width, 1, 1, 1]));
                let second = relu(conv(2, &first, [width, 3, stride, 1]));
                conv(3, &second, [4 * width, 1, 1, 1])
            } else {
                let first = relu(conv(1, &plane, [width, 3, stride, 1]));
                conv(2, &first, [width, 3, 1, 1])
            };
            let short = if path.channels == plane.channels && stride == 1 {
                plane
            } else {
                let names = (format!("{name}.downsample.0"), format!("{name}.downsample.1"));
                builder.conv((&names.0, &names.1), &plane, [path.channels, 1, stride, 1])
            };
            plane = relu(path.plus(&short));
        }
        features.extend(plane.levels());
    }
    let logits = builder.classifier("fc", &plane);
    Expected { tensors: builder.tensors, features, logits }
}

/// MobileNetV2 with generated weights.
pub fn mobilenet() -> Expected {
    let mut builder = Builder::new();
    let mut plane = relu6(builder.conv(("features.0.0", "features.0.1"), &image().1, [32, 3, 2, 1]));
    let mut features = Vec::new();
    let groups =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];
    let blocks = groups.into_iter().flat_map(|(expansion, channels, count, stride)| {
        (0..count).map(move |index| (expansion, channels, if index == 0 { stride } else { 1 }))
    });
    for (index, (expansion, channels, stride)) in blocks.enumerate() {
        let name = format!("features.{}.conv", index + 1);
        let inner = plane.channels * expansion;
        let mut at = 0;
        let mut wide = plane.clone();
        if expansion > 1 {
            let names = (format!("{name}.0.0"), format!("{name}.0.1"));
            wide = relu6(builder.conv((&names.0, &names.1), &plane, [inner, 1, 1, 1]));
            at = 1;
        }
        let names = (format!("{name}.{at}.0"), format!("{name}.{at}.1"));
        let filtered = relu6(builder.conv((&names.0, &names.1), &wide, [inner, 3, stride, inner]));
        let names = (format!("{name}.{}", at + 1), format!("{name}.{}", at + 2));
        let narrow = builder.conv((&names.0, &names.1), &filtered, [channels, 1, 1, 1]);
        plane = if stride == 1 && plane.channels == channels { narrow.plus(&plane) } else { narrow };
        features.extend(plane.levels());
    }
    let last = relu6(builder.conv(("features.18.0", "features.18.1"), &plane, [1280, 1, 1, 1]));
    features.extend(last.levels());
    let logits = builder.classifier("classifier.1", &last);
    Expected { tensors: builder.tensors, features, logits }
}

/// Features and logits of the image.
fn outputs(backbone: &Backbone) -> (Vec<f32>, Option<Vec<f32>>) {
    let images = || Tensor::<4>::from_data(TensorData::new(image().0, [1, 3, EDGE, EDGE]), &Device::flex());
    let numbers = |tensor: Tensor<2>| tensor.into_data().iter::<f32>().collect();
    (numbers(backbone.features(images())), backbone.logits(images()).map(numbers))
}

fn check(kind: BackboneKind, expected: &Expected) {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("network.safetensors");
    write_safetensors(&path, &expected.tensors);
    let backbone = load(&path, &Device::flex()).expect("loads");
    assert_eq!(backbone.kind(), kind);
    let (features, logits) = outputs(&backbone);
    assert_eq!(features.len(), kind.feature_count());
    agree("features", &features, &expected.features);
    agree("logits", &logits.expect("a classifier"), &expected.logits);
    let last = expected.tensors.iter().filter(|(name, _)| name.starts_with("fc.") || name.starts_with("classifier."));
    let head: usize = last.map(|(_, (_, values))| values.len()).sum();
    assert_eq!(backbone.num_params(), kind.parameters() + head);
}

#[test]
fn resnet_18_computes_what_its_weights_say() {
    check(BackboneKind::ResNet18, &resnet([2, 2, 2, 2], false));
}

#[test]
fn resnet_50_computes_what_its_weights_say() {
    check(BackboneKind::ResNet50, &resnet([3, 4, 6, 3], true));
}

#[test]
fn mobilenet_v2_in_torchvisions_layout_computes_what_its_weights_say() {
    check(BackboneKind::MobileNetV2Torchvision, &mobilenet());
}

#[test]
fn a_pytorch_checkpoint_gives_the_same_network() {
    let expected = mobilenet();
    let folder = tempfile::tempdir().expect("temp dir");
    for (name, prefix) in [("plain.pth", ""), ("trained.pt", "module.")] {
        let path = folder.path().join(name);
        write_pth(&path, prefix, &expected.tensors);
        let (features, logits) = outputs(&load(&path, &Device::flex()).expect("loads"));
        agree(name, &features, &expected.features);
        agree(name, &logits.expect("a classifier"), &expected.logits);
    }
}

#[track_caller]
fn refuses(loaded: packshot::Result<Backbone>, words: &[&str], hint: &str) {
    let error = loaded.expect_err("refuses");
    assert_eq!(error.code, Code::BadData);
    for word in words {
        assert!(error.summary.contains(word), "{word:?}: {error}");
    }
    assert!(error.details.unwrap_or_default().contains(hint), "{hint:?}");
}

#[test]
fn a_wrong_tensor_is_named_and_a_classifier_may_be_absent() {
    let expected = resnet([2, 2, 2, 2], false);
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join("network.safetensors");
    let with = |change: &dyn Fn(&mut Tensors)| {
        let mut tensors = expected.tensors.clone();
        change(&mut tensors);
        write_safetensors(&path, &tensors);
        load(&path, &Device::flex())
    };
    let shaped = |name: &'static str, shape: &'static [usize]| {
        move |tensors: &mut Tensors| {
            tensors.insert(name.to_owned(), (shape.to_vec(), vec![0.5; shape.iter().product()]));
        }
    };
    let renamed = with(&|tensors| {
        let bias = tensors.remove("layer3.0.bn2.bias").expect("there");
        tensors.insert("layer3.0.bn2.beta".to_owned(), bias);
    });
    refuses(renamed, &["network.safetensors", "missing for ResNet-18", "layer3.0.bn2.bias"], "layer3.0.bn2.beta");
    let emptied = with(&|tensors| tensors.retain(|name, _| !name.starts_with("layer2.1.")));
    refuses(emptied, &["layer2.1.bn1.bias", "and 6 more"], "");
    let narrowed = with(&shaped("layer2.1.conv1.weight", &[128, 64, 3, 3]));
    refuses(narrowed, &["layer2.1.conv1.weight", "[128, 64, 3, 3]", "[128, 128, 3, 3]"], "");
    let deeper = with(&shaped("layer1.2.conv1.weight", &[64, 64, 3, 3]));
    refuses(deeper, &["do not belong to ResNet-18", "layer1.2.conv1.weight"], "larger network");
    refuses(with(&shaped("fc.weight", &[CLASSES, 500])), &["fc.weight", "[7, 512]"], "");
    let headless = with(&|tensors| tensors.retain(|name, _| !name.starts_with("fc."))).expect("loads");
    let (features, logits) = outputs(&headless);
    agree("features", &features, &expected.features);
    assert_eq!(logits, None);
}
