//! Device names.

use efm_models::{ModelError, device};

#[test]
fn the_default_build_has_the_cpu_under_both_names() {
    assert_eq!(device::available()[0].name, "cpu");
    assert_eq!(device::parse("cpu").unwrap(), device::parse("flex").unwrap());
}

#[test]
fn every_listed_device_has_a_name_and_a_description() {
    for backend in device::available() {
        assert!(!backend.name.is_empty() && !backend.description.is_empty());
    }
}

#[test]
fn an_unknown_name_is_answered_with_those_there_are() {
    for name in ["", "tpu", "CPU", "cpu:0", "cpu:x", "cuda:-1", "cuda:", ":", "cuda:99999999999999999999999", "ç"] {
        let error = device::parse(name).unwrap_err();
        assert!(matches!(error, ModelError::UnknownDevice { .. }), "{name:?}: {error}");
        let message = error.to_string();
        for backend in device::available() {
            assert!(message.contains(backend.name), "{name:?}: {message}");
        }
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}
