//! Device names.

use efm_backend::{DeviceError, device};

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
        assert!(matches!(error, DeviceError::Unknown { .. }), "{name:?}: {error}");
        let message = error.to_string();
        for backend in device::available() {
            assert!(message.contains(backend.name), "{name:?}: {message}");
        }
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}

#[test]
fn a_backend_that_was_left_out_is_answered_with_its_feature() {
    for (name, backend) in [("cuda:1", "cuda"), ("wgpu", "wgpu"), ("ndarray", "ndarray")] {
        let compiled = device::available().iter().any(|there| there.name == backend);
        if !compiled {
            let error = device::parse(name).unwrap_err();
            assert!(
                matches!(error, DeviceError::Unknown { feature: Some(feature), .. } if feature == backend),
                "{error}"
            );
            assert!(error.to_string().contains(&format!("feature `{backend}`")), "{error}");
        }
    }
    let error = device::parse("tpu").unwrap_err();
    assert!(matches!(error, DeviceError::Unknown { feature: None, .. }), "no feature brings it: {error}");
}
