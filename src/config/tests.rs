//! Precedence, refusals and round trips of the configuration.

use super::*;
use crate::error::Code;

fn load(file: &str, env: &[(&str, &str)], flags: &[&str]) -> Result<Config> {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = folder.path().join(FILE_NAME);
    std::fs::write(&path, file).expect("write");
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    Config::load(&path, env, &flags)
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let file = "[train]\nepochs = 5\npatience = 2\nseed = 9\n";
    let env = [("PACKSHOT_TRAIN_EPOCHS", "6"), ("PACKSHOT_TRAIN_PATIENCE", "3"), ("PACKSHOT_PROJECT", "/x")];
    let config = load(file, &env, &["train.epochs=7", "train.loss=mae", "log.console=packshot=debug"]).expect("loads");
    assert_eq!((config.train.epochs, config.train.patience, config.train.seed), (7, 3, 9));
    assert_eq!(config.train.loss, LossKind::Mae.into());
    assert_eq!(config.log.console, "packshot=debug");
    assert_eq!(config.train.batch_size, TrainConfig::default().batch_size);
}

#[test]
fn a_loss_is_a_name_or_a_sum_in_file_environment_and_flags() {
    let sum = Loss::sum(&[(LossKind::Huber, 1.0), (LossKind::Plcc, 0.5)]).expect("sound");
    let text = "{ huber = 1, plcc = 0.5 }";
    let loss = |file: &str, env: &[(&str, &str)], flags: &[&str]| load(file, env, flags).expect("loads").train.loss;
    assert_eq!(loss(&format!("[train]\nloss = {text}\n"), &[], &[]), sum);
    assert_eq!(loss("[train.loss]\nhuber = 1.0\nplcc = 0.5\n", &[], &[]), sum);
    assert_eq!(loss("[train]\nloss = \"mse\"\n", &[("PACKSHOT_TRAIN_LOSS", text)], &[]), sum);
    assert_eq!(loss("", &[], &["train.loss={huber=1,plcc=0.5}"]), sum);
    assert_eq!(loss("", &[("PACKSHOT_TRAIN_LOSS", text)], &["train.loss=mae"]), LossKind::Mae.into());
    let error = load("", &[], &["train.loss={huber=1,ssim=1}"]).expect_err("ssim");
    assert!(error.summary.contains("--set train.loss") && error.summary.contains("known are huber"), "{error}");
    let error = load("", &[], &["train.loss={plcc=1,rank=1}"]).expect_err("no level");
    assert!(error.summary.contains("train.loss is plcc + rank"), "{error}");
    let error = load("", &[], &["train.loss=emd"]).expect_err("not every photo has votes");
    assert!(error.summary.contains("train.loss is emd"), "{error}");
    let error = load("", &[], &["train.loss=hubr"]).expect_err("hubr");
    assert!(error.summary.contains("known are huber"), "{error}");
}

#[test]
fn wrong_settings_are_refused_with_their_source() {
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str], &'static str);
    let cases: [Case; 6] = [
        ("[train]\nepoch = 5\n", &[], &[], "packshot.toml"),
        ("not toml", &[], &[], "packshot.toml"),
        ("", &[("PACKSHOT_TRAIN_EPOCHS", "many")], &[], "PACKSHOT_TRAIN_EPOCHS"),
        ("", &[], &["train.epochs=-1"], "--set train.epochs=-1"),
        ("", &[], &["train.speed=9"], "train.speed"),
        ("", &[], &["train.test_share=0.9"], "train.test_share"),
    ];
    for (file, env, flags, named) in cases {
        let error = load(file, env, flags).expect_err(named);
        assert!(error.summary.contains(named), "{} should name {named}", error.summary);
        assert_eq!(error.code, Code::BadData);
    }
    assert_eq!(load("", &[], &["train"]).expect_err("usage").code, Code::Usage);
}

#[test]
fn shown_configuration_reads_back_as_itself() {
    let mut config = Config::default();
    config.train.epochs = 3;
    config.train.loss = Loss::sum(&[(LossKind::Huber, 1.0), (LossKind::Rank, 0.25)]).expect("sound");
    let text = config.to_commented_toml().expect("shows");
    assert_eq!(load(&text, &[], &[]).expect("reads back"), config);
    assert!(DOCS.iter().all(|doc| doc.text.len() > 10 && text.contains(doc.text)));
}
