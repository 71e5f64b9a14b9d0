//! The engines of the scorer give one number.

use burn::tensor::Device;
use packshot::config::EngineChoice;
use packshot::domain::Score;
use packshot::error::Code;
use packshot::infer::{Engine, MOST_APART, Scorer, engine_speeds, onnxruntime_library};
use packshot::model_folder;
use packshot::nn::{ARCHITECTURES, Architecture, NetworkConfig};
use packshot::preprocess::Views;

use super::{drawn, model, real_photos, views_of};

#[test]
fn engines_agree_on_the_same_pixels() {
    let mut photos = drawn();
    photos.extend(real_photos(24).iter().map(|path| views_of(path)));
    let folder = tempfile::tempdir().expect("temp dir");
    for architecture in ARCHITECTURES {
        let (card, network) = model(architecture, 7, &photos);
        let path = folder.path().join(architecture.name);
        model_folder::save(&path, &network, &card, &[]).expect("saves");
        let scorer = |choice| Scorer::load_with(&path, &Device::flex(), 5, choice).expect("loads");
        let burn = scorer(EngineChoice::Burn);
        let ours = burn.score(&photos);
        assert_eq!((burn.engine(), ours.len()), (Engine::Burn, photos.len()));
        let spread = ours.iter().map(|score| score.value).fold(0.0, f64::max)
            - ours.iter().map(|score| score.value).fold(100.0, f64::min);
        assert!(spread > 5.0, "scores that are all alike would prove nothing: {spread}");
        let others = [(EngineChoice::Own, Engine::Own), (EngineChoice::Tract, Engine::Tract)];
        for (choice, engine) in others.into_iter().skip(usize::from(!is_convolutional(architecture))) {
            let other = scorer(choice);
            assert_eq!(other.engine(), engine);
            let apart = farthest(&ours, &other.score(&photos));
            eprintln!("{} by {}: {apart:.7} points apart", architecture.name, engine.name());
            assert!(apart <= MOST_APART, "{} by {}: {apart}", architecture.name, engine.name());
        }
        if !is_convolutional(architecture) {
            let refused = Scorer::load_with(&path, &Device::flex(), 5, EngineChoice::Own);
            assert_eq!(refused.err().map(|error| error.code), Some(Code::NotFound));
        }

        let auto = scorer(EngineChoice::Auto);
        assert!(auto.engine_reason().contains("times as fast as"), "{}", auto.engine_reason());
        assert!(farthest(&ours, &auto.score(&photos)) <= MOST_APART);
    }
}

fn is_convolutional(architecture: &Architecture) -> bool {
    matches!(architecture.config, NetworkConfig::Cnn(_))
}

/// How far scores of the same photos are apart at most, in points.
fn farthest(ours: &[Score], theirs: &[Score]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a.value - b.value).abs()).fold(0.0, f64::max)
}

#[test]
fn order_batch_and_company_change_no_bit() {
    let photos = drawn();
    let folder = tempfile::tempdir().expect("temp dir");
    let (card, network) = model(&ARCHITECTURES[1], 7, &photos);
    model_folder::save(folder.path(), &network, &card, &[]).expect("saves");
    for choice in [EngineChoice::Own, EngineChoice::Tract] {
        let scorer = Scorer::load_with(folder.path(), &Device::flex(), 4, choice).expect("loads");
        let together = scorer.score(&photos);
        for (photo, expected) in photos.iter().zip(&together) {
            assert_eq!(scorer.score([photo])[0], *expected);
        }
        let backwards = scorer.score(photos.iter().rev());
        assert!(backwards.iter().rev().eq(&together));
        assert!(scorer.score(std::iter::empty::<&Views>()).is_empty());
    }
}

#[test]
fn speeds_are_those_of_this_machine() {
    let speeds = engine_speeds(&ARCHITECTURES[1], 4).expect("the engines run");
    for engine in [Engine::Own, Engine::Burn, Engine::Tract] {
        assert!(speeds.of(engine).is_some_and(|speed| speed > 1.0), "{speeds:?}");
    }
    assert_eq!(speeds.of(Engine::Onnxruntime).is_some(), onnxruntime_library().is_ok(), "{speeds:?}");
    assert_eq!(speeds, engine_speeds(&ARCHITECTURES[1], 4).expect("remembered"));
}
